"""The month stands beside the thirteen whole weeks that end with it."""

from datetime import date

import pytest

from server.measures.rolling import rolling_bounds


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


def test_less_than_a_week_is_refused():
    with pytest.raises(ValueError, match="at least 1 week"):
        rolling_bounds(date(2026, 6, 1), 0)
