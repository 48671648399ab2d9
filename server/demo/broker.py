"""Runs an MQTT broker on 127.0.0.1 for the demo and the tests: Mosquitto, or iotcore where there is none."""

import json
import os
import shutil
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from string import Template
from typing import Self

from server.demo.certificates import make_certificates
from server.demo.child import POLL_S, Child, Claim, StartError
from server.demo.ports import answers, kept_port
from server.fleet.broker import first_state
from server.fleet.broker_control import Control
from server.fleet.files import write_private

DEPLOY = Path(__file__).parents[2] / "deploy"
ADDRESS = "127.0.0.1"
# Both brokers' certificates carry this name; rustls, in iotcore, refuses a bare address as a server name.
HOST = "localhost"
INGEST_USER = "ingest"
MESSAGE_BYTES_MAX = 8192
START_TIMEOUT_S = 15
# Not `python -m iotcore`: that runs the broker in a child of its own, which outlives a killed parent.
RUN_IOTCORE = "import sys, iotcore; iotcore.IotCoreBroker(config_path=sys.argv[1]).run_forever()"
# Debian and Homebrew put the program where an ordinary account's PATH does not look.
MOSQUITTO_PLACES = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/opt/local/sbin")
PLUGIN = "mosquitto_dynamic_security.so"
PLUGIN_PLACES = ("/usr/lib", "/usr/local/lib", "/opt/homebrew/lib", "/opt/local/lib")
ACCOUNTS_FILE = "accounts.json"  # Mosquitto's own, which it writes whenever it is told of a change


class _Broker(ABC):
    """What both share. `directory` holds configuration, certificates, ports, pid and log; it is kept."""

    name: str
    host = HOST
    keeps_accounts: bool

    def __init__(
        self, directory: Path, ingest_password: str = "", port: int | None = None, ingest_port: int | None = None
    ) -> None:
        self.directory = directory.absolute()
        self._ingest_password = ingest_password
        self._asked = (port, ingest_port)
        self._claim = Claim(self.directory)
        self._child: Child | None = None
        self.port = 0  # where devices connect, with TLS
        self.ingest_port = 0  # where ingest connects, with TLS and MQTT 5

    def start(self) -> None:
        """Start and wait until both ports answer; StartError says what stands in the way."""
        self._claim.take()
        try:
            self.certificates = make_certificates(self.directory / "certificates")
            Child(self.name, [], self.directory).end_leftover()  # before its ports are looked at
            self.port = kept_port(self.directory / "port", self._asked[0])
            self.ingest_port = kept_port(self.directory / "ingest_port", self._asked[1])
            self._child = Child(self.name, self._prepare(), self.directory)
            self._child.start()
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the broker and wait until it has ended. Safe to call twice."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        self._claim.release()

    @property
    def log_file(self) -> Path:
        """What it says."""
        return self.directory / f"{self.name}.log"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    def _prepare(self) -> list[str]:
        """Write the configuration and return the command that starts the broker."""

    def _wait(self) -> None:
        child = self._child
        assert child is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (answers(self.port) and answers(self.ingest_port)):
            if not child.running or time.monotonic() > deadline:
                raise StartError(f"{self.name} did not start. Its log, {child.log_file}, ends: {child.last_words()}")
            time.sleep(POLL_S)

    def _fill(self, template: Path, file: Path, **values: object) -> None:
        text = Template(template.read_text(encoding="utf-8")).substitute(
            port=self.port, ingest_port=self.ingest_port, message_bytes_max=MESSAGE_BYTES_MAX, **values
        )
        file.write_text(text, encoding="utf-8")


class Mosquitto(_Broker):
    """The reference: TLS, and accounts that give a device its own topics and nothing else (server/fleet/broker.py)."""

    name = "mosquitto"
    keeps_accounts = True

    def control(self) -> Control:
        """The channel by which accounts are managed, as ingest uses it."""
        authority = str(self.certificates.authority_pem)
        return Control(self.host, self.ingest_port, authority, INGEST_USER, self._ingest_password)

    def _prepare(self) -> list[str]:
        program = find_mosquitto()
        if program is None:
            raise StartError(
                "Mosquitto is not installed. Install it (Debian: apt-get install mosquitto), or use iotcore."
            )
        plugin = find_plugin()
        if plugin is None:
            raise StartError(f"Mosquitto is installed without {PLUGIN}, by which it keeps accounts: install that too.")
        accounts = self.directory / ACCOUNTS_FILE
        if not accounts.exists():
            write_private(accounts, first_state({INGEST_USER: self._ingest_password}))
        configuration = self.directory / "mosquitto.conf"
        self._fill(
            DEPLOY / "mosquitto" / "mosquitto.conf",
            configuration,
            address=ADDRESS,
            ingest_address=ADDRESS,
            plugin=plugin,
            accounts=accounts,
            authority=self.certificates.authority_pem,
            certificate=self.certificates.server_pem,
            key=self.certificates.server_key,
        )
        return [str(program), "-c", str(configuration)]


class IotcoreBroker(_Broker):
    """The fallback: TLS, but no passwords and no access rules (deploy/iotcore.toml says why)."""

    name = "iotcore"
    keeps_accounts = False

    def _prepare(self) -> list[str]:
        configuration = self.directory / "iotcore.toml"
        # A JSON string is also a TOML string.
        self._fill(
            DEPLOY / "iotcore.toml",
            configuration,
            certificate=json.dumps(str(self.certificates.server_pem)),
            key=json.dumps(str(self.certificates.server_key)),
        )
        return [sys.executable, "-c", RUN_IOTCORE, str(configuration)]


Broker = Mosquitto | IotcoreBroker


def make_broker(directory: Path, ingest_password: str) -> Broker:
    """Mosquitto where it is present or may be installed, else iotcore. Not started yet."""
    if (find_mosquitto() is not None or install_mosquitto()) and find_plugin() is not None:
        return Mosquitto(directory, ingest_password)
    return IotcoreBroker(directory, ingest_password)


def find_mosquitto() -> Path | None:
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *MOSQUITTO_PLACES))
    found = shutil.which("mosquitto", path=path)
    return Path(found) if found else None


def find_plugin() -> Path | None:
    """Mosquitto's dynamic security; Debian keeps it in a folder named after the machine's kind."""
    places = [place for each in PLUGIN_PLACES for place in (Path(each), *sorted(Path(each).glob("*-linux-*")))]
    return next((place / PLUGIN for place in places if (place / PLUGIN).exists()), None)


def install_mosquitto() -> bool:
    """Install Debian's package where this account may; whether Mosquitto is there afterwards."""
    return install_package("mosquitto") and find_mosquitto() is not None


def install_package(package: str) -> bool:
    """Install a package of Debian's where this account may; whether that was done."""
    if shutil.which("apt-get") is None:
        return False
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if as_root and (shutil.which("sudo") is None or _fails([*as_root, "true"])):
        return False
    print(f"installing Debian's package {package}", file=sys.stderr)
    install = [*as_root, "apt-get", "install", "-y", "-q", "--no-install-recommends", package]
    if not _fails(install):
        return True
    _fails([*as_root, "apt-get", "update", "-q"])
    return not _fails(install)


def _fails(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode != 0
