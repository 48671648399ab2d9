"""Retention: old responses go with their evidence, every figure stays, and the check still holds all that is left."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from protocol.record import QUALITY_UNSET
from server.errors import OperatorError
from server.evidence.carried import digest
from server.evidence.corrections import Corrected, correct_placement
from server.evidence.retention import run_retention
from server.evidence.tables import CarriedCount, Checkpoint
from server.fleet.devices import find_device
from server.fleet.organisations import find_location, find_organisation, find_team
from server.ingest.replay import replay
from server.ingest.tables import Evidence, Quarantine, Response, RollupDay
from tests.server.evidence.inspector import plain
from tests.server.ingest.ward import NOW

LATER = NOW + timedelta(days=400)
FIRST_KEPT = date(2026, 3, 10)


def run(inspector, before=FIRST_KEPT, now=LATER):
    def retention(session):
        return run_retention(session, find_organisation(session, inspector.ward.name), before, now)

    return inspector.acting(retention)


@pytest.fixture
def handheld(ward):
    """Two syncs: five responses on the 2nd of March, three on the 12th."""
    handheld = ward.handheld()
    for answer in (1, 2, 3, 1, 1):
        handheld.answer(answer, 1, 15)
    ward.sync(handheld)
    handheld.clock = NOW + timedelta(days=10)
    for answer in (1, 2, 3):
        handheld.answer(answer, 2, 1)
    ward.sync(handheld)
    return handheld


def test_old_responses_go_with_their_batches_and_every_count_stays(ward, handheld, inspector):
    before = plain(ward.rows(RollupDay))
    assert run(inspector) == (5, 1, 0)
    assert ward.sequences(handheld) == [6, 7, 8]
    assert [row.first_sequence for row in ward.rows(Evidence)] == [6]
    assert plain(ward.rows(RollupDay)) == before
    inspector.assert_clean(3)
    (checkpoint,) = ward.rows(Checkpoint)
    assert checkpoint.sums["rollup_response_day.complete"] == 5
    assert checkpoint.audit_sequence > 0


def test_everything_may_be_old(ward, handheld, inspector):
    assert run(inspector, date(2026, 5, 1)) == (8, 2, 0)
    assert ward.rows(Response) == ward.rows(Evidence) == []
    inspector.assert_clean(0)
    handheld.answer()
    handheld.clock += timedelta(days=100)
    ward.sync(handheld)
    inspector.assert_clean(1)


@pytest.mark.usefixtures("handheld")
def test_a_second_run_carries_both(ward, inspector):
    run(inspector)
    assert run(inspector, date(2026, 5, 1)) == (3, 1, 0)
    inspector.assert_clean(0)
    assert ward.rows(Checkpoint)[-1].sums["rollup_response_day.complete"] == 8
    checkpoints = len(ward.rows(Checkpoint))
    assert run(inspector, date(2026, 5, 1)) == (0, 0, 0)
    assert len(ward.rows(Checkpoint)) == checkpoints  # nothing went, and nothing is said of it
    inspector.assert_clean(0)


def test_what_is_sent_again_after_it_has_gone_stays_gone(ward, handheld, inspector):
    run(inspector)
    before = ward.snapshot()
    ward.process(handheld.batch(first=1, count=5))
    assert ward.snapshot() == before
    ward.process(handheld.batch(first=3, count=6))
    assert ward.snapshot() == before
    inspector.assert_clean(3)


def test_what_waits_in_quarantine_is_kept_and_can_still_be_delivered(ward, inspector):
    handheld = ward.handheld()
    for reference in (1, 2, 1):
        handheld.answer(questionnaire=reference)
    ward.sync(handheld)
    assert run(inspector) == (2, 0, 0)  # its batch holds what waits
    inspector.assert_clean(0)
    ward.publish(version=2)
    with ward.engine.begin() as connection:
        assert replay(connection, NOW).delivered == 1
    inspector.assert_clean(1)
    assert run(inspector) == (1, 1, 0)
    assert ward.rows(Quarantine) == []
    inspector.assert_clean(0)


def test_conflicts_go_too_for_they_hold_answers(ward, inspector):
    handheld = ward.handheld()
    handheld.answer(1, 1, 1)
    ward.sync(handheld)
    handheld.answer(3, 2, 3, sequence=1)
    handheld.records[0] = handheld.records.pop()
    ward.process(handheld.batch(first=1))
    assert ward.reasons() == {"conflict": 1}
    run(inspector)
    assert ward.rows(Quarantine) == ward.rows(Evidence) == []
    inspector.assert_clean(0)


def test_a_record_without_a_clock_keeps_its_bounds_when_what_bounded_it_has_gone(ward, handheld, inspector):
    handheld.session += 1
    handheld.answer(clock=0, quality=QUALITY_UNSET)
    ward.process(handheld.batch(first=9))
    assert ward.rows(Response)[-1].answered_at is None
    inspector.assert_clean(9)
    run(inspector)
    inspector.assert_clean(4)
    handheld.session += 1
    handheld.answer(clock=0, quality=QUALITY_UNSET)
    ward.process(handheld.batch(first=10))
    inspector.assert_clean(5)


BREAKS = {
    "a carried count": "UPDATE carried_count SET counts = counts || '{\"n1\": 90}' WHERE rollup = 'rollup_day'",
    "a carried row": "DELETE FROM carried_count WHERE rollup = 'rollup_day'",
    "a journal's end": "UPDATE carried_journal SET dropped_through = 7",
    "the checkpoint": "UPDATE checkpoint SET digest = sha256('x')",
    "a deleted checkpoint": "DELETE FROM checkpoint",
    "a rollup of that time": "UPDATE rollup_day SET n1 = n1 + 1 WHERE day = '2026-03-02'",
}


@pytest.mark.usefixtures("handheld")
@pytest.mark.parametrize("what", BREAKS)
def test_what_is_changed_of_what_is_carried_is_found(inspector, what):
    run(inspector)
    inspector.as_superuser(BREAKS[what])
    assert inspector.differences()


@pytest.mark.usefixtures("handheld")
def test_a_carried_count_changed_with_its_checkpoint_and_rollup_is_found_by_the_audit_log(ward, inspector):
    run(inspector)
    inspector.as_superuser(
        "UPDATE carried_count SET counts = jsonb_set(counts, '{n1}', to_jsonb((counts->>'n1')::int + 1))"
        " WHERE rollup = 'rollup_day'",
    )
    with ward.engine.connect() as connection:
        forged = digest(connection, inspector.organisation_id()).hex()
    inspector.as_superuser(f"UPDATE checkpoint SET digest = decode('{forged}', 'hex')")  # noqa: S608
    assert ("other", "checkpoint") in inspector.kinds()


def test_a_day_that_has_not_come_is_refused(ward, inspector):
    with pytest.raises(OperatorError, match="has not come yet"):
        run(inspector, date(2030, 1, 1))
    assert ward.rows(CarriedCount) == []


@pytest.mark.usefixtures("handheld")
def test_what_has_gone_cannot_be_counted_elsewhere(inspector):
    run(inspector)

    def correct(session):
        owner = find_organisation(session)
        team, location = find_team(session, owner, "night"), find_location(session, owner, "ward-1")
        corrected = Corrected(team, location, [], NOW, None, "late")
        correct_placement(session, find_device(session, owner, "A"), corrected, LATER)

    with pytest.raises(OperatorError, match="no longer kept"):
        inspector.acting(correct)


@pytest.mark.usefixtures("handheld")
def test_a_checkpoint_is_in_the_audit_log(ward, inspector):
    run(inspector)
    with ward.engine.connect() as connection:
        last = connection.execute(text("SELECT action, actor FROM audit_log ORDER BY sequence DESC LIMIT 1")).one()
    assert last == ("checkpoint insert", "tester")
