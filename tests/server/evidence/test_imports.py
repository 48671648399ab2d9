"""Imported responses beside those of devices: replayed from their kept files, flagged, taken back, exported."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from server.database import act_as
from server.errors import OperatorError
from server.evidence.flags import set_flag
from server.evidence.names import ResponseKey
from server.evidence.retention import run_retention
from server.evidence.tables import Checkpoint
from server.fleet.organisations import find_organisation
from server.imports.tables import ResponseImport
from server.imports.undo import undo
from server.ingest.tables import Response, RollupDay
from tests.server.evidence.inspector import plain
from tests.server.evidence.test_broken import take_out
from tests.server.evidence.test_corrections import correct
from tests.server.imports.files import FIRST, SECOND, THIRD, made
from tests.server.imports.test_bring import run
from tests.server.ingest.ward import NOW


@pytest.fixture
def imported(ward):
    handheld = ward.handheld()
    handheld.answer()
    ward.sync(handheld)
    run(ward, made(FIRST, SECOND))
    run(ward, made(THIRD))
    return [row for row in ward.rows(Response) if row.answered_by == "imported"]


def test_imports_are_as_their_files_say(imported, inspector):
    inspector.assert_clean(1)
    assert inspector.summary.imported == len(imported) == 3


@pytest.mark.usefixtures("imported")
def test_an_import_that_was_taken_back_leaves_no_difference(ward, inspector):
    with Session(ward.engine) as session, session.begin():
        undo(session, find_organisation(session), 1, "matron", NOW)
    inspector.assert_clean(1)
    assert inspector.summary.imported == 1


def test_an_imported_response_is_flagged_like_any_other(ward, imported, inspector):
    row = imported[0]
    key = ResponseKey(row.device_id, row.journal_id, row.sequence)
    inspector.acting(set_flag, inspector.organisation_id(), key, flagged=True, reason="twice in the file", now=NOW)
    inspector.assert_clean(1)
    assert [each.flagged for each in ward.rows(Response) if each.answered_by == "imported"].count(True) == 1


def test_an_import_is_taken_back_as_it_is_counted_while_somebody_flags_a_response_of_it(ward, inspector):
    run(ward, made(FIRST))
    run(ward, made(FIRST.replace("A-1", "A-9")))  # on the same day: what is taken could be of the other one
    [row] = [each for each in ward.rows(Response) if each.journal_id.endswith(b"\1")]
    key = ResponseKey(row.device_id, row.journal_id, row.sequence)
    with Session(ward.engine) as session, ThreadPoolExecutor(1) as pool:
        act_as(session, "matron")
        set_flag(session, inspector.organisation_id(), key, flagged=True, reason="twice", now=NOW)
        undone = pool.submit(inspector.acting, lambda other: undo(other, find_organisation(other), 1, "matron", NOW))
        wait_for_a_lock(ward.engine)
        session.commit()
        assert undone.result(timeout=60) == 1
    inspector.assert_clean(0)


def wait_for_a_lock(engine):
    deadline = time.monotonic() + 60
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with engine.connect() as connection:
        while not connection.scalar(waiting):
            assert time.monotonic() < deadline


BREAKS = {
    "an answer": ("UPDATE response SET answers[1] = 2 WHERE answered_by = 'imported'", ("other", "response")),
    "a deleted row": ("DELETE FROM response WHERE answered_by = 'imported'", ("missing", "response")),
    "a row of no import": (
        "UPDATE response SET sequence = 9 WHERE answered_by = 'imported' AND sequence = 2",
        ("extra", "response"),
    ),
    "the file": ("UPDATE response_import SET payload = payload || ' '", ("evidence", "import")),
    "the file's owner": ("UPDATE response_import SET imported_by = 'nobody'", ("other", "response_import")),
}


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("what", BREAKS)
def test_what_is_broken_of_an_import_is_found(inspector, what):
    statement, found = BREAKS[what]
    inspector.as_superuser(statement)
    assert found in inspector.kinds()


def test_an_imported_row_that_is_gone_with_all_its_counts_is_found(imported, inspector):
    row = imported[0]
    take_out(
        inspector,
        f"DELETE FROM response WHERE device_id = {row.device_id} AND sequence = {row.sequence} "  # noqa: S608
        f"AND journal_id = decode('{row.journal_id.hex()}', 'hex')",
        f"DELETE FROM imported_row WHERE import_id = 1 AND row = {row.sequence}",  # noqa: S608
        device_id=row.device_id,
        journal_id=row.journal_id,
        sequence=row.sequence,
    )
    assert inspector.kinds() == [("evidence", "import")]


def test_what_stands_for_an_import_is_moved_nowhere(imported, ward):
    with pytest.raises(OperatorError, match="import"):
        correct(ward, "night", NOW, serial=f"{imported[0].device_id:08x}")


def retain(inspector, before):
    def drop(session):
        return run_retention(session, find_organisation(session), before, NOW.replace(year=2027))

    return inspector.acting(drop)


@pytest.mark.usefixtures("imported")
def test_retention_drops_old_imports_with_their_files_and_every_count_stays(ward, inspector):
    before = plain(ward.rows(RollupDay))
    assert retain(inspector, NOW.date().replace(month=6)) == (4, 1, 2)
    assert ward.rows(Response) == []
    assert [(row.payload, row.dropped_at is not None) for row in ward.rows(ResponseImport)] == [(b"", True)] * 2
    assert plain(ward.rows(RollupDay)) == before
    inspector.assert_clean(0)
    (checkpoint,) = ward.rows(Checkpoint)
    assert (checkpoint.responses, checkpoint.imports) == (4, 2)
    assert retain(inspector, NOW.date().replace(month=6)) == (0, 0, 0)
    inspector.assert_clean(0)


def test_an_import_that_was_made_later_stays_with_its_file(ward, imported, inspector):
    assert retain(inspector, NOW.date()) == (0, 0, 0)
    assert plain(ward.rows(Response, answered_by="imported")) == plain(imported)
    assert all(row.payload for row in ward.rows(ResponseImport))
    inspector.assert_clean(1)


@pytest.mark.usefixtures("imported")
def test_what_is_gone_is_not_brought_again_and_not_taken_back(ward, inspector):
    retain(inspector, NOW.date().replace(month=6))
    before = ward.snapshot()
    assert run(ward, made(FIRST, SECOND)).new == 0
    with pytest.raises(OperatorError, match="no longer kept"):
        inspector.acting(lambda session: undo(session, find_organisation(session), 1, "matron", NOW))
    assert ward.snapshot() == before
    inspector.assert_clean(0)


@pytest.mark.usefixtures("imported")
def test_an_import_that_was_taken_back_loses_its_file_too(ward, inspector):
    inspector.acting(lambda session: undo(session, find_organisation(session), 1, "matron", NOW))
    assert retain(inspector, NOW.date().replace(month=6)) == (2, 1, 2)
    assert [row.payload for row in ward.rows(ResponseImport)] == [b"", b""]
    inspector.assert_clean(0)


@pytest.mark.usefixtures("imported")
def test_a_file_that_is_said_to_be_dropped_behind_the_log_is_found(inspector):
    inspector.as_superuser("UPDATE response_import SET payload = '', dropped_at = now() WHERE import_id = 1")
    assert {("other", "response_import"), ("extra", "response")} <= set(inspector.kinds())
