"""Fisher's exact test: how often chance alone would put two proportions at least as unlike as these."""

from collections.abc import Iterable
from itertools import accumulate, takewhile

SMALL_EXPECTED = 5  # a cell that expects fewer: approximations fail, only the exact test may be quoted (Cochran 1954)
# Tables as likely as the observed one count as such although a last digit strays: R's fisher.test does the same.
TIE = 1 + 1e-7


def expected_counts(first: int, first_n: int, second: int, second_n: int) -> tuple[float, float, float, float]:
    """What each cell of the table would hold if both groups were alike: first yes, first no, second yes, second no.

    Raises ValueError unless each count is within 0 and its n, and somebody answered at all.
    """
    _check(first, first_n, second, second_n)
    both, yes = first_n + second_n, first + second
    if both == 0:
        raise ValueError("nobody answered: there is nothing to expect")
    return (
        first_n * yes / both,
        first_n * (both - yes) / both,
        second_n * yes / both,
        second_n * (both - yes) / both,
    )


def counts_are_small(first: int, first_n: int, second: int, second_n: int) -> bool:
    """Whether any cell expects fewer than 5. Raises ValueError as expected_counts."""
    return min(expected_counts(first, first_n, second, second_n)) < SMALL_EXPECTED


def fisher_p(first: int, first_n: int, second: int, second_n: int) -> float:
    """The two-sided p, 0..1, of `first` of `first_n` against `second` of `second_n`: 1 where either n is 0.

    With both margins held, the sum of the probabilities (hypergeometric) of all tables no likelier than the observed
    one. Raises ValueError unless each count is within 0 and its n. Source: Fisher 1935; R's fisher.test,
    scipy.stats.fisher_exact.
    """
    _check(first, first_n, second, second_n)
    both, yes = first_n + second_n, first + second
    least, most = max(0, yes - second_n), min(yes, first_n)
    if least == most:
        return 1.0
    mode = min(most, max(least, (yes + 1) * (first_n + 1) // (both + 2)))
    # Probabilities relative to the likeliest table's, walked outward until they vanish: no large factorial is taken.
    upward = accumulate(
        range(mode, most),
        lambda weight, k: weight * (yes - k) * (first_n - k) / ((k + 1) * (second_n - yes + k + 1)),
        initial=1.0,
    )
    downward = accumulate(
        range(mode, least, -1),
        lambda weight, k: weight * k * (second_n - yes + k) / ((yes - k + 1) * (first_n - k + 1)),
        initial=1.0,
    )
    above, below = _until_nothing(upward), _until_nothing(downward)
    weights = [*reversed(below[1:]), *above]
    place = first - (mode - (len(below) - 1))
    observed = weights[place] if 0 <= place < len(weights) else 0.0
    total = sum(weights)
    return min(1.0, sum(weight for weight in weights if weight <= observed * TIE) / total)


def _until_nothing(weights: Iterable[float]) -> list[float]:
    return list(takewhile(lambda weight: weight > 0, weights))


def _check(first: int, first_n: int, second: int, second_n: int) -> None:
    for count, n in ((first, first_n), (second, second_n)):
        if not 0 <= count <= n:
            raise ValueError(f"a count must be within 0 and n, got {count} of {n}")
