"""The interval of a difference agrees with the published figure, mirrors, and stays within what is possible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.newcombe import newcombe_interval
from server.measures.wilson import Z_998

SIZES = st.integers(1, 2000)


def test_it_gives_the_published_figures():
    assert newcombe_interval(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(
    ("before", "after", "n", "points"),
    [(24, 14, 100, (-0.9, 20.7)), (31, 18, 130, (0.5, 19.4)), (48, 28, 200, (2.3, 17.6))],
)
def test_hospital_food_at_three_sizes(before, after, n, points):
    interval = newcombe_interval(before, n, after, n)
    assert (100 * interval.lower, 100 * interval.upper) == pytest.approx(points, abs=0.05)


def test_nobody_in_one_group_is_no_interval():
    assert newcombe_interval(0, 0, 5, 10) is None
    assert newcombe_interval(5, 10, 0, 0) is None


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="within 0 and n"):
        newcombe_interval(11, 10, 5, 10)


def test_all_against_none_reaches_one():
    interval = newcombe_interval(10, 10, 0, 10)
    assert interval.upper == 1.0
    assert interval.lower > 0.5


@given(SIZES, SIZES, st.data())
def test_it_is_bounded_mirrors_and_widens_with_confidence(n1, n2, data):
    x1, x2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    interval = newcombe_interval(x1, n1, x2, n2)
    difference = x1 / n1 - x2 / n2
    assert -1 <= interval.lower <= difference + 1e-12
    assert difference - 1e-12 <= interval.upper <= 1
    assert newcombe_interval(x2, n2, x1, n1) == pytest.approx((-interval.upper, -interval.lower), abs=1e-12)
    wider = newcombe_interval(x1, n1, x2, n2, Z_998)
    assert wider.lower <= interval.lower + 1e-12
    assert wider.upper >= interval.upper - 1e-12


@given(st.integers(1, 200), st.data())
def test_more_answers_of_the_same_kind_narrow_it(n, data):
    x1, x2 = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    few, many = newcombe_interval(x1, n, x2, n), newcombe_interval(4 * x1, 4 * n, 4 * x2, 4 * n)
    assert many.upper - many.lower < few.upper - few.lower
