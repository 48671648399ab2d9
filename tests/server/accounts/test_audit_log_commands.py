"""`pet audit-log` as operators and auditors use it."""

import json

import pytest
from sqlalchemy.orm import Session

from server.accounts.audit_log import entries, last_verification, read_heads
from tests.server.accounts.test_audit_log import add_target, as_superuser
from tests.server.figures import Figures
from tests.server.fleet.pet import Pet


@pytest.fixture
def here(engine):
    """An organisation with a log of some rows; its number."""
    return Figures(engine).organisation_id


@pytest.fixture
def pet(tmp_path, database_url, monkeypatch, capsys):
    return Pet(tmp_path, database_url, monkeypatch, capsys)


def newest(engine, here):
    with Session(engine) as session:
        return entries(session, here, limit=1)[0]


def test_the_command_line_names_the_account_of_the_system(pet, engine, here):
    pet("target", "set", "0.85", "--by", "commissioner", "--from", "2026-01-01")
    assert newest(engine, here).actor.startswith("command line, user ")
    assert "target insert" in pet("audit-log", "list", "--limit", "1")


def test_heads_are_written_down_and_verified_against(pet, engine, here, tmp_path):
    heads = tmp_path / "heads"
    pet("audit-log", "head", "--append", str(heads))
    add_target(engine, here)
    written = json.loads(pet("audit-log", "head", "--append", str(heads)))
    assert [each.sequence for each in read_heads(heads.read_text().splitlines(), here)][-1] == written["sequence"]
    assert "2 heads from outside agree" in pet("audit-log", "verify", "--heads", str(heads))
    as_superuser(engine, "UPDATE audit_log SET subject = 'x' WHERE sequence = 9")
    code, out, _ = pet.run("audit-log", "verify")
    assert (code, out.startswith("row 9 is broken")) == (1, True)
    with Session(engine) as session:
        noted = last_verification(session, here)
    assert (noted.broken_row, noted.rows, noted.by.startswith("command line, user ")) == (9, 9, True)


@pytest.mark.usefixtures("here")
def test_a_file_that_holds_no_heads_is_refused_by_line(pet, tmp_path):
    (tmp_path / "heads").write_text('{"sequence": 1}\n')
    assert "line 1" in pet.refuses("audit-log", "verify", "--heads", str(tmp_path / "heads"))
    assert "cannot be read" in pet.refuses("audit-log", "verify", "--heads", str(tmp_path / "nothing"))
