"""Where devices' secrets are when all has been done to devices that can be: on them, and nowhere else in the clear.

Real server, real tool. Among what is done: faults in the program at the moment when keys are at hand, crashes, and a
database that refuses. Then a secret is planted in every place that was looked through, and each time it is found.
"""

import os
import resource
import signal
import subprocess
import sys

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from server.demo.account import installed_binaries
from server.demo.line import Line
from server.demo.ports import free_port
from server.fleet.passwords import broker_password
from server.fleet.tables import DeviceKey
from tests.parts import ROOT, need
from tests.tools.flashing.bench_line import bench_line
from tests.tools.flashing.rehearsal import WIFI_PASSWORD, wait_for
from tests.tools.flashing.secret_scan import Watch, leaks, wait_for_look
from tools.flashing.ledger import Ledger

CRASHING = ROOT / "tests/tools/flashing/crashing.py"
HELD = "import sys; held = sys.stdin.readline(); "
REFUSES = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'a fault of a test' USING ERRCODE = 'internal_error'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON device_key FOR EACH ROW EXECUTE FUNCTION refuse();
"""
ADMITS = "DROP TRIGGER refuse ON device_key; DROP FUNCTION refuse;"
ENROLMENTS = 8  # two of three devices; one again by rotation; and one in each of four faults


@pytest.fixture
def _cores():
    """As many as there are, of whatever starts from here: on most systems the limit forbids them."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


@pytest.fixture
def real(_cores, tmp_path):
    need("mosquitto")
    with Line(tmp_path / "line", web_port=free_port()) as line, bench_line(line, tmp_path / "operator") as running:
        yield running


class Story:
    """What is done, and every place that it may have left something in."""

    def __init__(self, real, folder):
        self.real, self.folder = real, folder
        self.tokens = []
        real.write_kit()

    def happen(self):
        names = ("one", "two", "three", "four")
        ports = {name: self.folder / f"{name}.port" for name in names}
        for port in ports.values():
            wait_for(port)
        rows = "".join(f"PET-{name},{ports[name]}\n" for name in ("one", "two"))
        (self.real.folder / "bench.csv").write_text(f"serial,port\n{rows}")
        self.flash("bulk", "--csv", "bench.csv")
        server = self.real.enrolling[:-1]
        link = ("--before", "no-reset")
        given = self._token()
        self.real.say("flash", "--port", ports["three"], "--lock", "lock.toml", *link, *server, "-", given=given)
        self._token()
        self.real.say("rotate", "--port", ports["three"], *link, *self.real.enrolling)
        self.in_database(REFUSES)
        four = ("--port", ports["four"], "--serial", "PET-four")
        self.flash("flash", *four, code=8)
        self.real.pet("device", "enrol", "--serial", "PET-5", "--identity-file", self.folder / "5", code=1)
        self.in_database(ADMITS)
        self.flash("flash", *four, program=CRASHING, code=1, PET_TEST_FAULT="raise")
        (self.real.folder / "bench.csv").write_text(f"serial,port\nPET-four,{ports['four']}\n")
        self.flash("bulk", "--csv", "bench.csv", program=CRASHING, code=1, PET_TEST_FAULT="raise")
        self.flash("bulk", "--csv", "bench.csv", program=CRASHING, code=1, PET_TEST_FAULT="abort")
        self.flash("flash", *four, program=CRASHING, code=-signal.SIGABRT, PET_TEST_FAULT="abort")

    def flash(self, *arguments, **more):
        self._token()
        common = ("--lock", "lock.toml", "--before", "no-reset", *self.real.enrolling)
        return self.real.say(*arguments, *common, **more)

    def _token(self):
        self.tokens += self.real.tokens(2)
        return "\n".join(self.tokens[-2:])

    def in_database(self, statements):
        with psycopg.connect(plain(self.real.line).render_as_string(hide_password=False)) as connection:
            connection.execute(statements)

    def secrets(self):
        """By name: what only devices and those who wrap it may know."""
        keys = self.real.line.key_ring()
        with Session(self.real.line.engine) as session:
            rows = session.scalars(select(DeviceKey)).all()
        found = {"wifi": WIFI_PASSWORD.encode()}
        found |= {f"token {number}": token.encode() for number, token in enumerate(self.tokens)}
        for row in rows:
            name = f"device {row.device_id} epoch {row.key_epoch}"
            key = keys.unwrap(row.wrapped_key, row.organisation_id, row.device_id, row.key_epoch)
            password = broker_password(key)
            found |= {f"key of {name}": key, f"password of {name}": password.encode()}
            found[f"bytes of the password of {name}"] = bytes.fromhex(password)
        return found

    def places(self, watch):
        """By name: all that may be read afterwards."""
        line = self.real.line
        logs = [*line.directory.glob("*.log"), *line.directory.glob("*/*.log")]
        assert {"web-tls.log", "ingest.log", "mosquitto.log", "postgres.log"} <= {path.name for path in logs}
        kept = [path for path in (self.real.folder / "flash-bench").rglob("*") if path.is_file()]
        cores = [path for folder in (self.real.folder, ROOT) for path in folder.glob("core*") if path.is_file()]
        return {
            "output and exceptions": self.real.said.encode(),
            "logs": b"".join(path.read_bytes() for path in logs),
            "ledger and the bench's folder": b"".join(path.read_bytes() for path in kept),
            "core files": b"".join(path.read_bytes() for path in cores),
            "database dump": dumped(line),
            **watch.places(),
        }


def plain(line):
    return make_url(line.database_url).set(drivername="postgresql")


def dumped(line):
    url = plain(line)
    command = [installed_binaries() / "pg_dump", url._replace(password=None).render_as_string()]
    environment = {**os.environ, "PGPASSWORD": str(url.password)}
    return subprocess.run(command, env=environment, check=True, capture_output=True).stdout


def test_no_secret_of_a_device_is_anywhere_and_one_that_is_planted_is_found(real, devices):
    folder = devices(**{name: {"mac": number} for number, name in enumerate(("one", "two", "three", "four"), 1)})
    story = Story(real, folder)
    with Watch() as watch:
        story.happen()
        wait_for_look(watch, b"multiprocessing")
    secrets, places = story.secrets(), story.places(watch)
    assert len([name for name in secrets if name.startswith("key of")]) == ENROLMENTS
    assert leaks(places, secrets) == set()
    assert not places["core files"]
    assert real.said.count("a fault of a test, with 32 and 64 at hand") == 2, "of one process, and of a worker"
    assert b"a fault of a test" in places["logs"]

    for place, plant in PLANTS.items():
        with Watch() as watch:
            plant(story, secrets, watch)
        found = leaks(story.places(watch), story.secrets())
        assert place in {where for where, _ in found}, f"a secret in {place} is not found"

    real.web.send_signal(signal.SIGABRT)
    assert not leaves_a_core(real.web)


def leaves_a_core(process):
    """Whether the system dumped it when it crashed, into a file or to a program of its own."""
    status = os.waitpid(process.pid, 0)[1]
    process.returncode = os.waitstatus_to_exitcode(status)
    return os.WCOREDUMP(status)


def in_output(story, *_):
    """As typer's own tracebacks would."""
    port = story.folder / "four.port"
    story.flash("flash", "--port", port, program=CRASHING, code=1, PET_TEST_FAULT="locals")


def in_a_log(story, secrets, _):
    with (story.real.line.directory / "ingest.log").open("ab") as log:
        log.write(repr(secrets["key of device 1 epoch 1"]).encode())


def in_the_ledger(story, secrets, _):
    Ledger(story.real.folder / "flash-bench/ledger.jsonl").append("failed", reason=secrets["token 0"].decode())


def in_a_core(story, secrets, _):
    """Of a program that has not switched them off."""
    process = subprocess.Popen(
        [sys.executable, "-c", HELD + "import os; os.abort()"], cwd=story.real.folder, stdin=subprocess.PIPE
    )
    process.stdin.write(secrets["token 0"] + b"\n")
    process.stdin.close()
    assert leaves_a_core(process)


def in_the_database(story, secrets, _):
    key = secrets["key of device 2 epoch 1"].hex()
    story.in_database(f"CREATE TABLE planted AS SELECT '\\x{key}'::bytea AS key")


def in_arguments(_, secrets, watch):
    token = secrets["token 0"].decode()
    with subprocess.Popen([sys.executable, "-c", HELD, token], stdin=subprocess.PIPE):
        wait_for_look(watch, token.encode())


def in_the_environment(_, secrets, watch):
    told = {**os.environ, "KEY": secrets["key of device 1 epoch 1"].hex()}
    with subprocess.Popen([sys.executable, "-c", HELD, "its environment"], env=told, stdin=subprocess.PIPE):
        wait_for_look(watch, b"its environment")


PLANTS = {
    "output and exceptions": in_output,
    "logs": in_a_log,
    "ledger and the bench's folder": in_the_ledger,
    "core files": in_a_core,
    "database dump": in_the_database,
    "arguments": in_arguments,
    "environments": in_the_environment,
}
