"""A broker with a listener for every certificate, and MicroPython scripts that talk to it with a device's heap."""

import json
import subprocess

import pytest

from server.demo.broker import HOST
from server.demo.ports import free_port
from server.fleet.broker import ACCESS_FILE, hash_password
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

    def allow_devices(self):
        self._hashes = {name: hash_password(PASSWORD) for name in DEVICES}
        self._write()

    def reload(self):
        # More than a real device may: it hears itself, so that no server is needed to answer it.
        with (self.directory / ACCESS_FILE).open("a") as file:
            for name in DEVICES:
                file.write(f"\nuser {name}\ntopic readwrite pet/v1/d/{name}/#\n")
        super().reload()


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    need("mosquitto")
    with LinkBroker(tmp_path_factory.mktemp("link") / "mosquitto") as broker:
        broker.allow_devices()
        yield broker


class Device:
    """Starts the scripts of tests/link/device with a device's heap. What they print is one JSON object a line."""

    def __init__(self, program, broker, directory):
        self._program = program
        self._broker = broker
        self._directory = directory

    def start(self, script, **settings):
        """The running process."""
        file = self._directory / f"{script}.{len(list(self._directory.iterdir()))}.json"
        file.write_text(json.dumps(self.settings(settings)))
        return subprocess.Popen(
            [self._program, "-X", f"heapsize={HEAP}", f"tests/link/device/{script}.py", file],
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
