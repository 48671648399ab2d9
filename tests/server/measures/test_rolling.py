"""The month stands beside the thirteen whole weeks that end with it, and both are sums, never averages."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.positivity import Counts
from server.measures.rolling import Counted, beside, rolling_bounds, rolling_weeks, since_start
from server.measures.verdict import Verdict


def counted(positive, n):
    return Counted(Counts(positive=positive, negative=n - positive), n, n)


def test_a_month_cannot_tell_what_its_quarter_can():
    found = beside(counted(38, 40), counted(190, 200), 85)
    assert (found.month_verdict, found.rolling_verdict) == (Verdict.CANNOT_TELL, Verdict.MET)
    assert (found.month.percent, found.rolling.percent) == (95, 95)
    assert found.responses_needed is None


def test_how_many_more_are_needed_is_asked_of_the_quarter():
    assert beside(counted(9, 10), counted(36, 40), 85).responses_needed == 156
    assert beside(counted(9, 10), counted(36, 40), None).rolling_verdict is None


@pytest.mark.parametrize(
    ("after", "first", "end"),
    [
        (date(2026, 12, 1), date(2026, 8, 31), date(2026, 11, 30)),  # Tuesday: the week of the 30th is not over
        (date(2026, 6, 1), date(2026, 3, 2), date(2026, 6, 1)),  # a Monday ends whole weeks itself
        (date(2027, 1, 1), date(2026, 9, 28), date(2026, 12, 28)),  # week 53 is not over
        (date(2027, 2, 1), date(2026, 11, 2), date(2027, 2, 1)),  # week 53 is one of the thirteen
    ],
)
def test_thirteen_whole_weeks_end_by_the_months_end(after, first, end):
    assert rolling_bounds(after) == (first, end)
    assert (end - first).days == 91


def test_each_week_has_the_sum_of_those_before_it():
    weeks = [counted(9, 10)] * 15
    found = rolling_weeks(weeks)
    assert [one.weeks for one in found] == [*range(1, 14), 13, 13]
    assert found[-1].sum == Counted(Counts(positive=117, negative=13), 130, 130)
    assert rolling_weeks([]) == ()
    with pytest.raises(ValueError, match="at least 1 week"):
        rolling_weeks(weeks, 0)


def test_responses_since_the_start_run_on():
    assert since_start([10, 0, 12]) == (10, 10, 22)
    assert since_start([]) == ()


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(1, 15))
def test_a_rolling_sum_is_the_difference_of_two_running_totals(numbers, length):
    running = [0, *since_start(numbers)]
    found = [one.sum.responses for one in rolling_weeks([counted(0, n) for n in numbers], length)]
    assert found == [running[end] - running[max(0, end - length)] for end in range(1, len(numbers) + 1)]
