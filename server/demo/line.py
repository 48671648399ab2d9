"""The whole line on one machine: PostgreSQL, a broker, ingest and pages, started in order and stopped in reverse."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from server.database import make_engine
from server.demo.broker import INGEST_USER, Broker, IotcoreBroker, Mosquitto, make_broker
from server.demo.child import POLL_S, Child, Claim, StartError
from server.demo.device import build_application
from server.demo.network import Network
from server.demo.ports import kept_port
from server.demo.postgres import EmbeddedPostgres
from server.fleet.broker import follow
from server.fleet.files import OWNER_ONLY, replace_file, write_private
from server.fleet.keys import KeyRing, create_key_file, open_key_ring
from server.migrations import upgrade

READY_TIMEOUT_S = 60
INGEST_IS_READY = "ready: subscribed"  # as it says in its log
WEB_PORT = 8000
LOCAL_VIEWER = "visitor@localhost"  # whoever comes from this machine without signing in (server/demo/people.py)


def _say_nothing(_: str) -> None:
    pass


class Line:
    """One directory holds it all: `postgres/`, `broker/`, `secrets/`, `devices/`, logs. Use as a context manager.

    `say` is told each part before it is started: some take their time.
    """

    def __init__(
        self,
        directory: Path,
        *,
        embedded_broker: bool = False,
        web_port: int | None = None,
        say: Callable[[str], None] = _say_nothing,
    ) -> None:
        self.directory = directory.absolute()
        self.devices = self.directory / "devices"
        self._embedded_broker = embedded_broker
        self._web_port = web_port
        self._say = say
        self._parts = ExitStack()

    def __enter__(self) -> Self:
        """Start everything; StartError says what stands in the way. What was started is stopped again then."""
        try:
            self._start()
        except BaseException:
            self._parts.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._parts.close()

    def follow_database(self) -> None:
        """Make the broker's accounts what the database says, now. Ingest does so by itself, a moment later."""
        if isinstance(self.broker, Mosquitto):
            with Session(self.engine) as session, self.broker.control() as control:
                follow(session, self.key_ring(), control.ask)

    def restart_server(self) -> None:
        """Kill ingest and pages as a loss of power would, and start them again."""
        for child in (self.ingest, self.web):
            child.send(signal.SIGKILL)
        self.stop_server()
        self.start_server()

    def stop_server(self) -> None:
        """Stop ingest and pages; the database and the broker go on."""
        for child in (self.ingest, self.web):
            child.stop()

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.web_port}"

    def key_ring(self) -> KeyRing:
        """What wraps the devices' keys."""
        return open_key_ring(self._secrets / "key")

    def _start(self) -> None:
        claim = Claim(self.directory)
        claim.take()
        self._parts.callback(claim.release)
        self._refuse_older_data()
        self._secrets = self.directory / "secrets"
        self._secrets.mkdir(mode=0o700, exist_ok=True)
        self.devices.mkdir(exist_ok=True)
        self._say("building the device's program")
        self.application = build_application(self.directory / "application")
        self._say("starting PostgreSQL, a database of its own")
        self._start_database()
        self._make_secrets()
        self._start_broker()
        Child("web", _pet("web"), self.directory).end_leftover()  # before its port is looked at
        another = f'make demo ARGS="--port {(self._web_port or WEB_PORT) + 1}"'
        self.web_port = kept_port(self.directory / "web_port", self._web_port, another)
        environment = self._environment()
        self._write_environment(environment)
        self.ingest = Child("ingest", _pet("ingest"), self.directory, environment)
        self.web = Child("web", _pet("web"), self.directory, environment)
        self._parts.callback(self.stop_server)
        self._say("starting ingest, which stores what devices send, and the pages")
        self.start_server()

    def _refuse_older_data(self) -> None:
        """Devices of before had passwords of another kind, which only a file of the broker knew."""
        if (self.directory / "broker" / "device-passwords").exists():
            raise StartError(
                f"The data in {self.directory} were made by an earlier version of PET, and the broker refuses their "
                "devices. Begin anew with `make clean`, or keep them and name another folder with --directory."
            )

    def _start_database(self) -> None:
        postgres = EmbeddedPostgres(self.directory / "postgres")
        self.database_url = postgres.start()
        self._parts.callback(postgres.stop)
        upgrade(self.database_url)
        self.engine: Engine = make_engine(self.database_url)
        self._parts.callback(self.engine.dispose)

    def _make_secrets(self) -> None:
        key = self._secrets / "key"
        if not key.exists():
            create_key_file(key)
        password = self._secrets / "ingest.password"
        if not password.exists():
            write_private(password, os.urandom(32).hex().encode())
        self._ingest_password = password.read_text()

    def _start_broker(self) -> None:
        directory = self.directory / "broker"
        make = IotcoreBroker if self._embedded_broker else make_broker
        self.broker: Broker = make(directory, self._ingest_password)
        self._say(f"starting the broker, {self.broker.name}")
        self.broker.start()
        self._parts.callback(self.broker.stop)
        self.follow_database()
        self.network = Network(self.broker.port, kept_port(self.directory / "network_port"))
        self._parts.callback(self.network.close)

    def start_server(self) -> None:
        """Start ingest and pages, and wait until both are ready."""
        self.ingest.start()
        self.web.start()
        deadline = monotonic() + READY_TIMEOUT_S
        while not (self._ingest_listens() and self._page_answers()):
            for child in (self.ingest, self.web):
                if not child.running:
                    raise StartError(
                        f"{child.name} did not start. Its log, {child.log_file}, ends: {child.last_words()}"
                    )
            if monotonic() > deadline:
                raise StartError(f"the pages do not answer at {self.url}. Look into {self.web.log_file}.")

    def _ingest_listens(self) -> bool:
        return INGEST_IS_READY in self.ingest.log_file.read_text(errors="replace")

    def _page_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:  # noqa: S310 - our own address
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            sleep(POLL_S)
            return False

    def _environment(self) -> dict[str, str]:
        """What the server's processes are told; secrets only by file."""
        database = make_url(self.database_url)
        password_file = self._secrets / "database.password"
        if not password_file.exists() or password_file.read_text() != database.password:
            password_file.unlink(missing_ok=True)
            write_private(password_file, str(database.password).encode())
        return {
            **self.application,
            "PET_DATABASE_URL": f"postgresql://{database.username}@{database.host}:{database.port}/{database.database}",
            "PET_DATABASE_PASSWORD_FILE": str(password_file),
            "PET_KEY_FILE": str(self._secrets / "key"),
            "PET_BROKER_HOST": self.broker.host,
            "PET_BROKER_PORT": str(self.broker.ingest_port),
            "PET_BROKER_CA_FILE": str(self.broker.certificates.authority_pem),
            "PET_BROKER_USER": INGEST_USER,
            "PET_BROKER_PASSWORD_FILE": str(self._secrets / "ingest.password"),
            "PET_BROKER_KEEPS_ACCOUNTS": str(self.broker.keeps_accounts).lower(),
            "PET_WEB_PORT": str(self.web_port),
            "PET_LOCAL_VIEWER": LOCAL_VIEWER,
            "PET_TRY_DEVICE_DIRECTORY": str(self.devices / "try"),
        }

    @property
    def environment_file(self) -> Path:
        """What a shell reads to use `pet` on this line, while it runs; for its owner only."""
        return self.directory / "demo.env"

    def _write_environment(self, environment: dict[str, str]) -> None:
        lines = [f"{name}={shlex.quote(value)}" for name, value in environment.items() if name.startswith("PET_")]
        replace_file(self.environment_file, ("\n".join(lines) + "\n").encode(), OWNER_ONLY)
        self._parts.callback(self.environment_file.unlink, missing_ok=True)


def _pet(command: str) -> list[str]:
    return [sys.executable, "-m", "server.main", command]
