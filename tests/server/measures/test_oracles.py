"""Every interval and test agrees with an independent implementation on 10,000 random inputs."""

import random
from math import erfc, sqrt

import numpy as np
import pytest
from scipy.stats import binom, binomtest, fisher_exact, norm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from server.measures.benjamini_hochberg import discoveries
from server.measures.binomial_tail import tail_p
from server.measures.concerns import Cell, find_concerns
from server.measures.fisher import fisher_p
from server.measures.funnel import funnel_limits
from server.measures.newcombe import newcombe_interval
from server.measures.part import Part
from server.measures.wilson import Z_95, Z_998, wilson_interval, z_of

INPUTS = 10_000


def random_counts(seed, number=INPUTS, most=2000):
    """So many pairs x, n: small and large n alike, with 0 of n and n of n among them."""
    dice = random.Random(seed)
    pairs = []
    for _ in range(number):
        n = round(most ** dice.random())
        pairs.append((dice.choice([0, n, dice.randint(0, n), dice.randint(0, n), dice.randint(0, n)]), n))
    return pairs


def alpha(z):
    return 2 * norm.sf(z)


@pytest.mark.parametrize("z", [Z_95, Z_998, 1.0])
def test_wilson_agrees_with_statsmodels(z):
    pairs = random_counts(seed=1)
    counts, sizes = np.array(pairs).T
    expected = np.array(proportion_confint(counts, sizes, alpha=alpha(z), method="wilson"))
    ours = np.array([wilson_interval(x, n, z) for x, n in pairs])
    assert np.abs(ours - expected.T).max() < 1e-12


@pytest.mark.parametrize("z", [Z_95, Z_998])
def test_newcombe_agrees_with_statsmodels(z):
    pairs = list(zip(random_counts(seed=2), random_counts(seed=3), strict=True))
    for (x1, n1), (x2, n2) in pairs:
        expected = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb", compare="diff", alpha=alpha(z))
        assert newcombe_interval(x1, n1, x2, n2, z) == pytest.approx(expected, abs=1e-12)


def test_fisher_agrees_with_scipy():
    pairs = list(zip(random_counts(seed=4, most=300), random_counts(seed=5, most=300), strict=True))
    for (x1, n1), (x2, n2) in pairs:
        expected = fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]).pvalue
        assert fisher_p(x1, n1, x2, n2) == pytest.approx(expected, rel=1e-8, abs=1e-14)


def test_the_binomial_tail_agrees_with_scipy():
    dice = random.Random(10)
    for x, n in random_counts(seed=11):
        share = dice.uniform(0.01, 0.99)
        expected = binom.sf(x - 1, n, share) if x > n * share else binom.cdf(x, n, share)
        assert tail_p(x, n, share) == pytest.approx(expected, rel=1e-8, abs=1e-200)


def test_funnel_limits_agree_with_statsmodels():
    pairs = [(x, n) for x, n in random_counts(seed=6) if n]
    counts, sizes = np.array(pairs).T
    expected = np.array(proportion_confint(counts, sizes, alpha=alpha(Z_998), method="normal")).clip(0, 1)
    ours = np.array([funnel_limits(x / n, n, Z_998) for x, n in pairs])
    assert np.abs(ours - expected.T).max() < 1e-12


def test_benjamini_and_hochberg_agree_with_statsmodels():
    dice = random.Random(7)
    for _ in range(500):
        p_values = [dice.random() ** dice.choice([1, 4]) for _ in range(dice.randint(1, 20))]
        assert list(discoveries(p_values)) == list(multipletests(p_values, alpha=0.05, method="fdr_bh")[0])


def test_a_concern_is_what_the_score_test_calls_one():
    dice = random.Random(8)
    for _ in range(1000):
        n, reference = dice.randint(10, 400), dice.uniform(0.5, 0.95)
        x = dice.randint(0, n)
        z, p = proportions_ztest(x, n, value=reference, prop_var=reference)
        found = find_concerns([Cell("food", Part(x, n), reference)])
        assert bool(found) == (z < 0 and p < alpha(Z_95))
        if found:
            assert found[0].z == pytest.approx(z)
            assert erfc(abs(found[0].z) / sqrt(2)) == pytest.approx(p)


def test_wilson_is_the_score_test_turned_round():
    """Whatever lies strictly within the interval the exact test does not refuse at a far stricter level."""
    for x, n in random_counts(seed=9, number=300, most=200):
        interval = wilson_interval(x, n, Z_95)
        middle = (interval.lower + interval.upper) / 2
        assert binomtest(x, n, middle).pvalue > 0.01


def test_any_confidence_has_its_z():
    for confidence in (50, 80, 90, 95, 99, 99.8, 99.9):
        assert z_of(confidence) == pytest.approx(norm.ppf(0.5 + confidence / 200), abs=1e-6)
    assert (z_of(95), z_of(99.8)) == (Z_95, Z_998)  # to the digits that the tables print
    for confidence in (0, 100, -5, 120):
        with pytest.raises(ValueError, match="between 0 and 100"):
            z_of(confidence)
