"""A bench beside a real server: `pet web` with its API behind TLS, ingest, broker and PostgreSQL, all as processes.

The tool is the program that operators start, the device a mock of the chip's bootloader (mock_bench.py).
"""

import json
import os
import ssl
import subprocess
import sys
import time
from contextlib import closing, contextmanager

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.people import set_password
from server.accounts.tables import Person
from server.demo.line import LOCAL_VIEWER
from server.demo.ports import free_port
from tests.custody.conftest import Ward
from tests.parts import ROOT
from tests.server.accounts.conftest import PASSWORD
from tests.server.web.test_command import TIMEOUT_S, start
from tests.tools.flashing.rehearsal import write_kit
from tests.tools.flashing.synthetic import firmware

HOST = "localhost"  # the name in the line's certificates


class BenchLine:
    """`line` runs; `operator` is an operator's browser, over TLS; `say` is flash.py, in the bench's own folder.

    `web`: the process. `said`: all that flash.py and `pet` wrote.
    """

    def __init__(self, line, folder, address, web):
        self.line, self.folder, self.address, self.web = line, folder, address, web
        self.said = ""
        self.authority = line.broker.certificates.authority_pem
        self.ward = Ward(line)
        self.operator = self._signed_in()
        folder.mkdir()

    def _signed_in(self):
        with Session(self.line.engine) as session, session.begin():
            set_password(session, session.scalars(select(Person).where(Person.email == LOCAL_VIEWER)).one(), PASSWORD)
        believed = ssl.create_default_context(cafile=self.authority)
        client = httpx.Client(base_url=self.address, verify=believed, timeout=60, headers={"origin": self.address})
        answer = client.post("/api/v1/session", json={"email": LOCAL_VIEWER, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        return client

    def get(self, path, **parameters):
        answer = self.operator.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def tokens(self, count):
        """So many one-use tokens, which are in the bench's file `tokens` then."""
        answer = self.operator.post("/api/v1/enrolment-tokens", json={"count": count})
        assert answer.status_code == 201, answer.text
        tokens = answer.json()["tokens"]
        (self.folder / "tokens").write_text("\n".join(tokens))
        return tokens

    def write_kit(self):
        """Everything that docs/flashing.md lays into the bench's folder, made by the commands that it names."""
        release = [sys.executable, "-m", "tools.release"]
        archive, key = self.folder / "pet-12.pet", self.folder / "release-key"
        subprocess.run([*release, "key", key], cwd=ROOT, check=True, capture_output=True)
        build = [*release, "build", "--version", "12", "--key", key, "--board", "sim", archive]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        (self.folder / "questionnaire.pkg").write_bytes(self.ward.trust.packages["beds"])
        (self.folder / "micropython.bin").write_bytes(firmware())
        (self.folder / "lock.toml").write_text("# Pinned for this rehearsal.\n")
        write_kit(self.folder, self.line, "micropython.bin", "release-key.pub", 'release = "pet-12.pet"')
        self.say("firmware", "micropython.bin", "--pin", "--name", "rehearsal", "--lock", "lock.toml")

    def say(self, *arguments, code=0, program=ROOT / "tools/flash.py", given=None, **environment):
        """The objects that flash.py says in the bench's folder; it must end with this code."""
        command = [sys.executable, program, *map(str, arguments), "--json"]
        told = {**os.environ, **environment}
        run = subprocess.run(
            command, cwd=self.folder, env=told, input=given, capture_output=True, text=True, check=False
        )
        self.said += run.stdout + run.stderr
        assert run.returncode == code, run.stdout + run.stderr
        return [json.loads(line) for line in run.stdout.splitlines()]

    @property
    def enrolling(self):
        """The options that ask this server for an identity."""
        return ("--server", self.address, "--authority", self.authority, "--token-file", "tokens")

    def pet(self, *arguments, code=0):
        """What `pet` says to an operator on the server; it must end with this code."""
        command = [sys.executable, "-m", "server.main", *map(str, arguments)]
        run = subprocess.run(
            command, cwd=ROOT, env=environment_of(self.line), capture_output=True, text=True, check=False
        )
        self.said += run.stdout + run.stderr
        assert run.returncode == code, run.stdout + run.stderr
        return run.stdout


@contextmanager
def bench_line(line, folder):
    """Start `pet web` with TLS on the running line, and yield a BenchLine. Its log: web-tls.log beside the line's."""
    port, certificates = free_port(), line.broker.certificates
    environment = environment_of(line) | {
        "PET_WEB_PORT": str(port),
        "PET_WEB_NAMES": HOST,
        "PET_WEB_CERTIFICATE_FILE": str(certificates.server_pem),
        "PET_WEB_KEY_FILE": str(certificates.server_key),
    }
    with (line.directory / "web-tls.log").open("w") as log:
        process = start(environment, stderr=log)
        try:
            address = f"https://{HOST}:{port}"
            _wait_until_ready(address, certificates.authority_pem, process)
            running = BenchLine(line, folder, address, process)
            with closing(running.operator):
                yield running
        finally:
            process.terminate()
            process.wait(TIMEOUT_S)


def environment_of(line):
    """What the server's processes are told; nobody is let in without signing in."""
    told = {}
    for each in line.environment_file.read_text().splitlines():
        name, _, value = each.partition("=")
        told[name] = value.strip("'")
    left_out = ("PET_LOCAL_VIEWER", "PET_TRY_DEVICE_DIRECTORY")
    return {**os.environ, **{name: value for name, value in told.items() if name not in left_out}}


def _wait_until_ready(address, authority, process):
    deadline = time.monotonic() + TIMEOUT_S
    with httpx.Client(verify=ssl.create_default_context(cafile=authority), timeout=30) as client:
        while True:
            try:
                assert client.get(f"{address}/readyz").status_code == 200
            except httpx.ConnectError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return
