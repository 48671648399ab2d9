"""`pet`, as an operator types it: what it does, and the sentence and exit code of each mistake."""

import io
import json
import os
import stat
import subprocess
import sys
import tomllib

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.identity import decode_identity
from server.fleet.tables import Device, Placement, QuestionnaireVersion, Target, VersionOption, VersionQuestion
from tests.parts import ROOT
from tests.server.ingest.ward import definition


def write_definition(path, **changes):
    """As TOML; a JSON string is also a TOML string, and JSON's braces need only another sign."""
    fields = definition() | changes
    path.write_text("\n".join(f"{name} = {_toml(value)}" for name, value in fields.items()))
    assert tomllib.loads(path.read_text()) == fields
    return path


def _toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def test_a_whole_fleet_is_set_up_from_the_command_line(trust, engine, tmp_path):
    said = trust(
        "device", "enrol", "--serial", "AA", "--identity-file", "aa.bin", "--enrolled-at", "2026-01-01T00:00:00Z"
    )
    identity = decode_identity((tmp_path / "aa.bin").read_bytes())
    assert said.startswith(f"device {identity.device_id:08x} (AA)")
    assert identity.mqtt_password not in said
    assert identity.hmac_key.hex() not in said
    assert stat.S_IMODE((tmp_path / "aa.bin").stat().st_mode) == 0o600
    trust(
        "device",
        "place",
        "--device",
        "AA",
        "--team",
        "rehab",
        "--location",
        "ward-1",
        "--choice",
        "rehab",
        "--from",
        "2026-01-01T00:00:00Z",
    )
    trust("device", "unplace", "AA", "--at", "2026-02-01T00:00:00+00:00")
    trust("questionnaire", "publish", str(write_definition(tmp_path / "ward.toml")))
    trust("target", "set", "0.85", "--by", "commissioner", "--from", "2026-01-01")
    trust("target", "set", "0.9", "--by", "commissioner", "--from", "2026-06-01", "--scope", "team:rehab")
    trust("target", "set", "0.95", "--by", "commissioner", "--from", "2026-07-01", "--scope", "team:rehab")
    trust("broker", "init", "--file", "accounts.json")
    assert stat.S_IMODE((tmp_path / "accounts.json").stat().st_mode) == 0o600
    assert len((tmp_path / "ingest.password").read_text()) == 64
    with Session(engine) as session:
        assert session.scalars(select(Device)).one().enrolled_at.isoformat() == "2026-01-01T00:00:00+00:00"
        placement = session.scalars(select(Placement)).one()
        assert placement.to_at.isoformat() == "2026-02-01T00:00:00+00:00"
        assert placement.team_choices == [placement.team_id]
        version = session.scalars(select(QuestionnaireVersion)).one()
        assert (version.reference, version.version, version.package[:4]) == (1, 1, b"PETQ")
        assert len(session.scalars(select(VersionQuestion)).all()) == 3
        assert len(session.scalars(select(VersionOption)).all()) == 8
        targets = session.scalars(select(Target).order_by(Target.target_id)).all()
        assert [str(target.value) for target in targets] == ["0.8500", "0.9000", "0.9500"]
        assert [target.to_date and str(target.to_date) for target in targets] == [None, "2026-07-01", None]


def test_a_device_goes_through_its_life(trust, tmp_path):
    trust("device", "enrol", "--serial", "AA", "--identity-file", "aa.bin")
    assert "key epoch 2" in trust("device", "rotate-key", "AA", "--identity-file", "aa2.bin")
    assert decode_identity((tmp_path / "aa2.bin").read_bytes()).key_epoch == 2
    assert "change those passwords" in trust("device", "lost", "AA")
    assert "0 records delivered" in trust("device", "reinstate", "AA")
    trust("device", "revoke", "AA")
    assert "(AA) is revoked and cannot become lost" in trust.refuses("device", "lost", "AA")
    trust("device", "retire", "AA")
    trust("device", "reinstate", "AA")
    assert "`pet fleet` lists the devices" in trust.refuses("device", "list")
    assert "not enrolled yet" in trust("device", "register", "--serial", "BB")
    assert "already" in trust.refuses("device", "register", "--serial", "BB")
    here = ("--team", "rehab", "--location", "ward-1")
    trust("device", "place", "--device", "BB", *here, "--from", "2026-01-01T00:00:00Z")
    trust("device", "move", "BB", *here, "--at", "2026-02-01T00:00:00Z")
    days = ("--from", "2026-03-01T00:00:00Z", "--to", "2026-03-08T00:00:00Z")
    assert "and then back" in trust("device", "lend", "BB", *here, *days)
    assert "before it is lent" in trust.refuses("device", "lend", "BB", *here, "--from", days[3], "--to", days[1])
    assert trust("quarantine", "list") == "nothing is in quarantine\n"
    assert "0 records delivered" in trust("quarantine", "replay")
    told = trust("quarantine", "replay", "--received-at", "2026-03-01T00:00:00Z")
    assert "judged as received at 2026-03-01 00:00:00+00:00" in told
    assert "has not come yet" in trust.refuses("quarantine", "replay", "--received-at", "2999-01-01T00:00:00Z")


def test_a_revoked_device_is_made_active_only_by_who_types_its_serial_or_says_yes(trust, monkeypatch):
    trust("device", "enrol", "--serial", "AA", "--identity-file", "aa.bin")
    for typed in ("", "BB\n"):
        trust("device", "revoke", "AA")
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        said = trust.refuses("device", "reinstate", "AA")
        assert "let in with the keys that it had" in said
        assert "that is not AA: nothing was changed" in said
        assert "is revoked already" in trust.refuses("device", "revoke", "AA")
        monkeypatch.setattr("sys.stdin", io.StringIO("AA\n"))
        code, out, err = trust.run("device", "reinstate", "AA")
        assert (code, "AA is active" in out, "What it sent meanwhile was refused" in err) == (0, True, True)
    trust("device", "revoke", "AA")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert "AA is active" in trust("device", "reinstate", "AA", "--yes")


def test_who_revokes_is_told_that_nobody_has_told_the_broker(trust):
    trust("device", "enrol", "--serial", "AA", "--identity-file", "aa.bin")
    assert "THE BROKER HAS NOT BEEN TOLD" in trust("device", "revoke", "AA")
    without = {"PET_BROKER_KEEPS_ACCOUNTS": "false"}
    assert "this broker keeps no accounts" in trust("device", "reinstate", "AA", "--yes", **without)


PLACE = ("device", "place", "--device", "AA", "--team", "rehab", "--location", "ward-1", "--from")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("organisation", "add", "Trust", "--timezone", "Europe/London"), "there is an organisation Trust already"),
        (("organisation", "add", "Other", "--timezone", "Europe/Stoke"), "name one like Europe/London"),
        (("service", "add", "beds", "Again"), "there is a service beds already"),
        (("team", "add", "t", "T", "--service", "bed"), "there is no service bed; there are: beds"),
        (("team", "add", "t", "T"), "Missing option '--service'"),
        (("service", "add", "x", "X", "--organisation", "Nobody"), "there is no organisation Nobody"),
        (("device", "enrol", "--serial", "AA", "--identity-file", "bb.bin"), "keeps that number"),
        (("device", "enrol", "--serial", "BB", "--identity-file", "aa.bin"), "aa.bin exists already"),
        (("device", "enrol", "--serial", "BB", "--identity-file", "no/bb.bin"), "No such file or directory"),
        (("device", "revoke", "nobody"), "there is no device nobody"),
        ((*PLACE, "2026-02-01T00:00:00Z"), "choose another time, or end that placement"),
        ((*PLACE, "2025-12-01T00:00:00Z"), "is placed from 2026-01-01"),
        ((*PLACE, "2025-12-01T00:00:00Z", "--to", "2025-11-01T00:00:00Z"), "before it begins"),
        ((*PLACE, "2025-12-01T00:00:00"), "does not say which time zone"),
        ((*PLACE, "yesterday"), "is not an instant"),
        (("device", "unplace", "AA", "--at", "2025-01-01T00:00:00Z"), "has no open placement that began before"),
        (("questionnaire", "publish", "nothing.toml"), "nothing.toml"),
        (("target", "set", "85", "--by", "c", "--from", "2026-01-01"), "0.85 means 85 %"),
        (("target", "set", "many", "--by", "c", "--from", "2026-01-01"), "is not a number"),
        (("target", "set", "0.85", "--by", "c", "--from", "2026-01-01", "--scope", "ward:1"), "is no scope"),
        (("broker", "init", "--file", "nowhere/accounts.json"), "cannot be written"),
        (("broker", "follow"), "cannot be used"),
        (("key", "create"), "only copy of a secret"),
        (("nonsense",), "No such command"),
    ],
)
def test_a_mistake_gets_a_sentence_and_changes_nothing(trust, engine, tmp_path, arguments, words):
    trust("device", "enrol", "--serial", "AA", "--identity-file", "aa.bin")
    trust(*PLACE, "2026-01-01T00:00:00Z")
    (tmp_path / "ingest.password").write_text("x")
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    said = " ".join(trust.refuses(*arguments).split())
    assert words in said
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files
    with Session(engine) as session:
        assert len(session.scalars(select(Device)).all()) == len(session.scalars(select(Placement)).all()) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 1}, "write version = 2"),
        ({"version": 2, "questions": [definition()["questions"][0] | {"text": {"en": "Meals?"}}]}, "question_id"),
        ({"version": 2, "questions": definition()["questions"] * 5}, "room for 12"),
        ({"version": 2, "questions": []}, "questions"),
        ({"version": 2, "nonsense": 1}, "nonsense"),
    ],
)
def test_a_questionnaire_that_cannot_be_published_leaves_nothing_behind(trust, engine, tmp_path, changes, words):
    trust("questionnaire", "publish", str(write_definition(tmp_path / "1.toml")))
    assert words in trust.refuses("questionnaire", "publish", str(write_definition(tmp_path / "2.toml", **changes)))
    with Session(engine) as session:
        assert [version.version for version in session.scalars(select(QuestionnaireVersion))] == [1]
        assert len(session.scalars(select(VersionQuestion)).all()) == 3


def test_a_published_version_is_followed_by_the_next_with_its_own_reference(trust, engine, tmp_path):
    for version in (1, 2, 5):
        trust("questionnaire", "publish", str(write_definition(tmp_path / f"{version}.toml", version=version)))
    with Session(engine) as session:
        rows = session.scalars(select(QuestionnaireVersion).order_by(QuestionnaireVersion.reference))
        assert [(row.reference, row.version) for row in rows] == [(1, 1), (2, 2), (3, 5)]


def test_with_several_organisations_one_has_to_be_named(trust):
    trust("organisation", "add", "Other", "--timezone", "Europe/Paris")
    assert "there are several organisations (Other, Trust)" in trust.refuses("service", "add", "x", "X")
    trust("service", "add", "x", "X", "--organisation", "Other")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PET_DATABASE_URL": None}, "PET_DATABASE_URL is not set"),
        ({"PET_DATABASE_URL": "nonsense"}, "PET_DATABASE_URL is not a URL"),
        ({"PET_DATABASE_URL": "mysql://x/y"}, "names another database"),
        ({"PET_DATABASE_URL": "postgresql://a:secret@b/c"}, "holds a password"),
        ({"PET_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "the database does not answer"),
        ({"PET_DATABASE_PASSWORD_FILE": "/nowhere"}, "PET_DATABASE_PASSWORD_FILE names /nowhere"),
        ({"PET_BROKER_PORT": "99999"}, "PET_BROKER_PORT is not a port"),
        ({"PET_WEB_HOST": "0.0.0.0"}, "leaves this machine"),  # noqa: S104
    ],
)
def test_a_wrong_setting_is_named(bare, changes, words):
    said = bare.refuses("migrate", **changes)
    assert words in said
    assert "secret" not in said


def test_a_database_without_tables_says_what_to_do(bare):
    assert "On a first install and after an update, say `pet migrate`" in bare.refuses("service", "add", "x", "X")


def test_as_a_process_it_ends_with_the_sentence_and_exit_code_2():
    command = [sys.executable, "-m", "server.main", "migrate"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PET_")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pet: PET_DATABASE_URL is not set: name the database")


def test_the_key_is_made_before_there_is_a_database(bare, tmp_path):
    assert "apart from backups of the database" in bare("key", "create", PET_DATABASE_URL=None)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_migrate_says_what_it_did(pet):
    assert "already: nothing to do" in pet("migrate")
