"""Fisher's exact test gives the published figures, is symmetric, and needs no large factorial."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.measures.fisher import counts_are_small, expected_counts, fisher_p


@pytest.mark.parametrize(
    ("before", "after", "n", "p", "digits"), [(24, 14, 100, 0.10, 2), (31, 18, 130, 0.056, 3), (48, 28, 200, 0.015, 3)]
)
def test_hospital_food_at_three_sizes(before, after, n, p, digits):
    assert round(fisher_p(before, n, after, n), digits) == p


def test_the_lady_tasting_tea():
    assert fisher_p(3, 4, 1, 4) == pytest.approx(34 / 70)
    assert fisher_p(4, 4, 0, 4) == pytest.approx(2 / 70)


def test_nobody_in_a_group_or_all_alike_is_no_evidence():
    assert fisher_p(0, 0, 5, 10) == 1.0
    assert fisher_p(0, 20, 0, 30) == 1.0
    assert fisher_p(20, 20, 30, 30) == 1.0


def test_a_million_answers_are_no_burden_and_no_overflow():
    assert fisher_p(760_000, 1_000_000, 761_000, 1_000_000) == pytest.approx(0.0979, abs=1e-4)
    assert fisher_p(0, 100_000, 100_000, 100_000) == 0.0


def test_five_expected_in_each_cell_are_enough():
    assert expected_counts(2, 10, 8, 10) == (5, 5, 5, 5)
    assert not counts_are_small(2, 10, 8, 10)
    assert counts_are_small(1, 10, 8, 10)
    with pytest.raises(ValueError, match="nobody answered"):
        expected_counts(0, 0, 0, 0)


@pytest.mark.parametrize("table", [(-1, 5, 2, 5), (6, 5, 2, 5), (1, 5, 9, 5)])
def test_impossible_counts_are_refused(table):
    with pytest.raises(ValueError, match="within 0 and n"):
        fisher_p(*table)


SIZES = st.integers(0, 40)


@given(SIZES, SIZES, st.data())
def test_it_is_the_definition_summed_in_exact_fractions(n1, n2, data):
    x1, x2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    yes = x1 + x2
    chances = {k: Fraction(comb(n1, k) * comb(n2, yes - k), comb(n1 + n2, yes)) for k in range(yes + 1)}
    expected = sum(chance for chance in chances.values() if chance <= chances[x1])
    assert fisher_p(x1, n1, x2, n2) == pytest.approx(float(expected), rel=1e-9)


@given(SIZES, SIZES, st.data())
def test_it_does_not_matter_which_group_or_which_answer_comes_first(n1, n2, data):
    x1, x2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    p = fisher_p(x1, n1, x2, n2)
    assert 0 < p <= 1
    assert fisher_p(x2, n2, x1, n1) == pytest.approx(p)
    assert fisher_p(n1 - x1, n1, n2 - x2, n2) == pytest.approx(p)
