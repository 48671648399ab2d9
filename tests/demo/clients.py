"""The two ends that meet at a broker: ingest with paho, a device with MicroPython and umqtt.simple."""

import queue
import subprocess
from contextlib import contextmanager

from paho.mqtt.client import CallbackAPIVersion, Client, MQTTv5

from server.demo.broker import INGEST_USER
from tests.parts import ROOT, micropython_environment, need

PASSWORD = "a-password-of-a-test"
TIMEOUT_S = 180  # only a hang takes longer
# The largest batch of the protocol is a little smaller.
BATCH_BYTES = 3400


class Ingest:
    """A worker of ingest: subscribed and waiting."""

    def __init__(self, broker, topic, password=PASSWORD):
        self._arrived = queue.Queue()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        self._client.username_pw_set(INGEST_USER, password)
        self._client.tls_set(ca_certs=str(broker.certificates.authority_pem))
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: self._arrived.put("subscribed")
        self._client.on_message = lambda _client, _data, message: self._arrived.put(
            (message.topic, len(message.payload))
        )
        self._client.connect(broker.host, broker.ingest_port)
        self._client.loop_start()
        assert self.receive() == "subscribed"

    def receive(self):
        return self._arrived.get(timeout=TIMEOUT_S)

    def publish(self, topic, text):
        self._client.publish(topic, text, qos=1).wait_for_publish(TIMEOUT_S)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


class Device:
    """A device that is connected, or the reason why it is not in `refusal`."""

    def __init__(self, broker, name, password=PASSWORD, authority=None):
        authority = authority or broker.certificates.authority_der
        self._process = subprocess.Popen(
            [
                *(need("micropython"), "tests/demo/umqtt_client.py"),
                *(broker.host, str(broker.port), authority, name, password),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=micropython_environment(),
        )
        first = self._process.stdout.readline().strip()
        self.refusal = None if first == "connected" else first + self._process.stdout.read()

    def say(self, line):
        """Do something; the client's answer, empty when it has lost its connection."""
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def close(self):
        with self._process:
            self._process.kill()


@contextmanager
def ingest(broker, topic="pet/v1/d/+/up/#"):
    worker = Ingest(broker, topic)
    try:
        yield worker
    finally:
        worker.close()


@contextmanager
def device(broker, name, **options):
    client = Device(broker, name, **options)
    try:
        yield client
    finally:
        client.close()
