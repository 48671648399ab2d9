"""Positivity counts what it should, publishes nothing of too few, and never says NaN."""

import pytest

from server.measures.positivity import Counts, Precision, positivity
from server.measures.wilson import Z_998


def test_excluded_skipped_and_timed_out_answers_are_left_out():
    measured = positivity(Counts(positive=76, neutral=4, negative=20, excluded=50, skipped=9, timed_out=3), 162, 100)
    assert measured.n == 100
    assert measured.percent == pytest.approx(76.0)


def test_hospital_food_before_and_after_stands_on_both_sides_of_the_target():
    before = positivity(Counts(positive=76, negative=24), 100, 100)
    after = positivity(Counts(positive=86, negative=14), 100, 100)
    assert (before.percent, after.percent) == pytest.approx((76.0, 86.0))


def test_the_interval_of_pooled_answers_has_n_equal_to_responses():
    pooled = positivity(Counts(positive=425, negative=75), responses=100, answering=100)
    assert pooled.n == 500
    assert pooled.basis == 100
    assert pooled.interval_percent == pytest.approx((76.7, 90.7), abs=0.05)


def test_the_interval_never_claims_more_answers_than_were_given():
    assert positivity(Counts(positive=9, negative=3), responses=40, answering=40).basis == 12


def test_people_who_chose_nothing_that_counts_make_no_few_answers_many():
    measured = positivity(Counts(positive=12, skipped=18), responses=10, answering=4)
    assert (measured.basis, measured.responses, measured.percent) == (4, 10, None)
    assert measured.precision is Precision.SUPPRESSED


def test_nothing_asked_is_no_data():
    assert positivity(Counts(), 0, 0) == (0, 0, 0, 0, None, None, Precision.NO_DATA)


def test_only_excluded_answers_are_no_data_too():
    assert positivity(Counts(excluded=30, skipped=4), 34, 0).precision is Precision.NO_DATA


@pytest.mark.parametrize(
    ("responses", "precision"),
    [
        (1, Precision.SUPPRESSED),
        (9, Precision.SUPPRESSED),
        (10, Precision.CARE),
        (29, Precision.CARE),
        (30, Precision.SOUND),
    ],
)
def test_the_bands_begin_where_the_note_says(responses, precision):
    measured = positivity(Counts(positive=responses * 5), responses, responses)
    assert measured.precision is precision
    assert (measured.percent is None) == (precision is Precision.SUPPRESSED)
    assert (measured.interval_percent is None) == (precision is Precision.SUPPRESSED)


def test_counts_are_added_field_by_field():
    assert Counts(1, 2, 3, 4, 5, 6).plus(Counts(10, 20, 30, 40, 50, 60)) == Counts(11, 22, 33, 44, 55, 66)


def test_a_reader_may_ask_for_more_responses_and_another_confidence():
    counts = Counts(positive=9, negative=3)
    assert positivity(counts, 12, 12, percent_from=13).precision is Precision.SUPPRESSED
    wide, narrow = positivity(counts, 12, 12, z=Z_998), positivity(counts, 12, 12)
    assert wide.interval_percent.lower < narrow.interval_percent.lower
    assert wide.percent == narrow.percent


@pytest.mark.parametrize("broken", [(Counts(positive=-1), 5, 5), (Counts(), -1, 0), (Counts(), 0, -1)])
def test_negative_counts_are_refused(broken):
    with pytest.raises(ValueError, match="0 or more"):
        positivity(*broken)
