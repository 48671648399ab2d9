"""PET positivity: positive answers out of positive, neutral and negative ones, with n and an interval."""

from enum import StrEnum
from typing import NamedTuple

from server.measures.wilson import Z_95, Interval, wilson_interval

PUBLISH_FROM = 10  # fewer responses: no percentage is published (Picker)
CARE_BELOW = 30  # fewer: "interpret with care" (Press Ganey uses 30)


class Precision(StrEnum):
    """How much a percentage of so few may be trusted."""

    NO_DATA = "no data"
    SUPPRESSED = "suppressed"
    CARE = "interpret with care"
    SOUND = "sound"


class Counts(NamedTuple):
    """Answers by the sentiment of the option chosen. `excluded`: don't know, not applicable, can't say."""

    positive: int = 0
    neutral: int = 0
    negative: int = 0
    excluded: int = 0
    skipped: int = 0
    timed_out: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Both together. Counts are added; percentages are never averaged."""
        return Counts(*(ours + theirs for ours, theirs in zip(self, other, strict=True)))

    def less(self, other: "Counts") -> "Counts":
        """What is here without those, which are a part of it."""
        return Counts(*(ours - theirs for ours, theirs in zip(self, other, strict=True)))


class Positivity(NamedTuple):
    """A positivity that can be shown. Percentages: 0..100, unrounded, None where none may be published."""

    n: int  # answers in the denominator
    responses: int
    positive: int
    basis: int  # the n of the interval: people who answered, not answers
    percent: float | None
    interval_percent: Interval | None
    precision: Precision


def positivity(
    counts: Counts, responses: int, answering: int, *, z: float = Z_95, percent_from: int = PUBLISH_FROM
) -> Positivity:
    """The positivity of `counts`, answers given in `responses` passes, at least `answering` of which gave any of `n`.

    Answers of one person are correlated, so the interval is Wilson's on the pooled proportion with n = `answering`
    (the cautious choice): a pass without an answer in the denominator is no opinion. Never more than there are
    responses or answers. `z`: of the interval, see wilson.z_of. Fewer than `percent_from` responses give no percentage.
    Source: the original programme's scale, "fair or poor" being its own negative group; the FFT has a score of its
    own (friends_family.py). Raises ValueError for negative counts.
    """
    if min(*counts, responses, answering) < 0:
        raise ValueError(f"counts are 0 or more, got {counts} in {responses} responses, {answering} answering")
    n = counts.positive + counts.neutral + counts.negative
    basis = min(n, responses, answering)
    precision = precision_of(basis, percent_from)
    percent, interval = None, None
    if precision in {Precision.CARE, Precision.SOUND}:
        percent = 100 * counts.positive / n  # in this order 57 of 100 are 57, not a little less
        interval = _in_percent(wilson_interval(counts.positive / n * basis, basis, z))
    return Positivity(n, responses, counts.positive, basis, percent, interval, precision)


def precision_of(basis: int, percent_from: int = PUBLISH_FROM) -> Precision:
    """The band that `basis` responses fall into. Sources: Picker (10), Press Ganey (30)."""
    if basis == 0:
        return Precision.NO_DATA
    if basis < percent_from:
        return Precision.SUPPRESSED
    return Precision.CARE if basis < CARE_BELOW else Precision.SOUND


def _in_percent(interval: Interval | None) -> Interval | None:
    return interval and Interval(100 * interval.lower, 100 * interval.upper)
