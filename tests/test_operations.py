"""docs/operations.md from top to bottom: every command of it is run, in its order, and prints what the page says."""

import re
import shutil
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import make_engine
from server.demo.device import SimulatedDevice, build_application
from server.demo.story import pet_time, utc_now
from server.fleet.packages import build_package, read_definition
from server.fleet.tables import Device
from server.ingest.tables import Gap, Response, RollupResponseDay
from tests.custody.conftest import press
from tests.operations_host import Host
from tests.operations_page import PAGE, Step, is_whole, steps
from tests.operations_stand_ins_table import STAND_INS
from tests.parts import ROOT, need

STEPS = list(steps(PAGE.read_text(encoding="utf-8")))
PACKAGE = ROOT / "deploy/demo/questionnaires/beds.toml"
FIRST, SECOND = "first", "PET-0002"
SYNCS_MAX = 30


class Walk:
    """A host, and the two devices that answer between the page's steps."""

    def __init__(self, host, folder):
        self.host = host
        self.engine = make_engine(host.url)
        self._application = build_application(folder)
        self._devices = {}
        self._now = utc_now() - timedelta(minutes=1)

    def device(self, name):
        """A simulated one with the real firmware, on what the bench has written."""
        if name not in self._devices:
            directory = self.host.finish_device(name)
            options = ("--virtual", str(pet_time(self._now)), "--quiet")
            self._devices[name] = SimulatedDevice(directory, self._application, *options)
        return self._devices[name]

    def answered(self, name, passes):
        """So many patients answer, and the device syncs; it may have done so by itself before."""
        press(self.device(name), passes)
        self.synced(name)

    def synced(self, name):
        """A sync that leaves nothing on the device. While ingest comes back, a device tries again."""
        for _ in range(SYNCS_MAX):
            said = self.device(name).sync()
            if said["error"] is None and said["waiting"] == 0:
                return
        raise AssertionError(f"{name} does not get through: {said}")

    def stored(self):
        """By serial: the sequences of its responses, once for each row."""
        query = select(Device.serial, Response.sequence).join(
            Response,
            (Response.device_id == Device.device_id) & (Response.organisation_id == Device.organisation_id),
        )
        found = {}
        with Session(self.engine) as session:
            for serial, sequence in session.execute(query.order_by(Device.serial, Response.sequence)):
                found.setdefault(serial, []).append(sequence)
        self.engine.dispose()  # nobody is connected: the page drops the database
        return found

    def counted(self):
        """The responses that the rollups count; and the gaps, of which there are none."""
        with Session(self.engine) as session:
            counted = sum(session.scalars(select(RollupResponseDay.complete)))
            gaps = len(session.scalars(select(Gap)).all())
        self.engine.dispose()
        return counted, gaps

    def close(self):
        for device in self._devices.values():
            device.close()
        self.engine.dispose()


@pytest.fixture(scope="module")
def walk(postgres, tmp_path_factory):
    need("mosquitto")
    need("micropython")
    if shutil.which("curl") is None:
        pytest.skip("curl is missing: install it (Debian: apt-get install curl)")
    folder = tmp_path_factory.mktemp("host")
    folder.chmod(0o755)
    host = Host(folder / "server", postgres, build_package(read_definition(PACKAGE), 1))
    walk = Walk(host, folder / "application")
    yield walk
    walk.close()
    host.close()


# --- what happens between the steps: devices answer ------------------------------------------------
def _first_answers(walk):
    walk.answered(FIRST, 2)
    assert walk.stored() == {"24:0A:C4:00:00:01": [1, 2]}
    assert "accounts: 1 devices let in" in walk.host.log("pet-ingest")


def _second_answers(walk):
    walk.answered(SECOND, 3)
    assert walk.stored()[SECOND] == [1, 2, 3]


def _more_after_the_backup(walk):
    walk.answered(SECOND, 4)
    assert walk.stored()[SECOND] == list(range(1, 8))


def _both_authorities_are_told(walk):
    for name in (FIRST, SECOND):
        walk.synced(name)
        walk.synced(name)  # by which it says that it holds them


def _the_next_authority_is_believed(walk):
    for name in (FIRST, SECOND):
        walk.synced(name)


def _ingest_waits(walk):
    assert walk.stored()[SECOND] == [1, 2, 3]
    press(walk.device(SECOND), 1)
    assert walk.device(SECOND).sync()["waiting"] == 1
    assert walk.stored()[SECOND] == [1, 2, 3]
    assert "this database was restored from a backup" in walk.host.log("pet-ingest")


def _each_is_counted_once(walk):
    walk.synced(SECOND)
    assert walk.stored() == {"24:0A:C4:00:00:01": [1, 2], SECOND: list(range(1, 9))}
    assert walk.counted() == (10, 0)
    assert walk.device(FIRST).sync()["error"] is not None  # revoked again before ingest went on


AFTERWARDS = {
    "flash.py flash": _first_answers,
    "flash.py bulk": _second_answers,
    'pet restore "$(ls -d /var/backups/pet/pet-* | tail -n 1)" --check': _more_after_the_backup,
    "pet settings ca current.pem next.pem": _both_authorities_are_told,
    "rm /var/lib/pet/current.pem": _the_next_authority_is_believed,
    "pet audit-log verify": _ingest_waits,
    "pet restored --repeated": _each_is_counted_once,
}


@pytest.mark.parametrize("step", STEPS, ids=[f"{step.line}: {step.command[:60]}" for step in STEPS])
def test_a_command_does_and_prints_what_the_page_says(walk, step):
    code, printed = walk.host.run(step.command)
    assert code == 0, printed
    assert step.accepts(printed), f"line {step.line} of the page; it prints:\n{printed}"
    for beginning, happening in AFTERWARDS.items():
        if step.command.startswith(beginning):
            happening(walk)


def test_no_secret_is_left_lying_about(walk):
    """After the last step: what the page has people write down for a moment, it has them remove again."""
    names = ("wifi.toml", "first-password", "tokens", "device.pet_id", "key-for-the-safe", "accounts.json")
    left = [path for name in names for path in walk.host.folder.rglob(name)]
    password = b"a password of your own"
    files = [path for path in walk.host.folder.rglob("*") if path.is_file() and "devices" not in path.parts]
    left += [path for path in files if password in path.read_bytes()]
    assert not left


# --- that the page is read whole ------------------------------------------------------------------
def test_no_command_stands_in_a_block_of_another_kind():
    text = PAGE.read_text(encoding="utf-8")
    kinds = re.findall(r"^```(\w*)$", text, re.MULTILINE)[::2]
    assert set(kinds) == {"console", "toml"}
    assert not re.search(r"^    \S", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    assert len(STEPS) > 80


def test_each_happening_between_the_steps_has_its_step():
    for beginning in AFTERWARDS:
        assert len([step for step in STEPS if step.command.startswith(beginning)]) == 1, beginning


def test_each_stand_in_is_needed_and_has_a_reason():
    typed = "\n".join(step.command for step in STEPS)
    for name, reason in STAND_INS.items():
        assert re.search(rf"(^|[ (;]){re.escape(name)} ", typed, re.MULTILINE), name
        assert len(reason) > 30


def test_the_packages_are_those_that_the_steps_use():
    [packages] = [step.command.split()[2:] for step in STEPS if step.command.startswith("apt-get install")]
    assert packages == ["curl", "git", "make", "python3", "python3-venv", "postgresql", "mosquitto"]


def test_what_is_printed_is_compared():
    step = Step(1, "x", ["key <fingerprint>; made", "...", "30"])
    assert step.accepts("key 0a1b; made\n30\n")
    assert step.accepts("key 0a1b; made\nanything\n\n30\n")
    for wrong in ("key ; made\n30\n", "key 0a1b; made\n31\n", "key 0a1b; made\n30\nmore\n", "", "30\n"):
        assert not step.accepts(wrong)
    assert not Step(1, "x", []).accepts("something\n")
    assert [is_whole(text) for text in ("a \\", "cat <<'END'\nx", "while x; do", "a")] == [False, False, False, True]
