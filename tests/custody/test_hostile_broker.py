"""A broker is neither trusted nor believed: it may drop what it acknowledged, and say again all it ever heard."""

import ssl
import threading

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from protocol.topics import device_name
from server.fleet.broker import ACCESS_FILE, INGEST_PASSWORDS_FILE
from server.fleet.passwords import hash_password
from tests.custody.conftest import press

EAVESDROPPER = "eavesdropper"
PASSWORD = "everything"
TIMEOUT_S = 60


@pytest.fixture
def directory(ward):
    return ward.directory()


@pytest.fixture
def device(ward, directory):
    device = ward.start(directory)
    yield device
    device.close()


def test_a_broker_that_acknowledges_and_drops_loses_nothing(ward, directory, device):
    name = device_name(ward.device_id(directory))
    access = ward.line.broker.directory / ACCESS_FILE
    rules = access.read_text()
    access.write_text(rules.replace(f"topic write pet/v1/d/{name}/up/#", f"topic write nowhere/{name}"))
    ward.line.broker.reload()
    press(device, 3)
    event = device.sync()
    assert event["error"] == "the server does not answer"  # although every publish was acknowledged
    assert event["waiting"] == 3
    assert ward.sequences(directory) == []

    access.write_text(rules)
    ward.line.broker.reload()
    assert device.sync() == {"event": "synced", "delivered": 3, "waiting": 0, "error": None}
    assert ward.sequences(directory) == [1, 2, 3]


class Eavesdropper:
    """Hears everything that passes through the broker, and can say it again."""

    def __init__(self, ward):
        directory = ward.line.broker.directory
        with (directory / INGEST_PASSWORDS_FILE).open("a") as file:
            file.write(f"{EAVESDROPPER}:{hash_password(PASSWORD)}\n")
        with (directory / ACCESS_FILE).open("a") as file:
            file.write(f"\nuser {EAVESDROPPER}\ntopic readwrite pet/#\n")
        ward.line.broker.reload()
        self.heard = []
        self._ready = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        context = ssl.create_default_context(cafile=ward.line.broker.certificates.authority_pem)
        self.client.tls_set_context(context)
        self.client.username_pw_set(EAVESDROPPER, PASSWORD)
        self.client.on_message = lambda _client, _data, message: self.heard.append((message.topic, message.payload))
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.connect(ward.line.broker.host, ward.line.broker.ingest_port)
        self.client.subscribe("pet/#", qos=1)
        self.client.loop_start()
        assert self._ready.wait(TIMEOUT_S)

    def say_again(self, messages):
        """Every message, in both directions; returns when the broker has taken the last."""
        for topic, payload in messages:
            self.client.publish(topic, payload, qos=1).wait_for_publish(TIMEOUT_S)

    def close(self):
        self.client.loop_stop()
        self.client.disconnect()


def test_a_broker_that_replays_everything_it_has_ever_seen_changes_nothing(ward, directory, device):
    eavesdropper = Eavesdropper(ward)
    try:
        press(device, 5)
        assert device.sync()["delivered"] == 5
        old = list(eavesdropper.heard)
        assert {topic.rpartition("/")[2] for topic, _ in old} == {"status", "desired", "batch", "ack"}

        press(device, 5)
        stop = threading.Event()

        def repeat():
            while not stop.is_set():
                eavesdropper.say_again(old)

        replay = threading.Thread(target=repeat)
        replay.start()
        try:
            event = device.sync()
        finally:
            stop.set()
            replay.join()
        assert event["error"] is None
        assert event["waiting"] == 0
        eavesdropper.say_again(eavesdropper.heard[:60])
        press(device, 1)
        assert device.sync()["waiting"] == 0  # behind it, all that was replayed has been taken in
    finally:
        eavesdropper.close()
    assert ward.sequences(directory) == list(range(1, 12))
    assert ward.counted(directory) == 11
    assert ward.quarantined(directory) == []
