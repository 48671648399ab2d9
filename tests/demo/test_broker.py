"""Both brokers carry a device's messages over TLS; Mosquitto keeps each device to its own topics."""

import queue

import pytest
from paho.mqtt.client import CallbackAPIVersion, Client, MQTTv5

from server.demo.broker import INGEST_USER, IotcoreBroker
from server.demo.certificates import make_certificates
from tests.demo.clients import BATCH_BYTES, PASSWORD, TIMEOUT_S, device, ingest
from tests.parts import OpenMosquitto, need

ONE, OTHER = "00000001", "00000002"


@pytest.fixture(params=["mosquitto", "iotcore"])
def broker(request, tmp_path):
    if request.param == "iotcore":
        with IotcoreBroker(tmp_path / "iotcore") as broker:
            yield broker
        return
    need("mosquitto")
    with OpenMosquitto(tmp_path / "mosquitto") as broker:
        for user in (INGEST_USER, ONE, OTHER):
            broker.allow(user, PASSWORD)
        yield broker


@pytest.fixture
def open_mosquitto(mosquitto):
    """Mosquitto with ingest and two devices."""
    for user in (INGEST_USER, ONE, OTHER):
        mosquitto.allow(user, PASSWORD)
    return mosquitto


def test_a_batch_reaches_ingest_over_tls_and_an_answer_comes_back(broker):
    with ingest(broker) as worker, device(broker, ONE) as client:
        assert client.refusal is None
        assert client.say(f"subscribe pet/v1/d/{ONE}/down/#") == "subscribed"
        assert client.say(f"publish pet/v1/d/{ONE}/up/batch {BATCH_BYTES}") == "published"
        assert worker.receive() == (f"pet/v1/d/{ONE}/up/batch", BATCH_BYTES)
        worker.publish(f"pet/v1/d/{ONE}/down/ack", "stored")
        assert client.say("receive") == f"received pet/v1/d/{ONE}/down/ack stored"


def test_a_device_refuses_a_broker_of_another_authority(broker, tmp_path):
    other = make_certificates(tmp_path / "other")
    with device(broker, ONE, authority=other.authority_der) as client:
        assert "not correctly signed by the trusted CA" in client.refusal


def test_workers_of_one_group_share_the_messages(broker):
    group = "$share/workers/pet/v1/d/+/up/#"
    with ingest(broker, group) as first, ingest(broker, group) as second, device(broker, ONE) as client:
        for size in (1, 2):
            client.say(f"publish pet/v1/d/{ONE}/up/batch {size}")
        assert {first.receive()[1], second.receive()[1]} == {1, 2}


def test_a_broker_keeps_its_ports_and_authority_when_started_again(broker):
    before = (broker.port, broker.ingest_port, broker.certificates.authority_der.read_bytes())
    broker.stop()
    broker.start()
    assert (broker.port, broker.ingest_port, broker.certificates.authority_der.read_bytes()) == before


@pytest.mark.parametrize(("name", "password"), [(ONE, "wrong"), ("00000009", PASSWORD)])
def test_a_wrong_password_and_an_unknown_name_stay_out(open_mosquitto, name, password):
    with device(open_mosquitto, name, password=password) as client:
        assert client.refusal is not None


def test_nobody_gets_in_without_a_name(open_mosquitto):
    answers = queue.Queue()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    client.tls_set(ca_certs=str(open_mosquitto.certificates.authority_pem))
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.put(str(reason))
    client.connect(open_mosquitto.host, open_mosquitto.ingest_port)
    client.loop_start()
    try:
        assert answers.get(timeout=TIMEOUT_S) == "Not authorized"
    finally:
        client.disconnect()
        client.loop_stop()


def test_a_device_cannot_publish_as_another(open_mosquitto):
    with ingest(open_mosquitto) as worker, device(open_mosquitto, ONE) as client:
        # Both get their PUBACK: in MQTT 3.1.1 a broker has no other answer. Only the second one arrives.
        assert client.say(f"publish pet/v1/d/{OTHER}/up/batch 1") == "published"
        assert client.say(f"publish pet/v1/d/{ONE}/up/batch 2") == "published"
        assert worker.receive() == (f"pet/v1/d/{ONE}/up/batch", 2)


def test_a_device_cannot_listen_to_another(open_mosquitto):
    with device(open_mosquitto, ONE) as client:
        assert client.say(f"subscribe pet/v1/d/{OTHER}/down/#") != "subscribed"
    with ingest(open_mosquitto) as worker, device(open_mosquitto, ONE) as client:
        client.say(f"subscribe pet/v1/d/{ONE}/down/#")
        worker.publish(f"pet/v1/d/{OTHER}/down/ack", "not-yours")
        worker.publish(f"pet/v1/d/{ONE}/down/ack", "yours")
        assert client.say("receive") == f"received pet/v1/d/{ONE}/down/ack yours"


def test_an_account_taken_away_drops_the_device_that_is_connected(open_mosquitto):
    with device(open_mosquitto, ONE) as client, device(open_mosquitto, OTHER) as untouched:
        open_mosquitto.forbid(ONE)
        assert client.say("receive") != "published"
        assert untouched.say(f"publish pet/v1/d/{OTHER}/up/status 1") == "published"
    with device(open_mosquitto, ONE) as client:
        assert client.refusal is not None
