"""A server below a folder, on which the commands of docs/operations.md run: their paths, ports and accounts are mapped.

PostgreSQL, Mosquitto with TLS and dynamic security, ingest and pages are real. STAND_INS names everything that is not.
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy.engine import make_url

from server.demo.account import installed_binaries
from server.demo.broker import find_mosquitto
from server.demo.ports import free_port
from tests.device_directory import NEVER_S
from tests.operations_stand_ins_table import STAND_INS
from tests.parts import ROOT

PORTS = ("8883", "8884", "8443", "8000")
FOLDERS = ("root", "bin", "run", "devices", "etc/systemd/system", "etc/mosquitto", "usr/local/bin")
HOMES = ("var/lib/pet", "var/lib/mosquitto", "var/backups")
MAPPED = r"(/etc/(?:pet|mosquitto|systemd)|/var/lib/(?:pet|mosquitto)|/var/backups|/usr/local/bin/pet)\b"
DEADLINE_S = 60


class Host:
    """`run(step)` types a command where the one before has left us; what it printed, in the page's own words."""

    def __init__(self, folder, postgres_url, package):
        self.folder = folder
        for name in (*FOLDERS, *HOMES):
            (folder / name).mkdir(parents=True)
        self._package = package
        self._where = folder / "root"
        self.ports = {port: str(free_port()) for port in PORTS}
        self.database = f"operated_{secrets.token_hex(4)}"
        self._password = secrets.token_hex()
        (folder / "run/database.password").write_text(self._password)
        self.url = make_url(postgres_url).set(username=self.database, password=self._password, database=self.database)
        self._rewritten = [
            [r"/opt/pet/\.venv/bin/pet\b", str(folder / "bin/pet-program")],
            [r"/opt/pet\b", str(ROOT)],
            [r"(?<![\w/])" + MAPPED, str(folder) + r"\1"],
            [r"runuser -u pet --", ""],
            [r"^PET_DATABASE_URL=.*$|(?<=\n)PET_DATABASE_URL=.*", self._database_settings()],
            [r"(pet settings broker \S+)", r"\1 --address 127.0.0.1"],  # no name service knows pet.example.org
            [r"(pet-program ca switch \S+)", r"\1 --now"],  # the months between are not waited for
            *([rf"(?<![\w.]){port}\b", ours] for port, ours in self.ports.items()),
        ]
        self._write(make_url(postgres_url))
        self._program = self._load_program()

    def _database_settings(self):
        plain = self.url._replace(password=None).set(drivername="postgresql").render_as_string()
        files = {
            "KEY": "key",
            "RELEASE_KEYS": "release.pub",
            "BROKER_CA": "ca.pem",
            "BROKER_PASSWORD": "ingest.password",
        }
        defaults = [f"PET_{name}_FILE={self.folder / 'etc/pet' / file}" for name, file in files.items()]
        password = f"PET_DATABASE_PASSWORD_FILE={self.folder / 'run/database.password'}"
        return "\n".join([f"PET_DATABASE_URL={plain}", password, "PET_WEB_PORT=8000", *defaults])

    def _write(self, administrator):
        described = {
            "project": str(ROOT),
            "folder": str(self.folder),
            "rewritten": self._rewritten,
            "database": self.database,
            "role": self.database,
            "password": self._password,
            "binaries": str(installed_binaries()),
            "mosquitto": str(find_mosquitto()),
            "ports": self.ports,
            "administrator": {
                "PGHOST": administrator.host,
                "PGPORT": str(administrator.port),
                "PGUSER": administrator.username,
                "PGPASSWORD": administrator.password,
            },
        }
        (self.folder / "host.json").write_text(json.dumps(described))
        for name in STAND_INS:
            self._script(name, f'exec "{sys.executable}" "{ROOT}/tests/operations_stand_ins.py" {name} "$@"')
        program = f'exec "{sys.executable}" -S -E "{ROOT}/tests/operations_program.py" "$@"'
        self._script("pet-program", program)
        self._script("pet", f'exec "{self.folder}/usr/local/bin/pet" "$@"')

    def _script(self, name, line):
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)

    def _load_program(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PET_")}
        place = f"/tmp/pet-{secrets.token_hex(6)}"  # noqa: S108 - a socket's path must be short; nobody guesses it
        self._environment = environment | {
            "PATH": f"{self.folder / 'bin'}:{environment.get('PATH', os.defpath)}",
            "HOME": str(self.folder / "root"),
            "PET_TEST_HOST": str(self.folder / "host.json"),
            "PET_TEST_PROGRAM": place,
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, str(ROOT / "tests/operations_program.py"), "serve", place]
        program = subprocess.Popen(command, env=self._environment, cwd=ROOT)
        deadline = time.monotonic() + DEADLINE_S
        while not Path(place).exists():
            assert program.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return program

    def run(self, command):
        """(exit code, all that was printed)."""
        where = self.folder / "run/where"
        typed = f"{self.here(command)}\nended=$?\npwd >'{where}'\nexit $ended\n"
        done = subprocess.run(
            ["bash", "-c", typed],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._where,
            env=self._environment,
            text=True,
            check=False,
        )
        self._where = Path(where.read_text().strip())
        return done.returncode, self.as_written(done.stdout)

    def here(self, text):
        """With this machine's paths and ports."""
        for pattern, replacement in self._rewritten:
            text = re.sub(pattern, replacement, text)
        return text

    def as_written(self, text):
        """With the page's paths and ports."""
        text = text.replace(f"{self.folder}/root/", "").replace(str(self.folder), "").replace(str(ROOT), "/opt/pet")
        for port, ours in self.ports.items():
            text = re.sub(rf"\b{ours}\b", port, text)
        return text

    def log(self, name):
        """What a service has said so far."""
        return (self.folder / "run" / f"{name}.log").read_text()

    def finish_device(self, name):
        """The folder of a device that the stand-in for the bench gave its identity: files as a kit puts them there."""
        directory = self.folder / "devices" / name
        files = directory / "vfs"
        files.mkdir()
        authority = x509.load_pem_x509_certificate((self.folder / "etc/pet/ca.pem").read_bytes())
        settings = {
            "broker": {"host": "pet.example.org", "address": "127.0.0.1", "port": int(self.ports["8883"])},
            "sync_every_s": NEVER_S,
            "sync_backlog": NEVER_S,
            "ca": [b64encode(authority.public_bytes(Encoding.DER)).decode()],
        }
        (files / "settings.json").write_text(json.dumps(settings))
        (files / "questionnaire.pkg").write_bytes(self._package)
        return directory

    def close(self):
        """End what runs, this server's only."""
        for file in (self.folder / "run").glob("*.pid"):
            with suppress(ProcessLookupError):
                os.killpg(int(file.read_text()), signal.SIGTERM)
        self._program.terminate()
        self._program.wait()
        Path(self._environment["PET_TEST_PROGRAM"]).unlink(missing_ok=True)
