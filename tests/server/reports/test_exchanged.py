"""An issued report that somebody with all rights exchanges is found, and its files are not given out."""

from hashlib import sha256

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from server.evidence.differences import Summary
from server.evidence.rebuild import check
from server.fleet.tables import Organisation
from server.reports.digests import as_stored, snapshot_digest
from tests.server.ingest.ward import KEY_RING


@pytest.fixture
def issued(office):
    """Somebody who issues, and the number of what they issued."""
    anna = office("anna", administrator="organisation")
    return anna, anna.issued(kind="commissioner")["report"]


@pytest.fixture
def found(engine, figures):
    """What `pet rebuild --check` says of reports."""

    def look():
        with Session(engine) as session:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            owner = session.get_one(Organisation, figures.organisation_id)
            every = check(session, KEY_RING, owner, Summary())
            return [str(each) for each in every if each.what.startswith("report_revision")]

    return look


def exchange(engine, change):
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        assert connection.execute(text(f"UPDATE report_revision SET {change}")).rowcount == 1  # noqa: S608 - constants


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(("form", "name"), [("pdf", "PDF"), ("xlsx", "workbook")])
def test_an_exchanged_file_is_found_and_not_given_out(engine, issued, found, form, name):
    anna, number = issued
    assert found() == []
    exchange(engine, f"{form} = 'forged'")
    line = f"the stored {name} is not the one that was issued: its SHA-256 differs"
    assert found() == [f"evidence: report_revision {number}/1: {line}"]
    refused = anna.ask("GET", f"/reports/{number}.{form}", 409).json()
    assert f"stored {name} of report {number}, revision 1, is not the one that was issued" in refused["detail"]
    anna.ask("GET", f"/reports/{number}.{'xlsx' if form == 'pdf' else 'pdf'}", 200)
    exchange(engine, f"{form}_sha256 = '{sha256(b'forged').hexdigest()}'")  # then it is the audit log that differs
    assert [line.split(":")[0] for line in found()] == ["other"]


@pytest.mark.usefixtures("story", "issued")
def test_exchanged_figures_are_found(engine, found):
    exchange(engine, "snapshot = jsonb_set(snapshot, '{target}', '1')")
    assert [line.split(": ")[2:] for line in found()] == [
        ["the snapshot of the figures is not the one that was built", "its SHA-256 differs"]
    ]


def test_a_minus_nought_is_hashed_as_the_database_gives_it_back(engine):
    figures = {"change": [-0.0, -0.04, 85.0, 1e-7], "n": 3}
    with engine.connect() as connection:
        back = connection.scalar(
            text("SELECT CAST(:it AS jsonb)"), {"it": '{"change": [-0.0, -0.04, 85.0, 1e-7], "n": 3}'}
        )
    assert snapshot_digest(back) == snapshot_digest(as_stored(figures)) != snapshot_digest(figures)
