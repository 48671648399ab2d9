"""What a stolen device tries against its neighbour, on a real broker: all of it is refused, and on record."""

import queue

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.envelope import ACK, BATCH, STATUS
from protocol.topics import ALL_UP, device_name, down_topic, up_topic
from server.fleet.devices import rotate_key
from server.ingest.refusal_tables import DeviceRefusal
from server.ingest.tables import Evidence, Quarantine
from tests.server.ingest.ward import KEY_RING, NOW
from tests.server.ingest.wire import DEADLINE_S, Line, wait_until


@pytest.fixture
def line(tmp_path, database_url, mosquitto):
    key_file = tmp_path / "key"
    key_file.touch(mode=0o600)
    key_file.write_text(bytes(range(32)).hex())
    line = Line(tmp_path / "line", database_url, mosquitto, key_file)
    yield line
    line.close()


@pytest.fixture
def stolen(ward):
    return ward.handheld("A")


@pytest.fixture
def neighbour(ward):
    return ward.handheld("B")


@pytest.fixture
def radio(ward, line, stolen, neighbour):
    """The stolen device's connection; both have delivered two answers, and worker and watch run."""
    line.write_accounts(ward.engine)
    line.worker()
    line.watch()
    for handheld in (neighbour, stolen):
        handheld.answer()
        handheld.answer()
        line.radio(handheld).sync()
    return line.radios[-1]


def number(handheld):
    return handheld.identity.device_id


def refusal(ward, handheld):
    """{reason: count} of what was refused that came on this device's topics."""
    with Session(ward.engine) as session:
        rows = session.scalars(select(DeviceRefusal).where(DeviceRefusal.device_id == number(handheld)))
        return {row.reason: row.count for row in rows}


def on_record(ward, line, handheld, reason, topics):
    """Exactly these attempts are counted, and logged with their topics."""
    wait_until(lambda: refusal(ward, handheld) == {reason: len(topics)}, f"{reason} on record")
    line.watches[0].wait_for_log(f"reason={reason} topic={topics[-1]!r}")
    logged = [row for row in line.watches[0].log.splitlines() if f"reason={reason} " in row]
    assert len(logged) == len(topics)
    for row, topic in zip(logged, topics, strict=True):
        assert f"topic={topic!r}" in row
        assert device_name(number(handheld)) in row


def subscribes(radio, topic):
    answers = queue.Queue()
    radio._client.on_subscribe = lambda _client, _data, _id, reasons, _properties: answers.put(reasons[0].is_failure)
    radio._client.subscribe(topic, 1)
    return not answers.get(timeout=DEADLINE_S)


def test_the_broker_lets_it_hear_nothing_of_others_and_each_attempt_is_on_record(ward, line, radio, stolen, neighbour):
    others = (
        down_topic(number(neighbour), ACK),
        f"pet/v1/d/{device_name(number(neighbour))}/down/+",
        "pet/v1/d/+/down/+",
        "pet/#",
        "#",
        "+/+/+/+/+/+",
        ALL_UP,
        f"$share/pet/{ALL_UP}",
        "$CONTROL/#",
        "$CONTROL/dynamic-security/v1/response",
        "$SYS/#",
    )
    assert [topic for topic in others if subscribes(radio, topic)] == []
    on_record(ward, line, stolen, "broker-subscribe", others)
    assert refusal(ward, neighbour) == {}


def test_the_broker_takes_nothing_of_it_for_others_and_each_attempt_is_on_record(ward, line, radio, stolen, neighbour):
    before = ward.snapshot()["response"]
    stolen.answer()
    others = (
        up_topic(number(neighbour), BATCH),
        up_topic(number(neighbour), STATUS),
        down_topic(number(neighbour), ACK),
        down_topic(number(stolen), ACK),
        "$CONTROL/dynamic-security/v1",
        "pet/v1/d/00000009/up/batch",
        "it's', '",
    )
    for topic in others:
        radio.send(stolen.batch()._replace(topic=topic))  # the broker says PUBACK, and drops it
    assert ward.snapshot()["response"] == before
    radio.sync()  # behind all of them
    line.radio(neighbour).sync()
    assert ward.sequences(stolen) == [1, 2, 3]
    assert ward.sequences(neighbour) == [1, 2]
    on_record(ward, line, stolen, "broker-publish", others)
    assert refusal(ward, neighbour) == {}


@pytest.mark.usefixtures("radio")
def test_a_topic_can_write_no_line_of_its_own_into_the_log(ward, line, stolen, neighbour):
    """Else a device could put a refusal on another's record, or hide its own."""
    forged = f"x\nDenied PUBLISH from {device_name(number(neighbour))} (d0, q1, r0, m6, 'x', ... (1 bytes))"
    for topic in (forged, "x\ry", "x\x1b[2J", "x\u0085y"):
        client = line.radio(stolen)._client
        client.publish(topic, b"", 0)
        wait_until(lambda one=client: not one.is_connected(), f"the end of the connection that said {topic!r}")
    assert not subscribes(line.radio(stolen), "#")
    on_record(ward, line, stolen, "broker-subscribe", ("#",))
    assert refusal(ward, neighbour) == {}


ATTEMPTS = {
    "a forged HMAC": ("hmac", lambda a, _b: a.sealed(BATCH, b"", key=bytes(32))),
    "a batch that was changed": ("hmac", lambda a, _b: changed(a.batch(first=1))),
    "the neighbour's batch, replayed on the own topic": ("topic", lambda a, b: on_topic_of(a, b.batch(first=1))),
    "the neighbour's number under the own key": (
        "topic",
        lambda a, b: on_topic_of(a, b.sealed(BATCH, b"", key=a.identity.hmac_key)),
    ),
    "a key epoch that never was": ("unknown-key-epoch", lambda a, _b: a.sealed(BATCH, b"", key_epoch=7)),
    "an ack to itself": ("direction", lambda a, _b: a.sealed(ACK, b"", topic=up_topic(number(a), BATCH))),
}


def changed(message):
    return message._replace(payload=message.payload[:70] + bytes([message.payload[70] ^ 1]) + message.payload[71:])


def on_topic_of(handheld, message):
    return message._replace(topic=up_topic(number(handheld), BATCH))


@pytest.mark.parametrize("name", ATTEMPTS)
def test_what_gets_through_the_broker_is_refused_by_ingest_and_on_record(ward, line, radio, stolen, neighbour, name):
    reason, make = ATTEMPTS[name]
    evidence = len(ward.rows(Evidence))
    radio.send(make(stolen, neighbour))
    wait_until(lambda: ward.refusals().get(reason), "the refusal")
    assert ward.refusals() == {reason: 1}
    line.workers[0].wait_for_log(f"reason={reason} ")  # written after the commit
    assert refusal(ward, stolen) == {reason: 1}
    assert refusal(ward, neighbour) == {}
    radio.sync()
    assert (ward.sequences(stolen), ward.sequences(neighbour)) == ([1, 2], [1, 2])
    assert len(ward.rows(Evidence)) == evidence
    assert ward.rows(Quarantine) == []


def test_a_replayed_batch_counts_once(ward, line, radio, stolen):
    again = stolen.batch(first=1)
    evidence = len(ward.rows(Evidence))
    for _ in range(3):
        radio.send(again)
    radio.sync()
    assert ward.sequences(stolen) == [1, 2]
    assert len(ward.rows(Evidence)) == evidence
    ward.check_sums()
    assert line.workers[0].process.poll() is None


def test_the_keys_of_before_open_nothing_any_more(ward, line, radio, stolen):
    old = stolen.identity
    stolen.answer()
    message = stolen.batch()
    stolen.identity = ward.change("A", rotate_key, NOW, KEY_RING)
    wait_until(lambda: not radio._client.is_connected(), "the old connection to end")
    ward.process(message)  # as if the broker had let it through
    assert refusal(ward, stolen) == {"key-epoch": 1}
    assert old.mqtt_password != stolen.identity.mqtt_password
    line.radio(stolen).sync()
    assert ward.sequences(stolen) == [1, 2, 3]
