"""The verdict says "met" or "missed" only where the whole interval does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.positivity import Counts, positivity
from server.measures.verdict import Verdict, at_or_above, responses_needed, verdict


def measured(positive, n):
    return positivity(Counts(positive=positive, negative=n - positive), n, n)


@pytest.mark.parametrize(
    ("positive", "n", "interval"),
    [(26, 30, (70.3, 94.7)), (90, 100, (82.6, 94.5)), (85, 100, (76.7, 90.7))],
)
def test_around_the_target_nobody_can_tell_yet(positive, n, interval):
    assert measured(positive, n).interval_percent == pytest.approx(interval, abs=0.05)
    assert verdict(measured(positive, n), 85) is Verdict.CANNOT_TELL


def test_forty_responses_tell_nothing_between_73_and_97_percent():
    told = [positive for positive in range(41) if verdict(measured(positive, 40), 85) is Verdict.CANNOT_TELL]
    assert (100 * told[0] / 40, 100 * told[-1] / 40) == (75.0, 95.0)  # the steps of 2.5 points inside 73..97


@pytest.mark.parametrize(
    ("positive", "n", "expected"),
    [
        (190, 200, Verdict.MET),
        (180, 200, Verdict.MET),
        (150, 200, Verdict.MISSED),
        (9, 9, Verdict.CANNOT_TELL),
    ],
)
def test_a_clear_case_has_a_verdict(positive, n, expected):
    assert verdict(measured(positive, n), 85) is expected


def test_a_lower_end_exactly_on_the_target_is_met():
    sure = measured(50, 100)
    assert verdict(sure, sure.interval_percent.lower) is Verdict.MET
    assert verdict(sure, sure.interval_percent.upper) is Verdict.CANNOT_TELL


def test_too_few_to_publish_cannot_tell_even_when_all_are_negative():
    assert verdict(measured(0, 9), 85) is Verdict.CANNOT_TELL


def test_there_is_no_verdict_without_answers_or_without_target():
    assert verdict(measured(0, 0), 85) is None
    assert verdict(measured(90, 100), None) is None


@pytest.mark.parametrize(("positive", "n", "total"), [(36, 40, 196), (19, 20, 49), (32, 40, 196)])
def test_the_responses_needed_are_about_200_at_90_and_80_percent_and_50_at_95(positive, n, total):
    assert responses_needed(measured(positive, n), 85) == total - n


def test_nobody_is_asked_for_more_once_the_verdict_stands_or_can_never_fall():
    assert responses_needed(measured(190, 200), 85) is None
    assert responses_needed(measured(85, 100), 85) is None
    assert responses_needed(measured(3, 4), 85) is None


@given(n=st.integers(10, 400), positive=st.integers(0, 400), target=st.floats(50, 99))
def test_the_responses_needed_are_neither_too_few_nor_too_many(n, positive, target):
    now = measured(min(positive, n), n)
    more = responses_needed(now, target)
    if more is None or abs(now.percent - target) < 0.5:  # a hair's breadth from the target rounding decides
        return
    share = now.percent / 100
    assert verdict_at(share, n + more, target) is not Verdict.CANNOT_TELL
    assert verdict_at(share, n + more - 2, target) is Verdict.CANNOT_TELL or more <= 2


def verdict_at(share, n, target):
    """The verdict on `n` responses at exactly `share`: pooled answers make any share possible."""
    answers = 10_000_000
    positive = round(share * answers)
    return verdict(positivity(Counts(positive=positive, negative=answers - positive), n, n), target)


def test_the_point_estimate_is_compared_apart_from_the_verdict():
    assert at_or_above(measured(26, 30), 85) is True
    assert at_or_above(measured(25, 30), 85) is False
    assert at_or_above(measured(85, 100), 85) is True
    assert all(at_or_above(measured(percent, 100), percent) for percent in range(1, 101))
    assert at_or_above(measured(9, 9), 85) is None
    assert at_or_above(measured(90, 100), None) is None
