"""An import is a whole file or nothing, counts like any other response, and brings nothing twice."""

from collections import Counter
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest
from sqlalchemy.orm import Session

from protocol.record import ANSWER_SKIPPED, FLAG_ASSISTED
from server.errors import OperatorError
from server.fleet.organisations import find_organisation
from server.fleet.tables import IMPORT, Device
from server.imports.bring import FAULTS_MAX, Upload, bring
from server.imports.replay import ImportFault, imported_responses
from server.imports.tables import ImportedRow, ResponseImport
from server.ingest.tables import ANSWERED_IMPORTED, Response
from tests.server.imports.files import FIRST, HEADER, SECOND, THIRD, made
from tests.server.ingest.ward import NOW, Ward


@pytest.fixture
def ward(engine):
    return Ward(engine)


def run(ward, data, *, dry_run=False, now=NOW, **fields):
    with Session(ward.engine) as session, session.begin():
        upload = Upload("old.csv", data, **fields)
        return bring(session, find_organisation(session), upload, "somebody", now, dry_run=dry_run)


def kept(ward):
    """All that an import may write."""
    return [len(ward.rows(table)) for table in (Response, ResponseImport, ImportedRow, Device)]


def test_every_cell_is_stored_as_it_says(ward):
    report = run(ward, made(FIRST, SECOND, THIRD))
    assert (report.rows, report.new, report.known, report.fault_count) == (3, 3, 0, 0)
    assert report.teams == {"day": 2, "night": 1}
    rows = {(row.team_id, row.sequence): row for row in ward.rows(Response)}
    first, second = rows[ward.team_id("day"), 1], rows[ward.team_id("night"), 2]
    assert first.answers[:4] == [1, 1, 3, 0]
    assert (first.answered_at, first.flags) == (datetime(2026, 2, 2, 9, 15, tzinfo=UTC), 0)
    assert second.answers[:3] == [2, ANSWER_SKIPPED, 1]
    assert (second.day, second.flags) == (date(2026, 2, 3), FLAG_ASSISTED)
    assert rows[ward.team_id("day"), 3].answered_at == datetime(2026, 2, 4, 7, tzinfo=UTC)
    assert {row.answered_by for row in rows.values()} == {ANSWERED_IMPORTED}
    assert {device.state for device in ward.rows(Device)} == {IMPORT}
    assert len(ward.rows(Device)) == 2
    ward.check_sums()


def test_the_file_is_kept_verbatim_and_says_the_responses_again(ward):
    data = made(FIRST, SECOND, THIRD)
    run(ward, data)
    [kept] = ward.rows(ResponseImport)
    assert (kept.payload, kept.digest) == (data, sha256(data).digest())
    with Session(ward.engine) as session:
        said = list(imported_responses(session, find_organisation(session)))
    stored = {(row.device_id, row.sequence): row for row in ward.rows(Response)}
    assert len(said) == len(stored) == 3
    for row in said:
        there = stored[row.device_id, row.sequence]
        assert row._asdict() == {name: getattr(there, name) for name in row._fields}


def test_a_file_or_a_row_that_was_changed_afterwards_is_found(ward):
    run(ward, made(FIRST, SECOND))
    with Session(ward.engine) as session, session.begin():
        session.get(ImportedRow, (1, ward.rows(ImportedRow)[0].identity)).content = bytes(32)
    assert [type(each) for each in replayed(ward)].count(ImportFault) == 1
    with Session(ward.engine) as session, session.begin():
        session.get(ResponseImport, (1, 1)).payload = made(FIRST, THIRD)
    assert [each.detail for each in replayed(ward)] == [
        "the kept file is not the one that was imported: its SHA-256 differs"
    ]


def replayed(ward):
    with Session(ward.engine) as session:
        return list(imported_responses(session, find_organisation(session)))


def test_to_import_again_brings_nothing(ward):
    data = made(FIRST, SECOND)
    run(ward, data)
    before = ward.snapshot()
    again = run(ward, data)
    assert (again.new, again.known, again.import_id) == (0, 2, None)
    assert ward.snapshot() == before


def test_a_longer_file_brings_only_what_is_new(ward):
    run(ward, made(FIRST, SECOND))
    report = run(ward, made(SECOND, FIRST, THIRD))
    assert (report.new, report.known) == (1, 2)
    assert len(ward.rows(Response)) == 3
    ward.check_sums()
    assert len([each for each in replayed(ward) if not isinstance(each, ImportFault)]) == 3


def test_written_otherwise_it_is_the_same_row(ward):
    run(ward, made("2026-02-02T09:15:00Z,day,ward,1,good,yes,poor,en,no,"))
    report = run(
        ward,
        "\ufeffversion;hands;food;overall;team;questionnaire;answered_at\r\n"
        '1;yes;" good ";poor;day;ward;2026-02-02 10:15+01:00\r\n'.encode(),
    )
    assert (report.new, report.known) == (0, 1)


def test_rows_that_say_the_same_are_counted_as_often_as_they_stand_there(ward):
    row = FIRST.removesuffix("A-1")
    assert run(ward, made(row, row)).new == 2
    assert run(ward, made(row, row)).new == 0
    assert run(ward, made(row, row, row)).new == 1
    assert len(ward.rows(Response)) == 3


def test_a_known_reference_that_says_something_else_is_refused(ward):
    run(ward, made(FIRST, SECOND))
    report = run(ward, made(FIRST.replace("poor", "fair"), THIRD))
    [fault] = report.faults
    assert fault.sentence == (
        'line 2, reference: "A-1" was brought by import 1 (row 1) and said something else there: '
        "take that back first (pet import undo 1), or name another source"
    )
    assert kept(ward)[0] == 2


def test_another_source_may_use_the_same_references(ward):
    run(ward, made(FIRST))
    assert run(ward, made(FIRST.replace("poor", "fair")), source="paper", mode="paper").new == 1
    assert len(ward.rows(Device)) == 2


def test_how_a_source_was_collected_is_said_once(ward):
    run(ward, made(FIRST), source="paper", mode="paper")
    with pytest.raises(OperatorError, match="source paper was collected as paper, not sms"):
        run(ward, made(SECOND), source="paper", mode="sms")


def test_a_dry_run_says_the_same_and_stores_nothing(ward):
    before = ward.snapshot()
    report = run(ward, made(FIRST, SECOND), dry_run=True)
    assert (report.new, report.import_id) == (2, None)
    assert ward.snapshot() == before


def test_one_bad_row_keeps_the_whole_file_out(ward):
    before = ward.snapshot()
    report = run(ward, made(FIRST, SECOND.replace("fair", "splendid")))
    assert not report.accepted
    assert ward.snapshot() == before


FAULTS = {
    "option": (FIRST.replace("good", "splendid"), "food", "is no option: write one of good, fair, poor"),
    "team": (FIRST.replace("day", "dusk"), "team", "is no team here: write one of day, night"),
    "questionnaire": (FIRST.replace("ward", "wards"), "questionnaire", "is not published: write one of ward"),
    "version": (FIRST.replace(",1,", ",2,"), "version", "is no version of ward: write one of 1"),
    "language": (FIRST.replace(",en,", ",cy,"), "language", "is not one of its languages: write one of en"),
    "assisted": (FIRST.replace(",no,A", ",perhaps,A"), "assisted", "is neither yes nor no"),
    "formula": (FIRST.replace("A-1", "=1+1"), "reference", "reads like a formula"),
    "day alone": (FIRST.replace("T09:15:00Z", ""), "answered_at", "a day alone is not enough"),
    "calendar": (FIRST.replace("02-02T", "02-30T"), "answered_at", "is not in the calendar"),
    "future": (FIRST.replace("2026-", "2036-"), "answered_at", "is in the future"),
    "too old": (FIRST.replace("2026-", "2019-"), "answered_at", "is before 2020"),
    "twice": ("2025-10-26T01:30,day,ward,1,good,yes,poor,en,no,", "answered_at", "+0100 or +0000"),
    "never": ("2025-03-30T01:30,day,ward,1,good,yes,poor,en,no,", "answered_at", "never was in Europe/London"),
    "no answer": ("2026-02-02T09:15:00Z,day,ward,1,,,,en,no,", "(row)", "answers no question"),
    "cells": (FIRST + ",x", "(row)", "has 11 cells, the header 10"),
    "long reference": (FIRST + "x" * 300, "reference", "is too long"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_says_line_column_and_remedy(ward, case):
    row, column, words = FAULTS[case]
    report = run(ward, made(SECOND, row))
    assert [(fault.line, fault.column) for fault in report.faults] == [(3, column)]
    assert words in report.faults[0].sentence


def test_all_faults_of_all_rows_are_found_at_once(ward):
    bad = FIRST.replace("good", "x").replace("yes", "y").replace("day", "z")
    report = run(ward, made(bad, bad.replace("A-1", "A-2")))
    assert Counter(fault.column for fault in report.faults) == {"team": 2, "food": 2, "hands": 2}


def test_more_faults_than_anybody_reads_are_counted(ward):
    bad = FIRST.replace("good", "x").removesuffix("A-1")
    report = run(ward, made(*[bad] * (FAULTS_MAX + 5)))
    assert (report.fault_count, len(report.faults)) == (FAULTS_MAX + 5, FAULTS_MAX)


def test_a_reference_stands_once_in_a_file(ward):
    report = run(ward, made(FIRST, FIRST))
    assert report.faults[0].sentence.startswith('line 3, reference: "A-1" is that of line 2')


def test_a_question_without_a_column_was_not_asked_and_that_is_said(ward):
    report = run(
        ward, made("2026-02-02T09:15:00Z,day,ward,1,good", header="answered_at,team,questionnaire,version,food")
    )
    assert report.notes == ["ward version 1: no column for hands, overall; counted as not asked, not as skipped"]
    assert ward.rows(Response)[0].answers[:3] == [1, 0, 0]


def test_an_answer_to_a_question_that_the_version_does_not_ask_is_a_fault(ward):
    header, row = HEADER + ",respondent", FIRST + ",carer"
    assert "a question that this version does not ask" in run(ward, made(row, header=header)).faults[0].problem
    assert run(ward, made(FIRST + ",", header=header)).new == 1


def test_a_checklist_of_staff_is_never_imported(ward):
    ward.publish_audit()
    report = run(ward, made(FIRST.replace(",ward,", ",hands-audit,")))
    assert "is a checklist of staff" in report.faults[0].sentence


def test_local_instants_are_those_of_the_named_zone(ward):
    row = "2026-02-02T09:15,day,ward,1,good,yes,poor"
    header = "answered_at,team,questionnaire,version,food,hands,overall"
    run(ward, made(row, header=header), timezone="Europe/Paris")
    run(ward, made(row + ",America/New_York", header=header + ",zone"), source="b")
    assert {row.answered_at.hour for row in ward.rows(Response)} == {8, 14}


def test_only_the_importers_teams_exist(ward):
    report = run(ward, made(FIRST, SECOND), teams=frozenset({ward.team_id("day")}))
    assert [(fault.line, fault.remedy) for fault in report.faults] == [(3, "write one of day")]


def test_a_response_counts_on_the_organisations_day(engine):
    ward = Ward(engine, zone="Pacific/Auckland")
    run(ward, made("2026-02-02T12:30:00Z,day,ward,1,good,yes,poor,en,no,"))
    assert ward.rows(Response)[0].day == date(2026, 2, 3)
