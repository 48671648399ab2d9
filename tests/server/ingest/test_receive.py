"""The MQTT shell by itself, on a real broker: whose PUBACK it sends, and what it keeps in memory."""

import queue
import socket

import pytest

from protocol.envelope import ACK, BATCH, MESSAGE_BYTES_MAX
from protocol.topics import ALL_UP, down_topic
from server.ingest.incoming import Reply
from server.ingest.receive import Receiver
from server.settings import Settings
from tests.server.ingest.wire import DEADLINE_S, INGEST_PASSWORD, Line


@pytest.fixture
def handheld(ward):
    return ward.handheld()


@pytest.fixture
def line(tmp_path, database_url, mosquitto, ward, handheld):  # noqa: ARG001, its account must be written
    line = Line(tmp_path / "line", database_url, mosquitto, tmp_path / "key")
    line.write_accounts(ward.engine)
    yield line
    line.close()


@pytest.fixture(params=[""])
def receiver(request, line, tmp_path):
    """Listening; its parameter is the group that it shares the messages with."""
    (tmp_path / "password").write_text(INGEST_PASSWORD)
    receiver = Receiver(
        Settings(
            database_url="postgresql://nowhere/",
            broker_host=line.broker.host,
            broker_port=line.broker.ingest_port,
            broker_ca_file=line.broker.certificates.authority_pem,
            broker_password_file=tmp_path / "password",
            ingest_group=request.param,
        )
    )
    receiver.start()
    yield receiver
    receiver.stop()


def next_of(receiver):
    return receiver.received.get(timeout=DEADLINE_S)


def cut(receiver):
    receiver._client.socket().shutdown(socket.SHUT_RDWR)


def publish_until_heard(receiver, radio, message):
    """The receiver may not have subscribed yet; the first of these messages that it hears."""
    while True:
        radio.send(message)
        try:
            return receiver.received.get(timeout=0.5)
        except queue.Empty:
            continue


def flush(receiver, radio):
    """Wait until the broker has had everything that the receiver has sent."""
    marker = Reply(down_topic(radio.handheld.identity.device_id, ACK), b"marker")
    receiver.publish(marker)
    while radio.received.get(timeout=DEADLINE_S).payload != marker.payload:
        continue


def test_a_puback_of_a_connection_that_is_no_more_is_dropped(line, receiver, handheld):
    radio = line.radio(handheld)
    first = publish_until_heard(receiver, radio, handheld.batch())
    cut(receiver)
    again = next_of(receiver)
    assert again.message.payload == first.message.payload
    assert again.generation > first.generation
    receiver.acknowledge(first)  # its packet number now belongs to `again`
    flush(receiver, radio)
    cut(receiver)
    third = next_of(receiver)
    assert third.message.payload == first.message.payload
    receiver.acknowledge(third)
    flush(receiver, radio)
    cut(receiver)
    marker = handheld.sealed(BATCH, b"marker")
    radio.send(marker)
    assert next_of(receiver).message.payload == marker.payload  # and not the first once more


def test_of_a_message_that_is_too_long_only_the_beginning_waits_in_memory(line, receiver, handheld):
    radio = line.radio(handheld)
    noise = handheld.batch()._replace(payload=bytes(8000))
    assert len(publish_until_heard(receiver, radio, noise).message.payload) == MESSAGE_BYTES_MAX + 1


@pytest.mark.parametrize("receiver", ["workers"], indirect=True)
def test_a_device_that_knows_the_name_of_the_group_takes_nothing_out_of_it(line, receiver, ward, handheld):
    """Mosquitto refuses no subscription: what a thief may not read would be dropped instead of going to ingest."""
    stolen = ward.handheld("B")
    line.write_accounts(ward.engine)
    radio = line.radio(handheld)
    receiver.acknowledge(publish_until_heard(receiver, radio, handheld.batch()))
    line.radio(stolen).subscribe(f"$share/workers/{ALL_UP}")
    sent = [handheld.sealed(BATCH, b"%d" % number) for number in range(20)]
    for message in sent:
        radio.send(message)
    heard = set()
    for _ in sent:
        received = next_of(receiver)
        receiver.acknowledge(received)
        heard.add(received.message.payload)
    assert heard == {message.payload for message in sent}
