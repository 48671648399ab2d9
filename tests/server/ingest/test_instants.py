"""docs/protocol.md, Time: when a response was answered, how well that is known, and where it counts."""

from datetime import UTC, date, datetime, timedelta

import pytest

from protocol.record import QUALITY_DRIFTING, QUALITY_UNCERTAIN
from server.ingest.tables import UNDATED, Connection, Response, RollupDay
from tests.server.ingest.handheld import pet_time
from tests.server.ingest.ward import NOW, PLACED_AT, minutes


def only(ward):
    (row,) = ward.rows(Response)
    return row


def answered(ward, **fields):
    """One response with these fields, synced ten minutes later."""
    handheld = ward.handheld()
    handheld.answer(**fields)
    handheld.clock += minutes(10)
    ward.sync(handheld)
    return only(ward)


def test_a_good_clock_dates_the_response(ward):
    row = answered(ward)
    assert (row.answered_at, row.answered_by) == (NOW + minutes(1), "clock")
    assert (row.day, row.placement_uncertain) == (date(2026, 3, 2), False)
    assert row.received_at == NOW + minutes(11)


def test_a_drifting_clock_dates_it_too_and_the_quality_is_kept(ward):
    row = answered(ward, quality=QUALITY_DRIFTING)
    assert (row.answered_by, row.quality) == ("clock", QUALITY_DRIFTING)


def test_a_clock_that_is_a_little_ahead_is_held_to_the_receipt(ward):
    row = answered(ward, clock=pet_time(NOW + timedelta(hours=20)))
    assert row.answered_at == row.received_at


@pytest.mark.parametrize(
    ("clock", "reason"),
    [
        (NOW + timedelta(days=2), "clock-in-future"),
        (NOW + timedelta(days=365 * 90), "clock-in-future"),
        (PLACED_AT - timedelta(days=2), "clock-too-old"),
        (datetime(2020, 1, 2, tzinfo=UTC), "clock-too-old"),
    ],
)
def test_a_clock_that_cannot_be_sends_the_record_to_quarantine(ward, clock, reason):
    handheld = ward.handheld()
    handheld.answer(clock=pet_time(clock))
    ward.sync(handheld)
    assert ward.reasons() == {reason: 1}
    assert handheld.acked_through == 1


def test_an_uncertain_clock_is_never_a_date_however_wrong_it_is(ward):
    handheld = ward.handheld()
    handheld.answer(clock=pet_time(NOW + timedelta(days=900)), quality=QUALITY_UNCERTAIN, session=9)
    ward.sync(handheld)
    assert only(ward).answered_by == "unknown"


def test_an_unset_clock_is_dated_by_its_session_when_that_session_syncs(ward):
    handheld = ward.handheld()
    handheld.answer(clock=0, quality=0)
    taken_at = handheld.clock
    handheld.clock += minutes(30)
    handheld.seconds += 1800
    ward.sync(handheld)
    row = only(ward)
    assert (row.answered_at, row.answered_by) == (taken_at, "anchored")
    assert (row.day, row.placement_uncertain) == (date(2026, 3, 2), False)


def test_a_session_that_synced_once_dates_its_later_responses(ward):
    handheld = ward.handheld()
    ward.sync(handheld)
    handheld.answer(clock=0, quality=0)
    taken_at = handheld.clock
    handheld.session, handheld.seconds = 2, 5  # power was lost; another session delivers it
    ward.sync(handheld)
    assert (only(ward).answered_at, only(ward).answered_by) == (taken_at, "anchored")


def test_a_status_that_was_never_confirmed_anchors_nothing(ward):
    handheld = ward.handheld()
    handheld.answer(clock=0, quality=0)
    ward.process(handheld.status())  # the broker held it back, say; its answer never arrived
    ward.process(handheld.batch())
    assert only(ward).answered_by == "unknown"


def test_the_session_of_another_journal_anchors_nothing(ward):
    handheld = ward.handheld()
    ward.sync(handheld)
    handheld.journal_id = b"made new"
    handheld.answer(clock=0, quality=0)
    handheld.session = 2
    ward.sync(handheld)
    assert only(ward).answered_by == "unknown"


def test_without_any_anchor_it_keeps_bounds_and_counts_under_no_day(ward):
    handheld = ward.handheld()
    handheld.answer()
    dated_at = handheld.clock
    handheld.answer(clock=0, quality=0, session=7)
    handheld.clock += minutes(30)
    ward.sync(handheld)
    row = ward.rows(Response)[1]
    assert (row.answered_at, row.answered_by, row.day) == (None, "unknown", UNDATED)
    assert (row.answered_after, row.answered_before) == (dated_at, row.received_at)
    assert row.placement_uncertain
    assert row.team_id == ward.team_id("day")
    assert {row.day for row in ward.rows(RollupDay)} == {UNDATED, date(2026, 3, 2)}
    ward.check_sums()


def test_it_came_after_the_last_connection_that_did_not_know_it(ward):
    handheld = ward.handheld()
    ward.sync(handheld)
    knew_nothing_at = handheld.clock
    handheld.answer(clock=0, quality=0, session=7)
    handheld.clock += minutes(90)
    ward.sync(handheld)
    assert only(ward).answered_after == knew_nothing_at


def test_the_first_bound_is_the_enrolment(ward):
    handheld = ward.handheld()
    handheld.answer(clock=0, quality=0, session=7)
    ward.sync(handheld)
    assert only(ward).answered_after == PLACED_AT


def test_an_anchor_that_would_date_it_before_enrolment_is_not_believed(ward):
    handheld = ward.handheld()
    handheld.answer(clock=0, quality=0)
    handheld.seconds += 400 * 86400
    ward.sync(handheld)
    assert only(ward).answered_by == "unknown"


def test_the_nearest_status_of_a_session_anchors_so_that_drift_stays_small(ward):
    handheld = ward.handheld()
    ward.sync(handheld)
    handheld.clock += timedelta(days=10, seconds=50)  # the device's own clock lost 50 s
    handheld.seconds += 10 * 86400
    handheld.answer(clock=0, quality=0)
    taken_at = handheld.clock
    ward.sync(handheld)
    assert len(ward.rows(Connection)) == 2
    assert only(ward).answered_at == taken_at


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 28, 23, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 30, 22, 59, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 3, 30, 23, 1, tzinfo=UTC), date(2026, 3, 31)),  # British summer time
    ],
)
def test_the_day_is_the_organisation_s_own(ward, instant, day):
    handheld = ward.handheld(clock=instant)
    handheld.answer(seconds=0)
    ward.sync(handheld)
    assert only(ward).day == day
    assert {row.day for row in ward.rows(RollupDay)} == {day}
