"""The Friends and Family score counts "don't know", PET positivity does not, and the two are never mixed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.friends_family import FriendsFamilyAnswers, friends_family
from server.measures.positivity import Counts, Precision, positivity

COUNTS = st.integers(0, 300)


def test_all_six_options_are_the_denominator():
    score = friends_family(FriendsFamilyAnswers(60, 20, 5, 3, 2, 10))
    assert (score.n, score.positive, score.negative) == (100, 80, 5)
    assert (score.positive_percent, score.negative_percent) == (80.0, 5.0)
    assert score.positive_interval_percent == pytest.approx((71.1, 86.7), abs=0.05)
    assert score.negative_interval_percent == pytest.approx((2.2, 11.2), abs=0.05)


def test_the_same_answers_have_another_positivity():
    answers = FriendsFamilyAnswers(60, 20, 5, 3, 2, 10)
    ours = positivity(Counts(positive=80, neutral=5, negative=5, excluded=10), 100, 90)
    assert ours.percent == pytest.approx(88.9, abs=0.05)
    assert friends_family(answers).positive_percent != ours.percent


def test_too_few_have_no_score_but_for_the_submission():
    few = FriendsFamilyAnswers(very_good=8, dont_know=1)
    assert friends_family(few)[3:] == (None, None, None, None, Precision.SUPPRESSED)
    assert friends_family(few, for_submission=True).positive_percent == pytest.approx(88.9, abs=0.05)


def test_nobody_asked_is_no_data_even_for_the_submission():
    assert friends_family(FriendsFamilyAnswers(), for_submission=True) == (0, 0, 0, *[None] * 4, Precision.NO_DATA)


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="fewer than 0"):
        friends_family(FriendsFamilyAnswers(very_good=-1))


@given(st.builds(FriendsFamilyAnswers, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS))
def test_both_scores_are_bounded_and_leave_room_for_the_rest(answers):
    score = friends_family(answers, for_submission=True)
    if score.n:
        assert 0 <= score.positive_percent + score.negative_percent <= 100 + 1e-9
        assert score.positive_interval_percent.lower <= score.positive_percent + 1e-9
        assert score.positive_interval_percent.upper >= score.positive_percent - 1e-9
