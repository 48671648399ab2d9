"""Each of the four rules flags exactly what it says, and the first in order gives a point its name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.chart import Limits, PointKind, Rule, RunLengths, Side, Signal
from server.measures.direction import Better
from server.measures.spc_rules import find_signals, kind_of

LIMITS = Limits(mean=50, lower=20, upper=80, near_lower=30, near_upper=70)


def signals(values, **lengths):
    return find_signals([(value, LIMITS) for value in values], RunLengths(**lengths))


def flagged(values, rule, **lengths):
    return [index for index, signal in enumerate(signals(values, **lengths)) if signal and signal.rule is rule]


def test_on_a_limit_is_inside_and_beyond_it_is_outside():
    assert signals([80, 20, 80.1, 19.9]) == (
        None,
        None,
        Signal(Rule.OUTSIDE, Side.HIGH),
        Signal(Rule.OUTSIDE, Side.LOW),
    )


def test_seven_rising_points_are_a_trend_and_all_are_flagged():
    values = [48, 49, 51, 52, 53, 54, 55, 40]
    assert flagged(values, Rule.TREND) == list(range(7))
    assert signals(values)[0].side is Side.HIGH
    assert flagged(values[1:], Rule.TREND) == []


def test_a_tie_breaks_a_trend():
    assert flagged([48, 49, 51, 51, 53, 54, 55, 56], Rule.TREND) == []


def test_seven_falling_points_are_a_trend_downward():
    found = signals([60, 59, 58, 57, 49, 48, 47])
    assert set(found) == {Signal(Rule.TREND, Side.LOW)}


def test_two_of_three_near_a_limit_are_flagged_and_the_third_is_not():
    assert flagged([75, 55, 75, 40], Rule.TWO_OF_THREE) == [0, 2]
    assert flagged([75, 75, 75, 40], Rule.TWO_OF_THREE) == [0, 1, 2]
    assert flagged([25, 45, 25], Rule.TWO_OF_THREE) == [0, 2]


def test_two_of_three_want_all_three_on_one_side_of_the_mean():
    assert flagged([75, 45, 75], Rule.TWO_OF_THREE) == []
    assert flagged([75, 50, 75], Rule.TWO_OF_THREE) == []
    assert flagged([75, 75], Rule.TWO_OF_THREE) == []


def test_outside_is_not_near():
    values = [85, 55, 75]
    assert flagged(values, Rule.TWO_OF_THREE) == []
    assert flagged(values, Rule.OUTSIDE) == [0]


def test_on_a_near_limit_is_not_near_and_on_a_limit_is():
    assert flagged([70, 70, 60], Rule.TWO_OF_THREE) == []
    assert flagged([80, 80, 60], Rule.TWO_OF_THREE) == [0, 1]


def test_seven_points_on_one_side_are_a_shift_and_the_mean_breaks_it():
    assert flagged([51, 53, 52, 51, 53, 52, 51], Rule.SHIFT) == list(range(7))
    assert flagged([51, 53, 52, 50, 53, 52, 51], Rule.SHIFT) == []
    assert set(signals([49, 47, 48, 49, 47, 48, 49])) == {Signal(Rule.SHIFT, Side.LOW)}


def test_run_lengths_are_settings():
    values = [51, 53, 52, 51, 53, 52, 51, 52]
    assert flagged(values[:7], Rule.SHIFT, shift=8) == []
    assert flagged(values, Rule.SHIFT, shift=8) == list(range(8))
    assert flagged([47, 48, 49, 51, 52, 53], Rule.TREND, trend=6) == list(range(6))
    assert flagged([47, 48], Rule.TREND, trend=2) == [0, 1]
    with pytest.raises(ValueError, match="at least 2"):
        signals(values, trend=1)


def test_the_first_rule_in_order_names_the_point():
    values = [51, 55, 60, 65, 72, 75, 81]  # rising, all above the mean, near the limit, the last beyond it
    assert [signal.rule for signal in signals(values)] == [Rule.TREND] * 6 + [Rule.OUTSIDE]
    near = [51, 52, 51, 52, 75, 52, 75]
    assert [signal.rule for signal in signals(near)] == [Rule.SHIFT] * 4 + [
        Rule.TWO_OF_THREE,
        Rule.SHIFT,
        Rule.TWO_OF_THREE,
    ]


def test_a_value_that_strays_in_its_last_digit_is_on_the_mean():
    mean = sum([0.7] * 12) / 12
    assert mean != 0.7
    placed = [(0.7, Limits(mean, mean, mean, mean, mean))] * 12
    assert find_signals(placed) == (None,) * 12


def test_which_way_is_better_makes_it_good_or_bad():
    high, low = Signal(Rule.SHIFT, Side.HIGH), Signal(Rule.SHIFT, Side.LOW)
    assert kind_of(high, Better.HIGHER) is kind_of(low, Better.LOWER) is PointKind.IMPROVEMENT
    assert kind_of(low, Better.HIGHER) is kind_of(high, Better.LOWER) is PointKind.CONCERN
    assert kind_of(high, Better.NEITHER) is PointKind.NEUTRAL
    assert kind_of(None, Better.HIGHER) is PointKind.COMMON_CAUSE


@given(st.lists(st.integers(0, 100), max_size=40))
def test_turned_upside_down_highs_become_lows(values):
    """The rules have no favourite side. (A peak belongs to a rise and a fall: whichever began first.)"""
    turned = {Side.HIGH: Side.LOW, Side.LOW: Side.HIGH}
    for signal, mirrored in zip(signals(values), signals([100 - value for value in values]), strict=True):
        assert mirrored == (signal and Signal(signal.rule, turned[signal.side]))


@given(st.lists(st.integers(0, 100), max_size=40), st.integers(0, 40))
def test_only_a_run_reaches_back_to_points_that_came_before(values, cut):
    """What is outside or near a limit stays so whatever follows; later points can only add signals."""
    early, late = signals(values[:cut]), signals(values)
    for before, after in zip(early, late, strict=False):
        assert before is None or after is not None
