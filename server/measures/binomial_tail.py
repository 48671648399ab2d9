"""The exact binomial tail: how often a true share alone would give so few, or so many, of n."""

from collections.abc import Iterable
from itertools import accumulate, takewhile
from math import exp, lgamma, log


def tail_p(chosen: int, n: int, share: float) -> float:
    """The one-sided p, 0..1, of `chosen` of `n` if `share` is true: of so few or fewer where they are below what the
    share expects, else of so many or more. 1 where n is 0.

    It stands beside Wilson's interval where many tests are made of few answers: with 85 % true and n from 10 to 40,
    chance lies below the 99.8 % interval's end 1.5 to 10 times in a thousand, not once, for a share near 1 is skewed.
    Raises ValueError unless 0 <= chosen <= n and
    0 < share < 1. Source: Clopper and Pearson 1934 (the interval that this test turns into).
    """
    if not 0 <= chosen <= n or not 0 < share < 1:
        raise ValueError(f"what was chosen is within 0 and n, a share between 0 and 1, got {chosen} of {n}, {share}")
    if chosen > n * share:
        return tail_p(n - chosen, n, 1 - share)
    log_first = (
        lgamma(n + 1)
        - lgamma(chosen + 1)
        - lgamma(n - chosen + 1)
        + chosen * log(share)
        + (n - chosen) * log(1 - share)
    )
    odds = (1 - share) / share
    terms = accumulate(range(chosen, 0, -1), lambda term, k: term * odds * k / (n - k + 1), initial=1.0)
    return min(1.0, exp(log_first) * sum(_until_nothing(terms)))


def _until_nothing(terms: Iterable[float]) -> Iterable[float]:
    """They only fall: below this they no longer change the sum."""
    return takewhile(lambda term: term > 1e-17, terms)
