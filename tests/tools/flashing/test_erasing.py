"""`erase`: only with a backup that is what the device holds, and its serial typed; else not a byte changes."""

import subprocess
import sys
from pathlib import Path

import pytest

from protocol.identity import encode_identity
from tests.parts import ROOT
from tests.tools.flashing.rehearsal import area, content, identity, identity_on, port, provision
from tools.flashing.errors import DEVICE_REFUSED, JOURNAL_AT_RISK, WRONG_INPUT
from tools.flashing.ledger import BEGUN, DONE, ERASED
from tools.flashing.partitions import IDENTITY, JOURNAL, layout_for
from tools.flashing.rows import Row, to_do

BLANK = {0xFF}


@pytest.fixture
def device(devices, tmp_path):
    """(its port, its flash as it was): PET-0001, with twenty answers."""
    before = provision(tmp_path / "devices", "one", identity(1), responses=20)
    return port(devices(one={"mac": 1}), "one"), before


@pytest.fixture
def now(tmp_path):
    """What its flash holds now."""
    return lambda: content(tmp_path / "devices", "one")


def saved(say, at, *whole):
    code, lines = say("backup-journal", "--port", at, *whole)
    assert code == 0
    return Path(lines[0]["file"])


@pytest.mark.parametrize("what", ["journal", "everything"])
def test_each_refusal_has_its_own_words_and_nothing_is_written(say, device, now, tmp_path, what):
    at, before = device
    backup = saved(say, at, *(["--whole"] if what == "everything" else []))
    damaged, short = tmp_path / "damaged.bin", tmp_path / "short.bin"
    damaged.write_bytes(backup.read_bytes()[:-1] + b"\0")
    short.write_bytes(backup.read_bytes()[:-4096])
    right = ("--confirm", "PET-0001")
    cases = [
        (("--backup", backup, "--confirm", "PET-0002"), "'PET-0002' is not what this device is called"),
        (("--backup", backup, "--confirm", ""), "'' is not what this device is called"),
        (right, "erasing needs a backup: say `backup-journal"),
        (("--backup", tmp_path / "none.bin", *right), "none.bin cannot be read (No such file or directory)"),
        (("--backup", damaged, *right), "is not what 24:0A:C4:00:00:01 holds now"),
        (("--backup", short, *right), "is a backup of something else"),
    ]
    said = set()
    for arguments, words in cases:
        code, lines = say("erase", what, "--port", at, *arguments)
        assert (code, lines[0]["event"]) == (WRONG_INPUT, "failed")
        assert words in lines[0]["reason"]
        assert "nothing was erased" in lines[0]["reason"]
        said.add(lines[0]["reason"])
    assert len(said) == len(cases)
    assert now() == before


def test_the_journal_is_erased_and_nothing_else(say, device, now, ledger):
    at, before = device
    backup = saved(say, at)
    arguments = ("erase", "journal", "--port", at, "--backup", backup)
    code, lines = say(*arguments, "--dry-run")
    assert (code, lines[0]["event"], now() == before) == (0, "would-erase", True)
    code, lines = say(*arguments, "--confirm", "PET-0001")
    assert (code, lines[0]["what"], lines[0]["changed"]) == (0, "journal", True)
    assert set(area(now(), JOURNAL)) == BLANK
    place = layout_for(len(before))[JOURNAL]
    assert now()[: place.offset] + now()[place.end :] == before[: place.offset] + before[place.end :]
    assert backup.read_bytes() == area(before, JOURNAL)
    [line] = [line for line in ledger.lines() if line["event"] == "erased"]
    assert (line["serial"], line["kind"], line["backup"]) == ("PET-0001", "journal", str(backup))
    code, lines = say(*arguments)
    assert (code, lines[0]["changed"]) == (0, False)


def test_an_erased_device_can_become_another_one(say, device, now, tmp_path):
    """Until then another identity is refused, with or without answers on it."""
    at, before = device
    (tmp_path / "two.pet_id").write_bytes(encode_identity(identity(2)))
    other = ("--port", at, "--identity", tmp_path / "two.pet_id")
    for command in ("flash", "provision", "rotate"):
        code, lines = say(command, *other)
        assert (code, "is PET-0001 (device 00000001) already" in lines[0]["reason"]) == (DEVICE_REFUSED, True)
    assert now() == before
    backup = saved(say, at, "--whole")
    assert backup.read_bytes() == before
    assert say("erase", "everything", "--port", at, "--backup", backup, "--confirm", "PET-0001")[0] == 0
    assert set(now()) == BLANK
    assert say("flash", *other)[0] == 0
    assert identity_on(now()) == identity(2)


def test_answers_of_another_device_keep_a_new_identity_off_until_they_are_saved_and_erased(say, devices, tmp_path):
    folder = tmp_path / "devices"
    before = bytearray(provision(folder, "one", identity(1), responses=20))
    place = layout_for(len(before))[IDENTITY]
    before[place.offset : place.end] = b"\xff" * place.size  # its identity is lost, the answers are not
    (folder / "one.flash").write_bytes(before)
    at = port(devices(one={"mac": 1}), "one")
    (tmp_path / "two.pet_id").write_bytes(encode_identity(identity(2)))
    other = ("--port", at, "--identity", tmp_path / "two.pet_id")
    for command in ("flash", "provision"):
        code, lines = say(command, *other)
        assert (code, "holds answers of device 00000001 (20 not delivered)" in lines[0]["reason"]) == (
            DEVICE_REFUSED,
            True,
        )
    assert content(folder, "one") == before
    backup = saved(say, at)
    mac = "24:0A:C4:00:00:01"  # it has no serial
    assert say("erase", "journal", "--port", at, "--backup", backup, "--confirm", mac)[0] == 0
    assert say("provision", *other)[0] == 0
    assert identity_on(content(folder, "one")) == identity(2)


def test_a_journal_that_cannot_be_read_is_saved_and_its_copy_is_named(say, devices, tmp_path):
    folder = tmp_path / "devices"
    before = bytearray(provision(folder, "one", identity(1), responses=20))
    place = layout_for(len(before))[JOURNAL]
    before[place.offset : place.end] = b"\x5a" * place.size
    (folder / "one.flash").write_bytes(before)
    at = port(devices(one={"mac": 1}), "one")
    code, lines = say("flash", "--port", at)
    assert (code, "no readable journal" in lines[0]["reason"]) == (JOURNAL_AT_RISK, True)
    assert content(folder, "one") == before
    backup = Path(lines[0]["reason"].partition("The copy: ")[2].rstrip(")"))
    assert backup.read_bytes() == area(before, JOURNAL)
    assert say("erase", "journal", "--port", at, "--backup", backup, "--confirm", "PET-0001")[0] == 0
    assert say("flash", "--port", at)[0] == 0


@pytest.mark.parametrize(("typed", "code"), [("PET-0001\n", 0), ("PET-0007\n", WRONG_INPUT), ("", WRONG_INPUT)])
def test_a_person_types_the_serial(say, device, now, tmp_path, typed, code):
    at, before = device
    backup = saved(say, at)
    command = [sys.executable, ROOT / "tools/flash.py", "erase", "journal", "--port", at, "--backup", backup]
    command += ["--bench", tmp_path / "bench", "--before", "no-reset"]
    run = subprocess.run(command, input=typed, capture_output=True, text=True, check=False)
    assert run.returncode == code, run.stderr
    assert "PET-0001" not in run.stderr  # it stands on the label: who types it has the device in hand
    assert (now() == before) == (code != 0)


def test_a_list_does_an_erased_device_again(ledger):
    rows = [Row("PET-0001"), Row("PET-0002")]
    for number in (1, 2):
        ledger.append(DONE, mac=f"24:0A:C4:00:00:0{number}", row=f"PET-000{number}", serial="")
    ledger.append(ERASED, mac="24:0A:C4:00:00:01", kind="journal")
    assert to_do(rows, ledger) == []
    ledger.append(BEGUN, mac="24:0A:C4:00:00:02", kind="new")
    ledger.append(ERASED, mac="24:0A:C4:00:00:02", kind="everything")
    assert to_do(rows, ledger) == rows[1:]
    assert not ledger.unfinished()


def test_only_a_device_of_ours_has_a_journal(say, devices, tmp_path):
    at = port(devices(one={"mac": 1}), "one")
    (tmp_path / "any.bin").write_bytes(b"")
    code, lines = say("erase", "journal", "--port", at, "--backup", tmp_path / "any.bin", "--confirm", "PET-0001")
    assert (code, "has no journal of ours" in lines[0]["reason"]) == (DEVICE_REFUSED, True)
