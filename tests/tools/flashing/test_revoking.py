"""`revoke`, asked of the real server over TLS: what it does, what it asks first, and each way in which it refuses."""

import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.audit_tables import AuditEntry
from server.accounts.grants import grant
from server.accounts.nodes import WHOLE
from server.accounts.people import add_person
from server.accounts.rights import Right, Role
from server.accounts.tokens import find_token, make_token, revoke_token
from server.accounts.viewer import Viewer
from server.app import create_app
from server.demo.certificates import make_certificates
from server.fleet.devices import retire
from server.fleet.tables import Device
from server.settings import Settings
from server.web.commands import make_server
from tests.parts import ROOT
from tests.server.ingest.ward import NOW, Ward
from tests.tools.flashing.tls_server import tls_server
from tools.flashing.command_line import main
from tools.flashing.errors import SERVER_REFUSED, WRONG_INPUT

ORGANISATION = 1
DEADLINE_S = 60
BOTH = (Right.SEE_FLEET, Right.MANAGE_FLEET)


@pytest.fixture
def ward(engine):
    ward = Ward(engine)
    for serial in ("PET-0041", "PET-0042", "PET-0043"):
        ward.handheld(serial)
    return ward


@pytest.fixture
def server(ward, tmp_path):
    """(address, the CA's file) of a real server with these devices."""
    url = ward.engine.url
    (tmp_path / "database.password").write_text(url.password)
    files = make_certificates(tmp_path / "certificates")
    settings = Settings(
        database_url=url._replace(password=None, drivername="postgresql").render_as_string(),
        database_password_file=tmp_path / "database.password",
        web_certificate_file=files.server_pem,
        web_key_file=files.server_key,
        web_names="localhost",
    )
    app = create_app(settings, now=lambda: NOW)
    with listening(app, settings) as port:
        yield f"https://localhost:{port}", files.authority_pem
    app.state.engine.dispose()


@contextmanager
def listening(app, settings):
    listener = socket.create_server(("127.0.0.1", 0))
    running = make_server(app, settings)
    thread = threading.Thread(target=running.run, args=([listener],))
    thread.start()
    ends = time.monotonic() + DEADLINE_S
    try:
        while not running.started:
            assert thread.is_alive()
            assert time.monotonic() < ends
            time.sleep(0.01)
        yield listener.getsockname()[1]
    finally:
        running.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def dropping_server(folder):
    """(address, the CA's file, what was asked) of one that tells of a device, and hangs up when it is changed."""
    asked = []
    row = {"serial": "PET-0042", "device": "00000002", "mac": None, "state": "active", "team": None, "waiting": 3}

    def reply(method, _path, _token, body):
        if method == "GET":
            return 200, {"device": row}
        asked.append(body)
        return None

    with tls_server(folder, reply) as (address, authority):
        yield address, authority, asked


def token_with(engine, *rights, name="bench"):
    """The secret of a new API token of somebody in operations."""
    with Session(engine) as session, session.begin():
        person = add_person(session, ORGANISATION, f"{name}@example.org", name, NOW)
        grant(session, person, Role.OPERATIONS, WHOLE, "test", NOW - timedelta(days=1))
        viewer = Viewer(ORGANISATION, name, dict.fromkeys(BOTH), person.person_id)
        return make_token(session, viewer, name, frozenset(rights), WHOLE, NOW + timedelta(days=9), NOW)[1]


@pytest.fixture
def token(ward):
    return token_with(ward.engine, *BOTH)


@pytest.fixture
def say(server, token, tmp_path, capsys):
    """`say("PET-0042", ...)` is (exit code, the last line of JSON)."""
    (tmp_path / "token").write_text(f"{token}\n")

    def run(serial, *more, address=server[0], authority=server[1], secret=None):
        if secret:
            (tmp_path / "token").write_text(secret)
        shared = ["--server", address, "--authority", authority, "--token-file", tmp_path / "token", "--json"]
        code = main(["revoke", serial, *map(str, [*more, *shared])])
        told = capsys.readouterr()
        assert token not in told.out + told.err
        return code, json.loads(told.out.splitlines()[-1])

    return run


def states(engine):
    with Session(engine) as session:
        return {device.serial: device.state for device in session.scalars(select(Device))}


UNTOUCHED = {"PET-0041": "active", "PET-0042": "active", "PET-0043": "active"}


@pytest.mark.parametrize("word", ["PET-0042", "00000002"])
def test_a_device_is_revoked_by_its_serial_or_its_number_and_a_second_time_is_no_harm(say, engine, word):
    code, line = say(word, "--confirm", "PET-0042")
    assert (code, line["event"], line["serial"], line["device"], line["changed"]) == (
        0,
        "revoked",
        "PET-0042",
        "00000002",
        True,
    )
    assert states(engine) == UNTOUCHED | {"PET-0042": "revoked"}
    with Session(engine) as session:
        last = session.scalars(select(AuditEntry).where(AuditEntry.action == "device update")).all()[-1]
    assert (last.actor, last.detail["new"]["state"]) == ("bench@example.org, by the token bench", "revoked")
    code, line = say(word)
    assert (code, line["event"], line["changed"]) == (0, "revoked", False)


def test_a_dry_run_says_what_it_would_do_and_does_nothing(say, engine):
    code, line = say("PET-0042", "--dry-run")
    assert (code, line["event"], line["state"], line["team"]) == (0, "would-revoke", "active", "day")
    assert states(engine) == UNTOUCHED


def test_each_refusal_has_its_own_words_and_changes_nothing(say, engine, tmp_path):
    sees, other = token_with(engine, Right.SEE_FLEET, name="sees"), make_certificates(tmp_path / "other")
    ended = token_with(engine, *BOTH, name="ended")
    with Session(engine) as session, session.begin():
        revoke_token(session, find_token(session, ended, NOW).token, NOW)
        retire(session.scalars(select(Device).where(Device.serial == "PET-0043")).one())
    right = ("--confirm", "PET-0042")
    cases = [
        (("PET-0042", "--confirm", "PET-0041"), {}, WRONG_INPUT, "'PET-0041' is not what this device is called"),
        (("PET-9999", *right), {}, WRONG_INPUT, "there is no device PET-9999"),
        (("0000abcd", *right), {}, WRONG_INPUT, "there is no device 0000abcd"),
        (("PET-0043", "--confirm", "PET-0043"), {}, SERVER_REFUSED, "is retired and cannot become revoked"),
        (
            ("PET-0042", *right),
            {"address": "https://localhost:1"},
            SERVER_REFUSED,
            "cannot be reached: nobody answers there",
        ),
        (("PET-0042", *right), {"authority": other.authority_pem}, SERVER_REFUSED, "certificate is not one of the CA"),
        (("PET-0042", *right), {"address": "http://localhost"}, WRONG_INPUT, "begins with https://"),
        (("PET-0042", *right), {"secret": sees}, SERVER_REFUSED, "may not do that"),
        (("PET-0042", *right), {"secret": ended}, SERVER_REFUSED, "does not take this token"),
        (("PET-0042", *right), {"secret": "pete_" + "a" * 43}, WRONG_INPUT, "is no API token"),
    ]
    said = []
    for arguments, more, expected, words in cases:
        code, line = say(*arguments, **more)
        assert (code, line["event"], line["code"]) == (expected, "failed", expected), line
        assert words in line["reason"]
        said.append(line["reason"])
    assert not [reason for reason in said if ended in reason or sees in reason]
    assert states(engine) == UNTOUCHED | {"PET-0043": "retired"}


@pytest.mark.parametrize(
    ("typed", "code", "state"), [("PET-0042\n", 0, "revoked"), ("PET-0043\n", WRONG_INPUT, "active"), ("", 2, "active")]
)
def test_the_serial_is_asked_for_behind_the_token(server, token, engine, typed, code, state):
    """As a person says it: token and serial over standard input, neither in the arguments."""
    command = [sys.executable, ROOT / "tools/flash.py", "revoke", "PET-0042", "--server", server[0]]
    command += ["--authority", server[1], "--token-file", "-"]
    run = subprocess.run(command, input=f"{token}\n{typed}", capture_output=True, text=True, check=False)
    assert (run.returncode, states(engine)["PET-0042"]) == (code, state), run.stderr
    assert "PET-0042 (00000002) is active, with the team day" in run.stderr
    assert token not in run.stdout + run.stderr


def test_a_fleet_of_several_pages_is_searched_to_its_end(say, engine, monkeypatch):
    monkeypatch.setattr("tools.flashing.revoking.PAGE", 1)
    assert say("PET-0043", "--confirm", "PET-0043")[0] == 0
    assert states(engine)["PET-0043"] == "revoked"


def test_when_no_answer_comes_it_is_not_said_that_nothing_was_revoked(tmp_path, capsys):
    (tmp_path / "token").write_text("pet_" + "a" * 43)
    with dropping_server(tmp_path / "dropping") as (address, authority, asked):
        shared = ["--server", address, "--authority", str(authority), "--token-file", str(tmp_path / "token")]
        assert main(["revoke", "00000002", *shared, "--confirm", "PET-0042"]) == SERVER_REFUSED
    assert asked == [b'{"state":"revoked"}']
    said = capsys.readouterr().err
    assert "Whether it was revoked is not known: say it again." in said
    assert "nothing was revoked" not in said
