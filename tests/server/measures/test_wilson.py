"""The Wilson interval agrees with the published figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.wilson import Z_95, Z_998, Interval, wilson_interval


@pytest.mark.parametrize(
    ("positive", "n", "z", "expected"),
    [
        (65, 100, Z_95, (0.552544, 0.736358)),
        (65, 100, Z_998, (0.495495, 0.778354)),
        (1, 100, Z_95, (0.001767, 0.054486)),
        (1, 100, Z_998, (0.000873, 0.104554)),
    ],
)
def test_it_gives_the_published_figures(positive, n, z, expected):
    assert wilson_interval(positive, n, z) == pytest.approx(expected, abs=5e-7)


def test_none_of_twenty_is_between_nothing_and_sixteen_percent():
    interval = wilson_interval(0, 20)
    assert interval.lower == 0.0
    assert interval.upper == pytest.approx(0.1611, abs=5e-5)


def test_all_of_n_reaches_exactly_one():
    assert wilson_interval(7, 7).upper == 1.0


def test_no_answers_have_no_interval():
    assert wilson_interval(0, 0) is None


@pytest.mark.parametrize(("positive", "n"), [(-1, 10), (11, 10), (0, -1)])
def test_impossible_counts_are_refused(positive, n):
    with pytest.raises(ValueError, match="within 0 and n"):
        wilson_interval(positive, n)


@given(n=st.integers(1, 5000), share=st.floats(0, 1))
def test_the_interval_holds_the_proportion_and_mirrors(n, share):
    interval = wilson_interval(share * n, n)
    assert 0 <= interval.lower <= share + 1e-9
    assert share - 1e-9 <= interval.upper <= 1
    mirrored = wilson_interval(n - share * n, n)
    assert mirrored == pytest.approx(Interval(1 - interval.upper, 1 - interval.lower), abs=1e-9)


@given(n=st.integers(1, 2000), data=st.data())
def test_more_positive_answers_raise_both_ends_and_more_confidence_widens(n, data):
    x = data.draw(st.integers(0, n - 1))
    fewer, more, surer = wilson_interval(x, n), wilson_interval(x + 1, n), wilson_interval(x, n, Z_998)
    assert fewer.lower < more.lower
    assert fewer.upper < more.upper or fewer.upper == 1
    assert surer.lower <= fewer.lower
    assert surer.upper > fewer.upper or fewer.upper == 1


@given(n=st.integers(1, 500), share=st.integers(0, 10))
def test_more_answers_of_the_same_kind_narrow_it(n, share):
    few, many = wilson_interval(share / 10 * n, n), wilson_interval(share / 10 * 2 * n, 2 * n)
    assert many.upper - many.lower < few.upper - few.lower
