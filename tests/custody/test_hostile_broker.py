"""A broker is neither trusted nor believed: it may drop what it acknowledged, and say again all it ever heard."""

import ssl
import threading

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from protocol.topics import device_name
from server.fleet.broker import Account
from tests.custody.conftest import press

EAVESDROPPER = "eavesdropper"
PASSWORD = "everything"
TIMEOUT_S = 180
TRIES_MAX = 5


@pytest.fixture
def directory(ward):
    return ward.directory()


@pytest.fixture
def device(ward, directory):
    device = ward.start(directory)
    yield device
    device.close()


def tell(ward, *commands):
    with ward.line.broker.control() as control:
        answers = control.ask(commands)
    assert not [answer for answer in answers if "error" in answer], answers


def test_a_broker_that_acknowledges_and_drops_loses_nothing(ward, directory, device):
    name = device_name(ward.device_id(directory))
    hears_only = [acl for acl in Account(name, "").acls if acl["acltype"] != "publishClientSend"]
    tell(ward, {"command": "modifyRole", "rolename": name, "acls": hears_only})
    press(device, 3)
    event = device.sync()
    assert event["error"] == "the server does not answer"  # although every publish was acknowledged
    assert event["waiting"] == 3
    assert ward.sequences(directory) == []

    ward.line.follow_database()  # which finds the role that is not as it should be
    assert device.sync() == {"event": "synced", "delivered": 3, "waiting": 0, "error": None}
    assert ward.sequences(directory) == [1, 2, 3]


class Eavesdropper:
    """Hears everything that passes through the broker, and can say it again."""

    def __init__(self, ward):
        role = {"rolename": EAVESDROPPER}
        everything = ("publishClientSend", "publishClientReceive", "subscribePattern")
        acls = [{"acltype": kind, "topic": "pet/#", "allow": True} for kind in everything]
        tell(
            ward,
            {"command": "createRole", **role, "acls": acls},
            {"command": "createClient", "username": EAVESDROPPER, "password": PASSWORD, "roles": [role]},
        )
        self.heard = []
        self._more = threading.Condition()
        self._ready = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        context = ssl.create_default_context(cafile=ward.line.broker.certificates.authority_pem)
        self.client.tls_set_context(context)
        self.client.username_pw_set(EAVESDROPPER, PASSWORD)
        self.client.on_message = self._hear
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.connect(ward.line.broker.host, ward.line.broker.ingest_port)
        self.client.subscribe("pet/#", qos=1)
        self.client.loop_start()
        assert self._ready.wait(TIMEOUT_S)

    def _hear(self, _client, _data, message):
        with self._more:
            self.heard.append((message.topic, message.payload))
            self._more.notify_all()

    def words(self):
        """The last words of the topics heard so far."""
        return {topic.rpartition("/")[2] for topic, _ in self.heard}

    def until_heard(self, words):
        """What was heard, once these were: the device may have its ack before the eavesdropper has it."""
        with self._more:
            assert self._more.wait_for(lambda: words <= self.words(), TIMEOUT_S), self.words()
            return list(self.heard)

    def say_again(self, messages):
        """Every message, in both directions; returns when the broker has taken the last."""
        for topic, payload in messages:
            self.client.publish(topic, payload, qos=1).wait_for_publish(TIMEOUT_S)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def test_a_broker_that_replays_everything_it_has_ever_seen_changes_nothing(ward, directory, device):
    eavesdropper = Eavesdropper(ward)
    try:
        press(device, 5)
        assert device.sync()["delivered"] == 5
        old = eavesdropper.until_heard({"status", "desired", "batch", "ack"})

        press(device, 5)
        stop = threading.Event()

        def repeat():
            while not stop.is_set():
                eavesdropper.say_again(old)

        replay = threading.Thread(target=repeat)
        replay.start()
        try:
            # Under such a flood an ack may come too late: then the device keeps its answers and tries again.
            events = [device.sync()]
            while events[-1]["waiting"] and len(events) < TRIES_MAX:
                events.append(device.sync())
        finally:
            stop.set()
            replay.join()
        assert events[-1]["error"] is None, events
        assert events[-1]["waiting"] == 0
        eavesdropper.say_again(eavesdropper.heard[:60])
        press(device, 1)
        assert device.sync()["waiting"] == 0  # behind it, all that was replayed has been taken in
    finally:
        eavesdropper.close()
    assert ward.sequences(directory) == list(range(1, 12))
    assert ward.counted(directory) == 11
    assert ward.quarantined(directory) == []
