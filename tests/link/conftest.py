"""A broker with a listener for every certificate, and MicroPython scripts that talk to it with a device's heap."""

import json
import subprocess
from itertools import count
from threading import Event

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from server.demo.broker import HOST, INGEST_USER
from server.demo.ports import free_port
from tests.link.certificates import DAY, make_server_pair
from tests.parts import ROOT, OpenMosquitto, micropython_environment, need

DEVICES = ("0000002a", "0000002b", "0000002c", "0000002d")  # Mosquitto lets each be connected once
PASSWORD = "a long random word"
HEAP = "56wk"  # the first heap of the real device
HANG_S = 240  # a script that takes longer hangs: the sum of all its deadlines is far below


class LinkBroker(OpenMosquitto):
    """Beside the real listeners: one without TLS, and two whose certificates no device may accept."""

    def _prepare(self):
        command = super()._prepare()
        self.plain_port, self.expired_port, self.future_port = free_port(), free_port(), free_port()
        with (self.directory / "mosquitto.conf").open("a") as file:
            file.write(f"\nlistener {self.plain_port} 127.0.0.1\n")
            for name, port, starts_in, ends_in in (
                ("expired", self.expired_port, -9 * DAY, -DAY),
                ("future", self.future_port, DAY, 9 * DAY),
            ):
                certificate, key = make_server_pair(self.certificates, name, HOST, starts_in, ends_in)
                file.write(f"\nlistener {port} 127.0.0.1\ncertfile {certificate}\nkeyfile {key}\n")
        return command

    def allow_everybody(self):
        for name in (*DEVICES, INGEST_USER):
            self.allow(name, PASSWORD)


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    need("mosquitto")
    with LinkBroker(tmp_path_factory.mktemp("link") / "mosquitto") as broker:
        broker.allow_everybody()
        answering = answer_everybody(broker)
        yield broker
        answering.disconnect()
        answering.loop_stop()


def answer_everybody(broker):
    """In place of the server: what a device sends up comes back down to it."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="echo")
    client.username_pw_set(INGEST_USER, PASSWORD)
    client.tls_set(broker.certificates.authority_pem)
    listening = Event()
    client.on_connect = lambda *_: client.subscribe("pet/v1/d/+/up/batch", 1)
    client.on_subscribe = lambda *_: listening.set()
    client.on_message = lambda _client, _data, message: client.publish(
        message.topic.replace("/up/batch", "/down/ack"), message.payload, 1
    )
    client.connect(HOST, broker.ingest_port)
    client.loop_start()
    assert listening.wait(HANG_S)
    return client


class Device:
    """Starts the scripts of tests/link/device with a device's heap. What they print is one JSON object a line."""

    def __init__(self, program, broker, directory):
        self._program = program
        self._broker = broker
        self._directory = directory
        self._numbers = count()

    def start(self, script, heap=HEAP, **settings):
        """The running process."""
        file = self._directory / f"{script}.{next(self._numbers)}.json"
        file.write_text(json.dumps(self.settings(settings)))
        return subprocess.Popen(
            [self._program, "-X", f"heapsize={heap}", f"tests/link/device/{script}.py", file],
            cwd=ROOT,
            env=micropython_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, script, **settings):
        """The objects it prints; a script that hangs is killed and fails the test."""
        with self.start(script, **settings) as process:
            try:
                output, _ = process.communicate(timeout=HANG_S)
            except subprocess.TimeoutExpired:
                process.kill()
                output, _ = process.communicate()
                pytest.fail(f"{script} hung after printing:\n{output[-2000:]}")
        assert process.returncode == 0, output[-4000:]
        return [json.loads(line) for line in output.splitlines()]

    def settings(self, changes):
        """What a run needs, with `changes`."""
        common = {
            "host": HOST,
            "name": HOST,
            "port": self._broker.port,
            "ca": str(self._broker.certificates.authority_der),
            "device": DEVICES[0],
            "password": PASSWORD,
        }
        return common | changes


@pytest.fixture
def device(micropython, broker, tmp_path):
    return Device(micropython, broker, tmp_path)
