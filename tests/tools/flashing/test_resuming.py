"""A list in which everything went wrong once: `resume --csv` does what is left, in whatever port each device is now."""

import csv

from protocol.identity import encode_identity
from tests.tools.flashing.enrolling_server import enrolling_server
from tests.tools.flashing.rehearsal import content, identity, identity_on, port, provision
from tests.tools.flashing.test_command_line import stock_flash
from tools.flashing.connecting import Port
from tools.flashing.errors import DEVICE_REFUSED, INTERRUPTED, NO_ANSWER, PARTLY, SERVER_REFUSED, WRONG_INPUT, CutError

PULLED, PULLED_EARLY, WRONG_CHIP, BAD_READ, SILENT, OTHER, TWIN, NO_FILE, GOOD = range(1, 10)
FAULTS = {
    PULLED: {"pull_after": 60_000},
    PULLED_EARLY: {"pull_after": 9_000},
    WRONG_CHIP: {"chip": "esp32c3"},
    BAD_READ: {"bad": [0x8000, 0x9000]},
    SILENT: {"silent": True},
}
CODES = {PULLED: INTERRUPTED, PULLED_EARLY: NO_ANSWER, WRONG_CHIP: DEVICE_REFUSED, BAD_READ: NO_ANSWER}
CODES |= {SILENT: NO_ANSWER, OTHER: DEVICE_REFUSED, NO_FILE: WRONG_INPUT}


def serial(number):
    return identity(number).serial


def write_list(path, rows, *columns):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def failures(lines):
    return {line["serial"]: line["code"] for line in lines if line["event"] == "failed" and line.get("serial")}


def test_resume_does_what_is_left_of_a_list_after_every_kind_of_failure(devices, say, ledger, tmp_path):
    folder = tmp_path / "devices"
    folder.mkdir(exist_ok=True)
    (folder / f"d{OTHER}.flash").write_bytes(stock_flash({"boot.py": b"print(1)\n"}))
    devices(**{f"d{number}": {"mac": number, **FAULTS.get(number, {})} for number in range(1, 10)})
    ports = {number: port(folder, f"d{number}") for number in range(1, 10)}
    for number in set(ports) - {NO_FILE}:
        (tmp_path / f"{number}.pet_id").write_bytes(encode_identity(identity(number)))
    named = {number: GOOD if number == TWIN else number for number in (GOOD, *range(PULLED, GOOD))}
    rows = [[serial(name), ports[number], f"{number}.pet_id"] for number, name in named.items()]
    listed = write_list(tmp_path / "bench.csv", rows, "serial", "port", "identity")

    code, lines = say("bulk", "--csv", listed)
    assert (code, lines[-1]["done"], lines[-1]["failed"]) == (PARTLY, 1, 8)
    assert failures(lines) == {serial(number): code for number, code in CODES.items()} | {serial(GOOD): WRONG_INPUT}

    # Mended: other boards, the serial, the file. Then every device is plugged in again, each where another was before.
    for number in (WRONG_CHIP, BAD_READ):
        (folder / f"d{number}.flash").unlink()
    (tmp_path / f"{NO_FILE}.pet_id").write_bytes(encode_identity(identity(NO_FILE)))
    rows = [[serial(number), ports[number], f"{number}.pet_id"] for number in ports]
    write_list(listed, rows, "serial", "port", "identity")
    for number in ports:
        flash = folder / f"d{number}.flash"
        if flash.exists():
            flash.rename(folder / f"e{number}.flash")
        port(folder, f"d{number}").unlink()
    moved = {number: number % 9 + 1 for number in ports}  # by number: whose old port it is in
    devices(**{f"e{number}": {"mac": number} for number in ports})
    for number, place in moved.items():
        ports[place].symlink_to(port(folder, f"e{number}").readlink())

    code, lines = say("resume", "--csv", listed, "--dry-run")
    planned = {line["serial"]: line["port"] for line in lines if line["event"] == "would-flash"}
    assert code == 0
    assert planned[serial(PULLED)] == str(ports[moved[PULLED]]), "it was begun, so it is known by its MAC"
    assert str(ports[moved[GOOD]]) not in planned.values(), "it is done"

    code, lines = say("resume", "--csv", listed, "--migrate")
    assert (code, lines[-1]["done"], lines[-1]["failed"]) == (0, 8, 0), lines
    on_flash = [identity_on(content(folder, f"e{number}")) for number in range(1, 10)]
    assert {one.serial for one in on_flash} == {serial(number) for number in range(1, 10)}
    assert on_flash[PULLED - 1] == identity(PULLED)
    assert on_flash[GOOD - 1] == identity(GOOD)
    assert not ledger.unfinished()
    code, lines = say("resume", "--csv", listed)
    assert (code, lines) == (0, [{"event": "summary", "done": 0, "failed": 0}])


def test_a_list_without_ports_said_again_leaves_done_devices_alone(devices, say, tmp_path, monkeypatch):
    """The ports are taken in their order: the first of them is a device that is done by then."""
    folder = devices(one={"mac": 1}, two={"mac": 2, "silent": True})
    plugged_in = [Port(str(port(folder, name)), "CP210x", "") for name in ("one", "two")]
    monkeypatch.setattr("tools.flashing.many_devices.find_ports", lambda: plugged_in)  # no USB here to be asked
    for number in (1, 2):
        (tmp_path / f"{number}.pet_id").write_bytes(encode_identity(identity(number)))
    rows = [[serial(number), f"{number}.pet_id"] for number in (1, 2)]
    listed = write_list(tmp_path / "bench.csv", rows, "serial", "identity")
    code, lines = say("bulk", "--csv", listed)
    assert (code, failures(lines)) == (PARTLY, {serial(2): NO_ANSWER})
    done = content(folder, "one")
    assert identity_on(done) == identity(1)
    for command in ("bulk", "resume"):
        code, lines = say(command, "--csv", listed)
        assert (code, failures(lines)) == (PARTLY, {serial(2): NO_ANSWER})
        assert content(folder, "one") == done
    write_list(listed, [[serial(2), plugged_in[0].name, "2.pet_id"]], "serial", "port", "identity")
    code, lines = say("bulk", "--csv", listed)
    assert (code, f"is {serial(1)} already" in lines[0]["reason"]) == (PARTLY, True)
    assert content(folder, "one") == done


def test_resume_goes_on_after_refusals_of_the_server_and_with_new_tokens(devices, say, tmp_path):
    tokens = [f"pete_{letter * 43}" for letter in "abcd"]
    folder = devices(one={"mac": 1}, two={"mac": 2}, three={"mac": 3})
    ports = [port(folder, name) for name in ("one", "two", "three")]
    listed = tmp_path / "bench.csv"
    write_list(listed, [["PET-1", ports[0]], ["TAKEN", ports[1]], ["PET-3", ports[2]]], "serial", "port")
    with enrolling_server(tmp_path / "server", tokens) as (address, authority, known):
        asked = ("--server", address, "--authority", authority, "--token-file", tmp_path / "tokens")
        (tmp_path / "tokens").write_text("\n".join(tokens[:2]))
        code, lines = say("bulk", "--csv", listed, *asked)
        assert (code, failures(lines)) == (PARTLY, {"TAKEN": SERVER_REFUSED, "PET-3": WRONG_INPUT})
        write_list(listed, [["PET-1", ports[0]], ["PET-2", ports[1]], ["PET-3", ports[2]]], "serial", "port")
        (tmp_path / "tokens").write_text("\n".join(tokens[2:]))
        code, lines = say("resume", "--csv", listed, *asked)
    assert (code, lines[-1]["done"]) == (0, 2)
    on_flash = [identity_on(content(folder, name)).serial for name in ("one", "two", "three")]
    assert on_flash == ["PET-1", "PET-2", "PET-3"]
    assert len(known.devices) == 3


def test_resume_without_a_list_says_what_it_would_do_and_when_there_is_nothing(devices, say, tmp_path):
    folder = devices(one={"mac": 1, "pull_after": 60_000}, two={"mac": 2})
    code, lines = say("resume")
    assert (code, lines[-1]["done"], lines[-1]["failed"]) == (0, 0, 0)
    assert say("flash", "--port", port(folder, "one"))[0] == INTERRUPTED
    half = content(folder, "one")
    code, lines = say("resume", "--dry-run")
    assert (code, [(line["event"], line["mac"]) for line in lines]) == (0, [("would-resume", "24:0A:C4:00:00:01")])
    assert content(folder, "one") == half
    code, lines = say("resume", "--port", port(folder, "two"))
    assert (code, lines[-1]["done"], lines[-1]["failed"]) == (PARTLY, 0, 1)
    code, lines = say("resume", "--port", port(folder, "two"), "--port", port(folder, "one"))
    assert (code, lines[-1]["done"], lines[-1]["failed"]) == (0, 1, 0)
    assert set(content(folder, "two")) == {0xFF}
    (tmp_path / "bench.csv").write_text("serial\nA\n")
    identity_file = tmp_path / "1.pet_id"
    identity_file.write_bytes(encode_identity(identity(1)))
    assert say("resume", "--migrate")[0] == WRONG_INPUT
    assert say("resume", "--csv", tmp_path / "bench.csv", "--identity", identity_file)[0] == WRONG_INPUT


def test_keys_that_the_server_gave_and_that_never_came_to_the_device_are_not_called_done(
    devices, say, ledger, tmp_path, monkeypatch
):
    """The cable is pulled between the server's answer and the first byte of the identity."""
    provision(tmp_path / "devices", "one", identity(1), responses=0)
    folder = devices(one={"mac": 1})
    at, tokens = ("--port", port(folder, "one")), [f"pete_{letter * 43}" for letter in "ab"]

    def pull(*_):
        raise CutError("pulled")

    with enrolling_server(tmp_path / "server", tokens) as (address, authority, known):
        known.devices["24:0A:C4:00:00:01"] = (1, 1)
        asked = ("--server", address, "--authority", authority, "--token-file", tmp_path / "tokens")
        (tmp_path / "tokens").write_text(tokens[0])
        with monkeypatch.context() as patched:
            patched.setattr("tools.flashing.procedure.write_identity", pull)
            assert say("flash", *at, *asked)[0] == INTERRUPTED
        for command in ("resume", "flash"):
            code, lines = say(command, *at)
            assert code in (PARTLY, DEVICE_REFUSED)
            assert "say `provision` with a new token" in lines[0]["reason"]
            assert list(ledger.unfinished()) == ["24:0A:C4:00:00:01"]
        (tmp_path / "tokens").write_text(tokens[1])
        assert say("provision", *at, *asked)[0] == 0
    code, lines = say("resume", *at)
    assert (code, lines[-1]["done"]) == (0, 1)
    assert identity_on(content(folder, "one")).key_epoch == 3
