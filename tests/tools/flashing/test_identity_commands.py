"""`provision` and `rotate`: what somebody who holds a device asks for, is told, and is spared."""

import pytest

from protocol.identity import encode_identity
from tests.tools.flashing.enrolling_server import enrolling_server
from tests.tools.flashing.rehearsal import area, content, identity, identity_on, port, provision
from tools.flashing.errors import DEVICE_REFUSED, INTERRUPTED, SERVER_REFUSED, WRONG_INPUT
from tools.flashing.partitions import JOURNAL

TOKENS = [f"pete_{letter * 43}" for letter in "abcd"]
READ_BACK_BYTES = 2000  # from the end of a run: while the identity, 4096 bytes, is read back after it was written


@pytest.fixture
def identity_file(tmp_path):
    def make(number, epoch=1):
        path = tmp_path / f"{number}-{epoch}.pet_id"
        path.write_bytes(encode_identity(identity(number, epoch)))
        return path

    return make


@pytest.fixture
def server(tmp_path):
    with enrolling_server(tmp_path / "server", TOKENS) as running:
        yield running


@pytest.fixture
def asked(server, tmp_path):
    """The options that ask this server, with one token."""

    def options(number):
        (tmp_path / "token").write_text(TOKENS[number])
        return "--server", server[0], "--authority", server[1], "--token-file", tmp_path / "token"

    return options


def test_new_keys_from_a_file_leave_everything_else(devices, say, identity_file, tmp_path):
    before = provision(tmp_path / "devices", "one", identity(1), responses=12)
    folder = devices(one={"mac": 1})
    at = ("--port", port(folder, "one"))
    code, lines = say("rotate", *at, "--identity", identity_file(1, 2), "--dry-run")
    assert (code, lines[0]["event"], lines[0]["key_epoch"], lines[0]["waiting"]) == (0, "would-identify", 2, 12)
    assert content(folder, "one") == before
    code, lines = say("rotate", *at, "--identity", identity_file(1, 2))
    told = {name: lines[0][name] for name in ("serial", "key_epoch", "old_key_epoch", "waiting", "changed")}
    assert told == {"serial": "PET-0001", "key_epoch": 2, "old_key_epoch": 1, "waiting": 12, "changed": True}
    after = content(folder, "one")
    assert (code, identity_on(after), area(after, JOURNAL)) == (0, identity(1, 2), area(before, JOURNAL))
    code, lines = say("rotate", *at, "--identity", identity_file(1, 2))
    assert (code, lines[0]["changed"]) == (0, False)
    assert (code, content(folder, "one")) == (0, after)


def test_rotate_is_for_the_device_that_it_was(devices, say, identity_file, tmp_path):
    before = {
        "one": provision(tmp_path / "devices", "one", identity(1), responses=0),
        "two": provision(tmp_path / "devices", "two", identity(2), responses=0),
    }
    blank = bytearray(before["two"])
    blank[0xE000:0xF000] = b"\xff" * 0x1000
    (tmp_path / "devices/two.flash").write_bytes(blank)
    folder = devices(one={"mac": 1}, two={"mac": 2})
    code, lines = say("rotate", "--port", port(folder, "one"), "--identity", identity_file(2, 2))
    assert (code, "is the wrong device plugged in?" in lines[0]["reason"]) == (DEVICE_REFUSED, True)
    code, lines = say("rotate", "--port", port(folder, "two"), "--identity", identity_file(2, 2))
    assert (code, "has no identity whose keys" in lines[0]["reason"]) == (DEVICE_REFUSED, True)
    assert (content(folder, "one"), content(folder, "two")) == (before["one"], bytes(blank))


def test_new_keys_from_the_server_are_asked_for_under_the_serial_on_the_device(devices, say, server, asked, tmp_path):
    provision(tmp_path / "devices", "one", identity(1), responses=0)
    server[2].devices["24:0A:C4:00:00:01"] = (1, 1)
    folder = devices(one={"mac": 1})
    at = ("--port", port(folder, "one"))
    code, lines = say("rotate", *at, *asked(0), "--dry-run")
    assert (code, lines[0]["serial"], server[2].asked) == (0, "PET-0001", [])
    code, lines = say("rotate", *at, *asked(0))
    assert (code, lines[0]["key_epoch"], lines[0]["old_key_epoch"]) == (0, 2, 1)
    assert server[2].asked[0][1]["serial"] == "PET-0001"
    after = content(folder, "one")
    assert (identity_on(after).serial, identity_on(after).key_epoch) == ("PET-0001", 2)
    code, lines = say("rotate", *at, *asked(0))
    assert (code, "used already" in lines[0]["reason"]) == (SERVER_REFUSED, True)
    assert content(folder, "one") == after
    assert not [token for token in TOKENS if token in say.said]


def test_a_cable_pulled_while_keys_are_written_is_told_with_what_helps(devices, say, identity_file, tmp_path):
    """`resume` would not: nothing but the identity is half written."""
    for name, number in {"whole": 1, "file": 2}.items():
        provision(tmp_path / "devices", name, identity(number), responses=0)
    folder = devices(whole={"mac": 1})
    assert say("rotate", "--port", port(folder, "whole"), "--identity", identity_file(1, 2))[0] == 0
    pull = int((folder / "whole.moved").read_text()) - READ_BACK_BYTES
    devices(file={"mac": 2, "pull_after": pull})
    code, lines = say("rotate", "--port", port(folder, "file"), "--identity", identity_file(2, 2))
    assert (code, lines[0]["reason"].endswith("Plug it in and say `rotate` again.")) == (INTERRUPTED, True)
    assert say("rotate", "--port", port(folder, "file"), "--identity", identity_file(2, 2))[0] == 0
    assert identity_on(content(folder, "file")) == identity(2, 2)


def test_a_token_that_is_used_when_the_cable_is_pulled_is_told(devices, say, server, asked, tmp_path):
    for name, number in {"whole": 1, "cut": 2}.items():
        provision(tmp_path / "devices", name, identity(number), responses=0)
        server[2].devices[f"24:0A:C4:00:00:0{number}"] = (number, 1)
    folder = devices(whole={"mac": 1})
    assert say("rotate", "--port", port(folder, "whole"), *asked(0))[0] == 0
    pull = int((folder / "whole.moved").read_text()) - READ_BACK_BYTES
    devices(cut={"mac": 2, "pull_after": pull})
    code, lines = say("rotate", "--port", port(folder, "cut"), *asked(1))
    assert (code, "say `rotate` again, with a new token" in lines[0]["reason"]) == (INTERRUPTED, True)
    assert say("rotate", "--port", port(folder, "cut"), *asked(2))[0] == 0
    assert identity_on(content(folder, "cut")).key_epoch == 3


def test_an_identity_comes_from_one_place(say, identity_file, asked, tmp_path):
    nowhere = ("--port", tmp_path / "none")
    for command in ("provision", "rotate", "flash"):
        code, lines = say(command, *nowhere, "--identity", identity_file(1), *asked(0))
        assert (code, "--identity FILE, or" in lines[0]["reason"]) == (WRONG_INPUT, True)
    for command in ("provision", "rotate"):
        assert say(command, *nowhere)[0] == WRONG_INPUT
    code, lines = say("flash", *nowhere, "--token-file", tmp_path / "token")
    assert (code, "go with --server" in lines[0]["reason"]) == (WRONG_INPUT, True)
    code, lines = say("provision", *nowhere, "--server", "https://localhost:1")
    assert (code, "by --authority" in lines[0]["reason"]) == (WRONG_INPUT, True)
