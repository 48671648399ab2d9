"""What is stored of audits, declines and tests, and what of it is counted where."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from protocol.record import (
    FLAG_ASSISTED,
    FLAG_BURST,
    FLAG_HOME_VISIT,
    FLAG_PARTIAL,
    FLAG_STUCK_BUTTON,
    FLAG_TEST,
    FLAG_TOO_FAST,
    KIND_AUDIT,
    KIND_DECLINED,
    KIND_RESPONSE,
)
from server.aggregates.audits import audit_lines
from server.fleet.organisations import find_organisation
from server.ingest.tables import Response, RollupAuditDay, RollupDay, RollupResponseDay
from tests.server.ingest.ward import NOW


def test_declines_are_counted_audits_and_tests_are_not(ward):
    handheld = ward.handheld()
    audit = ward.publish_audit()
    handheld.answer(1, 1, 1)
    handheld.answer(2, 1, 3, kind=KIND_AUDIT, questionnaire=audit)
    handheld.answer(1, 1, 1, flags=FLAG_TEST)
    handheld.answer(0, kind=KIND_DECLINED)
    handheld.answer(2, 15, 15, flags=FLAG_PARTIAL)
    handheld.answer(3, 14, 1, flags=FLAG_BURST)
    ward.sync(handheld)
    assert ward.sequences(handheld) == [1, 2, 3, 4, 5, 6]
    passes = {row.flagged: (row.complete, row.partial, row.declined) for row in ward.rows(RollupResponseDay)}
    assert passes == {False: (1, 1, 1), True: (1, 0, 0)}
    counts = {
        (row.position, row.flagged): (row.n1, row.n2, row.n3, row.skipped, row.timed_out)
        for row in ward.rows(RollupDay)
    }
    assert counts == {
        (1, False): (1, 1, 0, 0, 0),
        (2, False): (1, 0, 0, 0, 1),
        (3, False): (1, 0, 0, 0, 1),
        (1, True): (0, 0, 1, 0, 0),
        (2, True): (0, 0, 0, 1, 0),
        (3, True): (1, 0, 0, 0, 0),
    }
    audits = {(row.reference, row.position): (row.n1, row.n2, row.n3, row.skipped) for row in ward.rows(RollupAuditDay)}
    assert audits == {(audit, 1): (0, 1, 0, 0), (audit, 2): (1, 0, 0, 0), (audit, 3): (0, 0, 1, 0)}
    ward.check_sums()


def test_audits_are_shown_by_day_team_and_line(ward):
    handheld = ward.handheld(choices=("day", "night"))
    audit = ward.publish_audit()
    for team in (0, 0, 2):
        handheld.answer(2, 1, 14, kind=KIND_AUDIT, questionnaire=audit, team=team)
    handheld.answer(1, 1, 1)
    ward.sync(handheld)
    with Session(ward.engine) as session:
        organisation_id = find_organisation(session).organisation_id
        lines = list(audit_lines(session, organisation_id, NOW.date(), NOW.date() + timedelta(days=1)))
        assert list(audit_lines(session, organisation_id, NOW.date() - timedelta(days=1), NOW.date())) == []
    assert [(line.team, line.question_id, line.counts, line.skipped) for line in lines] == [
        ("day", "hands-audit-food", {"good": 0, "fair": 2, "poor": 0}, 0),
        ("day", "hands-audit-hands", {"yes": 2, "no": 0}, 0),
        ("day", "hands-audit-overall", {"good": 0, "fair": 0, "poor": 0}, 2),
        ("night", "hands-audit-food", {"good": 0, "fair": 1, "poor": 0}, 0),
        ("night", "hands-audit-hands", {"yes": 1, "no": 0}, 0),
        ("night", "hands-audit-overall", {"good": 0, "fair": 0, "poor": 0}, 1),
    ]


@pytest.mark.parametrize("kind", [KIND_RESPONSE, KIND_DECLINED])
def test_what_patients_say_never_passes_for_an_audit(ward, kind):
    handheld = ward.handheld()
    audit = ward.publish_audit()
    answers = (0,) if kind == KIND_DECLINED else (1, 1, 1)
    handheld.answer(*answers, kind=kind, questionnaire=audit)
    ward.sync(handheld)
    assert ward.reasons() == {"other-kind": 1}
    assert ward.rows(RollupDay) == ward.rows(RollupAuditDay) == ward.rows(RollupResponseDay) == []


def test_an_audit_never_passes_for_what_patients_say(ward):
    handheld = ward.handheld()
    handheld.answer(1, 1, 1, kind=KIND_AUDIT)
    ward.sync(handheld)
    assert ward.reasons() == {"other-kind": 1}
    assert ward.rows(RollupDay) == ward.rows(RollupAuditDay) == ward.rows(RollupResponseDay) == []


def test_a_decline_is_counted_for_the_team_that_was_chosen_on_its_day(ward):
    handheld = ward.handheld(choices=("day", "night"))
    handheld.answer(0, kind=KIND_DECLINED, team=2)
    handheld.answer(0, kind=KIND_DECLINED, team=2)
    handheld.answer(0, kind=KIND_DECLINED, seconds=24 * 3600)
    ward.sync(handheld)
    assert [(row.team_id, row.declined) for row in sorted(ward.rows(RollupResponseDay), key=lambda row: row.day)] == [
        (ward.team_id("night"), 2),
        (ward.team_id("day"), 1),
    ]
    assert ward.rows(RollupDay) == []


def test_how_a_response_was_taken_is_kept_with_it(ward):
    handheld = ward.handheld()
    for flags in (FLAG_ASSISTED, FLAG_HOME_VISIT, FLAG_BURST, FLAG_TOO_FAST, FLAG_STUCK_BUTTON):
        handheld.answer(1, 1, 1, flags=flags, stage=3)
    ward.sync(handheld)
    assert [row.flags for row in ward.rows(Response)] == [0x02, 0x20, 0x04, 0x08, 0x10]
    assert {row.stage for row in ward.rows(Response)} == {3}
    passes = {row.flagged: row.complete for row in ward.rows(RollupResponseDay)}
    assert passes == {False: 2, True: 3}  # help is no misuse, nor is a visit
