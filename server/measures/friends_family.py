"""The Friends and Family Test's score: its own denominator, all six options, and never mixed with PET positivity."""

from typing import NamedTuple

from server.measures.positivity import Precision, precision_of
from server.measures.wilson import Z_95, Interval, wilson_interval


class FriendsFamilyAnswers(NamedTuple):
    """Answers to "Overall, how was your experience of our service?", by option."""

    very_good: int = 0
    good: int = 0
    neither: int = 0
    poor: int = 0
    very_poor: int = 0
    dont_know: int = 0


class FriendsFamilyScore(NamedTuple):
    """Both scores, 0..100, unrounded. None where nobody answered, or (but for the submission) too few did."""

    n: int  # all six options, "don't know" among them
    positive: int
    negative: int
    positive_percent: float | None
    negative_percent: float | None
    positive_interval_percent: Interval | None
    negative_interval_percent: Interval | None
    precision: Precision


def friends_family(
    answers: FriendsFamilyAnswers, *, for_submission: bool = False, z: float = Z_95
) -> FriendsFamilyScore:
    """Positive: very good and good; negative: poor and very poor; each out of all six options, don't know included.

    Fewer than 10 answers give no percentage, except `for_submission`: the national return asks for the counts as they
    are. Raises ValueError for a negative count. Source: NHS England's FFT guidance; that "don't know" is in the
    denominator is as one trust prints its formula (Cambridge University Hospitals).
    """
    if min(answers) < 0:
        raise ValueError(f"no option can have fewer than 0 answers, got {answers}")
    n = sum(answers)
    positive, negative = answers.very_good + answers.good, answers.poor + answers.very_poor
    precision = precision_of(n)
    shown = n > 0 and (for_submission or precision is not Precision.SUPPRESSED)
    return FriendsFamilyScore(
        n,
        positive,
        negative,
        100 * positive / n if shown else None,
        100 * negative / n if shown else None,
        _interval_percent(positive, n, z) if shown else None,
        _interval_percent(negative, n, z) if shown else None,
        precision,
    )


def _interval_percent(count: int, n: int, z: float) -> Interval | None:
    interval = wilson_interval(count, n, z)
    return interval and Interval(100 * interval.lower, 100 * interval.upper)
