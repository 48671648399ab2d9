"""The commands as an operator says them, on devices without hardware; and no secret in anything that they leave."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from protocol.identity import encode_identity
from tests.parts import ROOT
from tests.tools.flashing.rehearsal import (
    WIFI_PASSWORD,
    area,
    content,
    identity,
    identity_on,
    journal_of,
    port,
    provision,
)
from tools.flashing.command_line import app, main
from tools.flashing.device import Device
from tools.flashing.errors import DEVICE_REFUSED, INTERRUPTED, NO_ANSWER, PARTLY, WRONG_INPUT, CutError
from tools.flashing.partitions import JOURNAL


def assert_without_secrets(text, *identities):
    assert WIFI_PASSWORD not in text
    for one in identities:
        assert one.mqtt_password not in text
        assert one.hmac_key.hex() not in text


def test_an_operators_day_with_one_device(devices, say, tmp_path):
    folder = devices(one={"mac": 1})
    at = ("--port", port(folder, "one"))
    (tmp_path / "one.pet_id").write_bytes(encode_identity(identity(1)))
    code, lines = say("flash", *at, "--dry-run")
    assert (code, lines[0]["kind"], [line["name"] for line in lines[1:]]) == (
        0,
        "new",
        ["bootloader", "factory", "vfs", "table"],
    )
    assert set(content(folder, "one")) == {0xFF}
    assert say("provision", *at, "--identity", tmp_path / "one.pet_id")[0] == DEVICE_REFUSED
    code, lines = say("flash", *at)
    assert (code, lines[0]["serial"]) == (0, "")
    code, lines = say("selftest", *at)
    assert (code, [line["part"] for line in lines if not line["good"]]) == (PARTLY, ["identity"])
    code, lines = say("provision", *at, "--identity", tmp_path / "one.pet_id")
    assert (code, lines[0]["serial"], lines[1]["event"]) == (0, "PET-0001", "reminder")
    assert say("selftest", *at)[0] == 0
    assert say("verify", *at)[0] == 0
    (tmp_path / "next.pet_id").write_bytes(encode_identity(identity(1, epoch=2)))
    assert say("rotate", *at, "--identity", tmp_path / "next.pet_id")[0] == 0
    assert identity_on(content(folder, "one")).key_epoch == 2
    assert say("rotate", *at, "--identity", tmp_path / "one.pet_id")[0] == DEVICE_REFUSED
    ledger = (tmp_path / "bench" / "ledger.jsonl").read_text()
    assert_without_secrets(ledger + say.said, identity(1), identity(1, epoch=2))


def test_the_journal_is_saved_and_read(devices, say, tmp_path):
    before = provision(tmp_path / "devices", "one", identity(7), responses=30, acked=10)
    folder = devices(one={"mac": 7})
    code, lines = say("backup-journal", "--port", port(folder, "one"))
    assert (code, lines[0]["waiting"]) == (0, 20)
    assert Path(lines[0]["file"]).read_bytes() == area(before, JOURNAL)
    code, rows = say("read-journal", lines[0]["file"], link=False)
    assert code == 0
    assert (rows[0]["device"], rows[0]["waiting"], rows[0]["acked_through"]) == ("00000007", 20, 10)
    assert [row["sequence"] for row in rows[1:]] == list(range(11, 31))
    assert len(say("read-journal", lines[0]["file"], "--all", link=False)[1]) == 31


def test_another_program_is_saved_before_it_is_replaced(devices, say, tmp_path):
    folder = tmp_path / "devices"
    old = stock_flash({"boot.py": b"print(1)\n", "data/log.txt": b"old answers"})
    (folder / "one.flash").write_bytes(old)
    devices(one={"mac": 9})
    at = ("--port", port(folder, "one"))
    code, lines = say("flash", *at)
    assert (code, "say `migrate`" in lines[0]["reason"]) == (DEVICE_REFUSED, True)
    assert content(folder, "one") == old
    code, lines = say("migrate", *at)
    assert (code, lines[0]["kind"]) == (0, "other")
    (saved,) = (tmp_path / "bench" / "backups").rglob("flash-*.bin")
    assert saved.read_bytes() == old
    assert (saved.with_suffix(".files") / "data/log.txt").read_bytes() == b"old answers"
    assert set(area(content(folder, "one"), JOURNAL)) == {0xFF}
    assert say("verify", *at)[0] == 0


def test_a_cable_pulled_while_another_program_s_files_are_cleared_away_is_resumed(devices, say, tmp_path, monkeypatch):
    """Where the journal will be, stock MicroPython has the end of its file system."""
    folder = tmp_path / "devices"
    (folder / "one.flash").write_bytes(stock_flash({"old.txt": bytes(range(256)) * 5000}))
    devices(one={"mac": 9})
    at = ("--port", port(folder, "one"))

    def pull(device, *_):
        device.writing = True
        raise CutError("pulled")

    with monkeypatch.context() as patched:
        patched.setattr(Device, "erase", pull)
        assert say("migrate", *at)[0] == INTERRUPTED
    code, lines = say("resume", *at)
    assert (code, lines[-1]["done"]) == (0, 1)
    assert set(area(content(folder, "one"), JOURNAL)) == {0xFF}
    assert say("verify", *at)[0] == 0


def test_a_device_is_not_done_as_another_one(devices, say, tmp_path):
    before = provision(tmp_path / "devices", "one", identity(7), responses=3)
    folder = devices(one={"mac": 7})
    (tmp_path / "bench.csv").write_text(f"serial,port\nOTHER,{port(folder, 'one')}\n")
    code, lines = say("bulk", "--csv", tmp_path / "bench.csv")
    assert (code, "and not OTHER" in lines[0]["reason"]) == (PARTLY, True)
    assert content(folder, "one") == before


def stock_flash(files):
    """4 MB with stock MicroPython: its table, and a file system from 2 MB to the end, that no row names."""
    from esp_idf_defs import PartitionTable  # noqa: PLC0415

    from tests.tools.flashing.test_partitions import STOCK  # noqa: PLC0415
    from tools.flashing.vfs_image import build_image  # noqa: PLC0415

    data = bytearray(b"\xff" * (4 << 20))
    table = PartitionTable.from_csv(STOCK).to_binary()
    data[0x8000 : 0x8000 + len(table)] = table
    data[2 << 20 :] = build_image(files, 2 << 20)
    return bytes(data)


def test_resume_finishes_what_was_cut_off(devices, say):
    folder = devices(one={"mac": 1, "pull_after": 60_000})
    assert say("flash", "--port", port(folder, "one"))[0] == 6
    code, lines = say("resume", "--port", port(folder, "one"))
    assert (code, lines[-1]["done"], lines[-1]["failed"]) == (0, 1, 0)
    code, lines = say("resume", "--port", port(folder, "one"))
    assert (code, lines[-1]["done"]) == (0, 0)


def test_bulk_reports_each_device_and_says_it_again_only_for_the_rest(devices, say, tmp_path):
    folder = devices(one={"mac": 1}, two={"mac": 2, "chip": "esp32c3"})
    for number in (1, 2):
        (tmp_path / f"{number}.pet_id").write_bytes(encode_identity(identity(number)))
    ports = [port(folder, name) for name in ("one", "two")]
    (tmp_path / "bench.csv").write_text(f"serial,port,identity\nA,{ports[0]},1.pet_id\nB,{ports[1]},2.pet_id\n")
    code, lines = say("bulk", "--csv", tmp_path / "bench.csv")
    assert (code, lines[-1]["done"], lines[-1]["failed"]) == (PARTLY, 1, 1)
    assert [line["code"] for line in lines if line["event"] == "failed"] == [DEVICE_REFUSED]
    code, lines = say("bulk", "--csv", tmp_path / "bench.csv", "--dry-run")
    assert (code, [line["serial"] for line in lines]) == (0, ["B"])


def test_what_is_said_wrongly_has_its_exit_code(say, tmp_path):
    assert say("flash", "--port", tmp_path / "nothing")[0] == NO_ANSWER
    assert say("read-journal", tmp_path / "nothing", link=False)[0] == WRONG_INPUT
    assert main(["nonsense"]) == 2
    assert main(["flash", "--colour"]) == 2
    assert main(["--help"]) == 0


def test_it_runs_as_a_file_from_anywhere(tmp_path):
    command = [sys.executable, ROOT / "tools/flash.py", "firmware", "--json"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ})
    assert run.returncode == 0, run.stderr


def test_a_browser_gets_no_secret(say, tmp_path):
    code, _ = say("web-manifest", tmp_path / "web", link=False)
    manifest = json.loads((tmp_path / "web/manifest.json").read_text())
    assert code == 0
    parts = {part["path"]: part["offset"] for part in manifest["builds"][0]["parts"]}
    assert parts == {"bootloader.bin": 0x1000, "table.bin": 0x8000, "factory.bin": 0x10000, "vfs.bin": 0x200000}
    for part in parts:
        assert WIFI_PASSWORD.encode() not in (tmp_path / "web" / part).read_bytes()


def test_the_doctor_says_what_is_missing(say, kit_file, tmp_path):
    lock = kit_file.with_name("firmware.lock.toml")
    code, lines = say("doctor", "--kit", kit_file, "--lock", lock, link=False)
    found = {line["about"]: line["good"] for line in lines}
    assert found["libraries"]
    assert found["kit"]
    assert found["firmware"]
    code, lines = say("doctor", "--kit", tmp_path / "none.toml", "--lock", lock, link=False)
    assert code == PARTLY
    assert any("none.toml" in line["words"] for line in lines if not line["good"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bulk"], "Missing option '--csv'"),
        (["flash", "--colour"], "No such option"),
        (["flash", "--baud", "fast"], "Invalid value for '--baud'"),
        (["erase"], "Missing argument 'what'"),
        (["nonsense"], "No such command 'nonsense'"),
    ],
)
def test_a_program_is_told_in_json_what_it_said_wrongly(capsys, arguments, words):
    assert main([*arguments, "--json"]) == WRONG_INPUT
    told = capsys.readouterr()
    [line] = [json.loads(line) for line in told.out.splitlines()]
    assert (line["event"], line["code"], words in line["reason"], told.err) == ("failed", WRONG_INPUT, True, "")


def test_a_terminal_of_80_columns_breaks_no_word(tmp_path):
    """`doctor` where nothing is ready: its longest sentences. Into a pipe, a finding stays one line."""
    ours, theirs = os.openpty()
    command = [sys.executable, ROOT / "tools/flash.py", "doctor"]
    environment = {**os.environ, "COLUMNS": "80"}
    run = subprocess.run(command, cwd=tmp_path, stdout=theirs, stderr=theirs, check=False, env=environment)
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode().split("\r\n")
    os.close(ours)
    piped = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    assert run.returncode == PARTLY
    assert [len(line) for line in shown if len(line) > 80] == []
    assert max(len(line) for line in piped.splitlines()) > 80
    assert "there is no kit kit.toml: write one" in piped
    assert words_of(" ".join(shown)) == words_of(piped)


def words_of(text):
    """Without the number of free megabytes, which changes between two runs."""
    return [word for word in text.split() if not word.isdigit()]


def test_the_help_has_a_line_for_each_command_and_more_for_who_asks(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    assert main(["--help"]) == 0
    _, listed = capsys.readouterr().out.split("─ Commands ─")
    rows = [line.strip("│ \n") for line in listed.splitlines() if line.startswith("│")]
    names = [command.name for command in app.registered_commands]
    assert [row.split()[0] for row in rows] == names
    assert all(row.endswith(".") and row.split(maxsplit=1)[1][0].isupper() for row in rows), rows
    for name in names:
        assert main([name, "--help"]) == 0
        said = capsys.readouterr().out
        assert f"flash.py {name}" in said
        assert not re.search(r"│ +--[a-z-]+ +<\w+> +│", said), "an option without a word about it"


def test_what_is_read_from_a_journal_can_be_read_by_a_person(tmp_path, capsys):
    (tmp_path / "journal.bin").write_bytes(journal_of(7, 2))
    assert main(["read-journal", str(tmp_path / "journal.bin")]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("device 00000007, ")
    assert told[1].split("  ")[-1] == "response, 2073-11-27 05:02 UTC, version 7: 9 7 4 7 5 6 3 7 skipped 2 skipped 2"


def test_a_lock_without_images_says_so(tmp_path, capsys):
    (tmp_path / "lock.toml").write_text("")
    assert main(["firmware", "--lock", str(tmp_path / "lock.toml")]) == 0
    assert "no MicroPython is pinned yet" in capsys.readouterr().out
    assert main(["firmware", "--lock", str(tmp_path / "lock.toml"), "--json"]) == 0
    assert capsys.readouterr().out == ""
