"""An import taken back leaves the counts as they were before it; its file and who took it back stay on record."""

import pytest
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.organisations import find_organisation
from server.imports.tables import ImportedRow, ResponseImport
from server.imports.undo import undo
from server.ingest.tables import Response
from tests.server.imports.files import FIRST, SECOND, THIRD, made
from tests.server.imports.test_bring import replayed, run
from tests.server.ingest.ward import NOW, Ward, rollups


@pytest.fixture
def ward(engine):
    return Ward(engine)


def take_back(ward, number):
    with Session(ward.engine) as session, session.begin():
        return undo(session, find_organisation(session), number, "matron", NOW)


def test_the_counts_are_those_from_before(ward):
    handheld = ward.handheld()
    handheld.answer()
    ward.sync(handheld)
    run(ward, made(FIRST))
    before = rollups(ward.engine)
    run(ward, made(SECOND, THIRD))
    assert rollups(ward.engine) != before
    assert take_back(ward, 2) == 2
    assert rollups(ward.engine) == before
    assert len(ward.rows(Response)) == 2
    assert [(row.import_id, row.undone_by) for row in ward.rows(ResponseImport)] == [(1, None), (2, "matron")]
    assert ward.rows(ResponseImport)[1].payload == made(SECOND, THIRD)


def test_what_was_taken_back_can_be_imported_again(ward):
    run(ward, made(FIRST, SECOND))
    take_back(ward, 1)
    assert ward.rows(ImportedRow) == []
    assert run(ward, made(FIRST, SECOND)).new == 2
    assert len(replayed(ward)) == 2


def test_it_is_taken_back_once(ward):
    run(ward, made(FIRST))
    take_back(ward, 1)
    with pytest.raises(OperatorError, match="import 1 was taken back at 2026-03-02 12:00 by matron"):
        take_back(ward, 1)
    with pytest.raises(OperatorError, match="there is no import 7"):
        take_back(ward, 7)
