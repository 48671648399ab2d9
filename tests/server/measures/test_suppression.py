"""What outsiders may be shown: whole cells of five and more, weeks of a month together or not at all."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.measures.suppression import (
    DEFAULT_THRESHOLDS,
    Filled,
    Thresholds,
    filter_published,
    months_touched,
    published,
    weeks_touching,
)

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)  # June begins on a Monday, and ends on a Tuesday
LATER = date(2026, 9, 1)


def full(counted):
    return Filled(counted, counted)


def cells(days):
    """The weeks and months of answers by day."""
    weeks, months = {}, {}
    for day, filled in days.items():
        monday, first = day - timedelta(days=day.weekday()), day.replace(day=1)
        weeks[monday] = weeks.get(monday, Filled(0, 0)).plus(filled)
        months[first] = months.get(first, Filled(0, 0)).plus(filled)
    return weeks, months


def test_a_week_and_a_month_touch_each_other():
    assert months_touched(date(2026, 6, 29)) == {JUNE, JULY}
    assert months_touched(date(2026, 6, 22)) == {JUNE}
    assert weeks_touching(JUNE) == tuple(date(2026, 6, day) for day in (1, 8, 15, 22, 29))
    assert len(weeks_touching(date(2026, 2, 1))) == 5
    assert len(weeks_touching(date(2027, 2, 1))) == 4
    assert len(weeks_touching(date(2026, 8, 1))) == 6


def test_months_of_five_are_shown_and_months_of_four_are_not():
    months = {JUNE: full(5), JULY: full(4)}
    assert published({}, months, LATER).months == {JUNE}


def test_one_small_week_hides_all_weeks_of_its_month_but_not_the_month():
    weeks, months = cells({date(2026, 6, 3): full(6), date(2026, 6, 10): full(4), date(2026, 6, 17): full(9)})
    found = published(weeks, months, LATER)
    assert found.weeks == frozenset()
    assert found.months == {JUNE}
    weeks, months = cells({date(2026, 6, 3): full(6), date(2026, 6, 10): full(5), date(2026, 6, 17): full(9)})
    assert published(weeks, months, LATER).weeks == {date(2026, 6, 1), date(2026, 6, 8), date(2026, 6, 15)}


def test_a_week_across_two_months_needs_both_to_be_open():
    across = date(2026, 6, 30)
    weeks, months = cells({across: full(8), date(2026, 7, 8): full(3), date(2026, 6, 3): full(8)})
    assert published(weeks, months, LATER).weeks == {JUNE}


def test_a_week_across_a_small_month_would_give_it_away():
    weeks, months = cells({date(2026, 6, 29): full(6), date(2026, 7, 1): full(3)})  # 9 - 6 = 3
    assert published(weeks, months, LATER) == (frozenset(), {JUNE})


def test_what_is_not_over_is_not_shown():
    weeks, months = cells({date(2026, 6, 3): full(9), date(2026, 7, 8): full(9)})
    assert published(weeks, months, date(2026, 7, 31)) == ({JUNE}, {JUNE})
    assert published(weeks, months, date(2026, 8, 1)) == ({JUNE, date(2026, 7, 6)}, {JUNE, JULY})


def test_dont_knows_alone_are_not_nothing():
    weeks, months = cells({date(2026, 6, 3): full(6), date(2026, 6, 10): Filled(0, 7)})
    assert published(weeks, months, LATER).weeks == frozenset()


def test_days_that_begin_no_week_or_month_are_refused():
    with pytest.raises(ValueError, match="weeks begin on Mondays"):
        published({date(2026, 6, 2): full(5)}, {}, LATER)
    with pytest.raises(ValueError, match="months on the first"):
        published({}, {date(2026, 6, 2): full(5)}, LATER)


def test_a_reader_may_only_ask_for_more():
    assert Thresholds().raised_to(20) == (20, 20, 30)
    assert Thresholds().raised_to(0) == DEFAULT_THRESHOLDS == (5, 10, 30)
    assert published({}, {JUNE: full(9)}, LATER, Thresholds().raised_to(10)).months == frozenset()


def test_a_filter_is_open_only_where_every_category_is():
    assert filter_published([full(5), full(20), Filled(0, 0)])
    assert not filter_published([full(4), full(20)])
    assert not filter_published([Filled(0, 3), full(20)])


def in_row_space(rows, wanted):
    """Whether `wanted` is a linear combination of `rows`: exact elimination."""
    reduced = []
    for row in [*rows, wanted]:
        left = [Fraction(value) for value in row]
        for pivot, other in reduced:
            left = [a - left[pivot] * b for a, b in zip(left, other, strict=True)]
        pivot = next((index for index, value in enumerate(left) if value), None)
        if pivot is None:
            if row is wanted:
                return True
            continue
        if row is wanted:
            return False
        reduced.append((pivot, [value / left[pivot] for value in left]))
    raise AssertionError("the wanted row is last")


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.integers(0, 120), st.integers(1, 7), max_size=25))
def test_no_sum_or_difference_of_what_is_shown_is_a_small_cell(by_day):
    """Unknown to a reader is what was answered on each day; known is that, summed over each published cell."""
    days = {date(2026, 5, 25) + timedelta(days=offset): full(counted) for offset, counted in by_day.items()}
    order = sorted(days)
    weeks, months = cells(days)
    shown = published(weeks, months, date(2027, 1, 1))

    def row(of_cell):
        return [int(of_cell(day)) for day in order]

    def in_week(monday):
        return lambda day: monday <= day < monday + timedelta(days=7)

    def in_month(first):
        return lambda day: day.replace(day=1) == first

    known = [row(in_week(week)) for week in shown.weeks] + [row(in_month(month)) for month in shown.months]
    for week, filled in weeks.items():
        if filled.counted < 5:
            assert not in_row_space(known, row(in_week(week)))
    for month, filled in months.items():
        if filled.counted < 5:
            assert not in_row_space(known, row(in_month(month)))
