"""`pet` rolls out questionnaires, settings, texts and releases: each command says what it did, and no secret."""

import json
import os
import subprocess
import sys
from io import StringIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.demo.certificates import make_certificates
from server.fleet.rollout_tables import Desired, DesiredItem
from tests.parts import ROOT
from tests.server.fleet.test_commands import PLACE, write_definition
from tests.server.roll_out import archive, public_line

PASSWORD = "the ward's own Wi-Fi"
WIFI = f'[[network]]\nssid = "Ward"\npassword = "{PASSWORD}"\n[[network]]\nssid = "Guests"\n'


@pytest.fixture
def ward(trust, tmp_path):
    """A trust with a placed device and a published questionnaire."""
    trust("device", "enrol", "--serial", "AA", "--identity-file", "aa.bin")
    trust(*PLACE, "2026-01-01T00:00:00Z", "--choice", "rehab")
    trust("questionnaire", "publish", str(write_definition(tmp_path / "ward.toml")))
    (tmp_path / "wifi.toml").write_text(WIFI)
    return trust


@pytest.fixture
def authority(tmp_path):
    return make_certificates(tmp_path / "certificates")


def revision(engine):
    with Session(engine) as session:
        return session.scalars(select(Desired.revision)).one()


def test_a_whole_roll_out_from_the_command_line(ward, engine, tmp_path, authority):
    assert "AA, never heard of: nothing is assigned to it" in ward("fleet")
    assert "ward version 1 (Ward) is what patients are asked" in ward("questionnaire", "assign", "ward")
    assert revision(engine) == 1
    assert ward("questionnaire", "assignments") == "organisation: patients: ward version 1\n"
    ward("settings", "broker", "broker.example", "--port", "8884", "--address", "192.0.2.7")
    assert "until ca and wifi are set" in ward("fleet")
    ward("settings", "ca", str(authority.authority_pem), str(authority.authority_der))
    assert "2 networks (Ward, Guests)" in ward("settings", "wifi", "wifi.toml")
    assert revision(engine) == 2
    ward("settings", "sync", "--every-s", "600", "--backlog", "10", "--scope", "team:rehab")
    ward("settings", "sleep", "0")
    ward("settings", "stages", "First visit", "Review")
    assert revision(engine) == 5
    ward("settings", "sleep", "0")  # nothing new
    assert revision(engine) == 5
    ward("settings", "unset", "sleep_after_s")
    said = ward("settings", "list")
    assert "wifi (organisation): Ward, Guests" in said
    assert "sync_backlog (team:rehab): 10" in said
    assert "sleep_after_s" not in said
    ward("text", "add", "--say", "en=You said it was loud.\\nWe fixed the doors.", "--scope", "team:rehab")
    assert ward("text", "list") == (
        "1 (team:rehab) waits for approval, in en: You said it was loud. We fixed the doors.\n"
    )
    ward("text", "approve", "1", "--by", "matron")
    assert "approved by matron" in ward("text", "list")
    (tmp_path / "release.pub").write_text(public_line())
    (tmp_path / "one.pet").write_bytes(archive(1, board="esp32"))
    keys = {"PET_RELEASE_KEYS_FILE": "release.pub"}
    assert ward("release", "add", "one.pet", **keys).startswith("release 1 (0.1) for esp32")
    ward("release", "assign", "1", "--scope", "device:AA")
    assert ward("release", "list").startswith("1 (0.1) for esp32")
    shown = ward("device", "show", "AA")
    assert "should get questionnaire ward 1, settings, application 0.1, texts" in shown
    assert "  settings: " in shown
    assert "lacking" in shown
    ward("release", "withdraw", "--scope", "device:AA")
    ward("text", "end", "1")
    ward("questionnaire", "unassign", "--number", "0")
    with Session(engine) as session:
        assert [item.name for item in session.scalars(select(DesiredItem))] == ["settings"]


def test_a_password_comes_from_stdin_and_is_shown_nowhere(ward, engine, monkeypatch, authority):
    ward("settings", "broker", "broker.example")
    ward("settings", "ca", str(authority.authority_pem))
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", StringIO(WIFI))
        said = ward("settings", "wifi", "-")
    said += ward("settings", "list") + ward("fleet") + ward("device", "show", "AA")
    assert PASSWORD not in said
    dump = subprocess.run(
        [sys.executable, "-c", DUMP],
        cwd=ROOT,
        env={**os.environ, **ward.environment, "DATABASE": str(engine.url.render_as_string(hide_password=False))},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "broker.example" in dump  # what is no secret can be read
    assert PASSWORD not in dump
    assert PASSWORD.encode().hex() not in dump
    assert json.dumps(PASSWORD) not in dump


# Every value of every table, as text.
DUMP = """
import os
from sqlalchemy import create_engine, text
engine = create_engine(os.environ["DATABASE"])
with engine.connect() as connection:
    for (table,) in connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all():
        for row in connection.execute(text(f'SELECT * FROM "{table}"')):
            for value in row:
                print(value.hex(), value.decode("latin-1") if isinstance(value, bytes) else value)
""".replace("value.hex(), value.decode", "value.hex() if isinstance(value, bytes) else '', value.decode")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("questionnaire", "assign", "none"), "no questionnaire none is published"),
        (("questionnaire", "assign", "ward", "--version", "7"), "ward version 7"),
        (("questionnaire", "assign", "ward", "--scope", "bed:1"), "is no scope"),
        (("questionnaire", "unassign", "--number", "0"), "nothing is assigned there"),
        (("settings", "wifi", "none.toml"), "none.toml cannot be read"),
        (("settings", "wifi", "bad.toml"), "bad.toml is not readable as TOML"),
        (("settings", "wifi", "odd.toml"), "write each network as"),
        (("settings", "ca", "wifi.toml"), "holds no certificate"),
        (("settings", "ca", "certificates/server.pem"), "of a server, not of a CA"),
        (("settings", "broker", "b", "--port", "70000"), "is not a port"),
        (("settings", "unset", "wifi"), "wifi is not set there"),
        (("text", "add", "--say", "no language"), "says no language"),
        (("text", "approve", "9", "--by", "matron"), "there is no text 9"),
        (("release", "add", "none.pet"), "none.pet cannot be read"),
        (("release", "add", "wifi.toml"), "not an application archive"),
        (("release", "assign", "1"), "there are: none yet"),
        (("device", "show", "nobody"), "there is no device nobody"),
    ],
)
def test_a_mistake_gets_a_sentence_and_changes_nothing(ward, engine, tmp_path, authority, arguments, words):
    secret = "s3cret words"
    (tmp_path / "bad.toml").write_text(f'password = "{secret}')
    (tmp_path / "odd.toml").write_text(f'[[network]]\nssid = "x"\npasswort = "{secret}"\n')
    if not (tmp_path / "certificates/server.pem").exists():
        (tmp_path / "certificates/server.pem").write_bytes(authority.server_pem.read_bytes())
    said = " ".join(ward.refuses(*arguments).split())
    assert words in said
    assert secret not in said
    with Session(engine) as session:
        assert session.scalars(select(Desired)).all() == []


def test_what_needs_no_secret_needs_no_key_file(ward, tmp_path):
    (tmp_path / "key").unlink()
    ward("questionnaire", "assign", "ward")
    ward("settings", "broker", "broker.example")
    assert "there is no key file" in ward.refuses("settings", "wifi", "wifi.toml")
