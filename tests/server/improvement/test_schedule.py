"""When audits are due, week by week and month by month."""

from datetime import date, timedelta

import pytest

from server.improvement.schedule import (
    DONE,
    DUE,
    ENDED,
    MISSED,
    NOT_YET,
    OVERDUE,
    PERIODS_MAX,
    audit_periods,
    period_of,
    schedule_state,
)

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("day", "every", "first", "after"),
    [
        (date(2026, 11, 29), "week", MONDAY, date(2026, 11, 30)),
        (date(2027, 1, 1), "week", date(2026, 12, 28), date(2027, 1, 4)),  # ISO week 53
        (date(2026, 12, 31), "month", date(2026, 12, 1), date(2027, 1, 1)),
        (date(2028, 2, 29), "month", date(2028, 2, 1), date(2028, 3, 1)),
    ],
)
def test_a_period_is_the_calendar_s(day, every, first, after):
    assert period_of(day, every) == (first, after)


def states(audited, today=MONDAY, every="week", from_date=date(2026, 11, 4), to_date=None):
    periods = audit_periods(every, from_date, to_date, audited, today)
    return [period.state for period in periods], schedule_state(periods, from_date, to_date, today)


def test_one_audit_in_a_week_is_enough_and_a_finished_week_without_is_missed():
    assert states([]) == ([DUE, MISSED, MISSED, MISSED], OVERDUE)
    assert states([date(2026, 11, 22)]) == ([DUE, DONE, MISSED, MISSED], DUE)
    assert states([date(2026, 11, 22), MONDAY]) == ([DONE, DONE, MISSED, MISSED], DONE)
    assert states([date(2026, 11, 10)]) == ([DUE, MISSED, DONE, MISSED], OVERDUE)


def test_a_new_schedule_is_due_and_not_overdue():
    assert states([], from_date=MONDAY) == ([DUE], DUE)
    assert states([], from_date=MONDAY + timedelta(days=1)) == ([], NOT_YET)


def test_a_month_is_due_until_its_last_day():
    assert states([], every="month", today=date(2026, 11, 30)) == ([DUE], DUE)
    assert states([], every="month", today=date(2026, 12, 1)) == ([DUE, MISSED], OVERDUE)


def test_a_schedule_that_has_ended_owes_nothing_new():
    assert states([], to_date=date(2026, 11, 16)) == ([MISSED, MISSED], ENDED)


def test_the_list_is_bounded():
    assert len(states([], from_date=date(2020, 1, 1))[0]) == PERIODS_MAX
