"""Enrolling over TLS with one-use tokens, and where secrets are afterwards: on the device, and nowhere else."""

import json

import pytest

from server.demo.certificates import make_certificates
from tests.tools.flashing.enrolling_server import enrolling_server
from tests.tools.flashing.rehearsal import WIFI_PASSWORD, area, content, identity_on, wait_for
from tests.tools.flashing.secret_scan import Watch
from tools.flashing.command_line import main
from tools.flashing.enrolment import Token, enrol, read_tokens
from tools.flashing.errors import SERVER_REFUSED, InputError, ServerError
from tools.flashing.journal_image import JournalImage
from tools.flashing.partitions import IDENTITY
from tools.flashing.server import Server

TOKENS = [f"pete_{letter * 43}" for letter in "abcdef"]
MAC = "24:0A:C4:00:00:01"


@pytest.fixture
def server(tmp_path):
    with enrolling_server(tmp_path / "server", TOKENS) as running:
        yield running


def test_what_is_asked_and_what_comes_back(server):
    address, authority, known = server
    journal = JournalImage(b"\7" * 8, 42, 3, 5, {4: b"", 5: b""})
    who = enrol(Server(address, authority), Token(TOKENS[0]), MAC, "PET-0042", journal)
    assert (who.serial, who.device_id, who.key_epoch) == ("PET-0042", 1, 1)
    assert known.asked == [
        (TOKENS[0], {"mac": MAC, "serial": "PET-0042", "journal": {"device": "0000002a", "waiting": 2}})
    ]
    assert enrol(Server(address, authority), Token(TOKENS[1]), MAC, None, JournalImage()).key_epoch == 2
    assert known.asked[1][1] == {"mac": MAC}


def test_a_device_that_is_opened_again_more_slowly_uses_no_second_token(server):
    address, authority, known = server
    token = Token(TOKENS[0])
    first, second = (enrol(Server(address, authority), token, MAC, None, JournalImage()) for _ in range(2))
    assert (first, len(known.asked)) == (second, 1)
    assert first.mqtt_password not in repr(token)


def test_refusals_carry_the_servers_words_and_no_token(server):
    address, authority, _ = server
    for token, serial, words in (("pete_" + "z" * 43, None, "used already"), (TOKENS[0], "TAKEN", "another MAC")):
        with pytest.raises(ServerError, match=words) as refused:
            enrol(Server(address, authority), Token(token), MAC, serial, JournalImage())
        assert token not in str(refused.value)
        assert token not in repr(Token(token))


def test_only_the_named_authority_is_believed(server, tmp_path):
    address, _, known = server
    other = make_certificates(tmp_path / "other").authority_pem
    with pytest.raises(ServerError, match="cannot be reached"):
        enrol(Server(address, other), Token(TOKENS[0]), MAC, None, JournalImage())
    with pytest.raises(InputError, match="https://"):
        enrol(Server("http://localhost:1", other), Token(TOKENS[0]), MAC, None, JournalImage())
    with pytest.raises(InputError, match="CA file"):
        enrol(Server(address, tmp_path / "none.pem"), Token(TOKENS[0]), MAC, None, JournalImage())
    assert not known.asked


def test_tokens_are_read_one_a_line_and_never_shown():
    assert read_tokens(f"{TOKENS[0]}\n\n{TOKENS[1]}\n") == [Token(TOKENS[0]), Token(TOKENS[1])]
    for text in ("", "secret-of-another-kind\n"):
        with pytest.raises(InputError) as refused:
            read_tokens(text)
        assert "secret-of" not in str(refused.value)


def test_a_bulk_with_tokens_leaves_secrets_on_the_devices_only(devices, server, kit_file, tmp_path, capfd):
    address, authority, known = server
    folder = devices(one={"mac": 1}, two={"mac": 2}, three={"mac": 3})
    ports = [folder / f"{name}.port" for name in ("one", "two", "three")]
    for port in ports:
        wait_for(port)
    rows = [f"{serial},{port}" for serial, port in zip(("PET-1", "TAKEN", "PET-3"), ports, strict=True)]
    (tmp_path / "bench.csv").write_text("\n".join(["serial,port", *rows, ""]))
    (tmp_path / "tokens").write_text("\n".join(TOKENS))
    shared = ["--kit", kit_file, "--lock", kit_file.with_name("firmware.lock.toml"), "--bench", tmp_path / "bench"]
    asked = ["--server", address, "--authority", authority, "--token-file", tmp_path / "tokens"]
    command = ["bulk", "--csv", tmp_path / "bench.csv", *shared, *asked, "--before", "no-reset", "--json"]
    with Watch() as watch:
        assert main(list(map(str, command))) == 1
    told = capfd.readouterr()
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert [line["code"] for line in lines if line["event"] == "failed"] == [SERVER_REFUSED]
    assert lines[-1] == {"event": "summary", "done": 2, "failed": 1}
    on_flash = [identity_on(content(folder, name)) for name in ("one", "three")]
    assert {one.serial for one in on_flash} == {"PET-1", "PET-3"}
    assert set(area(content(folder, "two"), IDENTITY)) == {0xFF}
    assert len(known.asked) == 3

    kept = b"".join(path.read_bytes() for path in (tmp_path / "bench").rglob("*") if path.is_file())
    places = {"output": (told.out + told.err).encode(), "the bench's folder": kept, **watch.places()}
    secrets = [WIFI_PASSWORD.encode(), *(token.encode() for token in TOKENS)]
    for one in on_flash:
        secrets += [one.hmac_key, one.hmac_key.hex().encode(), one.mqtt_password.encode()]
    for place, text in places.items():
        assert not [secret for secret in secrets if secret in text], f"a secret is in {place}"
    assert b"multiprocessing" in places["arguments"], "the workers were not seen"
