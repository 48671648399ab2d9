"""The month beside the thirteen weeks that end with it: a month of one device is mostly "cannot tell yet"."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import NamedTuple

from server.measures.positivity import Counts, Positivity, positivity
from server.measures.verdict import Verdict, responses_needed, verdict

ROLLING_WEEKS = 13  # a quarter of a year in whole weeks, so that every weekday counts the same


class Counted(NamedTuple):
    """What one stretch of time brought; see positivity() for the three."""

    counts: Counts = Counts()
    responses: int = 0
    answering: int = 0

    def plus(self, other: "Counted") -> "Counted":
        """Both together."""
        return Counted(
            self.counts.plus(other.counts), self.responses + other.responses, self.answering + other.answering
        )


class Rolling(NamedTuple):
    """The sum that ends with one week. `weeks`: how many it is made of, fewer than asked at the beginning."""

    sum: Counted
    weeks: int


class Beside(NamedTuple):
    """A month and the thirteen weeks up to its end, each with its verdict against the same target."""

    month: Positivity
    month_verdict: Verdict | None
    rolling: Positivity
    rolling_verdict: Verdict | None
    responses_needed: int | None  # more of them before the thirteen weeks have a verdict


def rolling_weeks(weeks: Sequence[Counted], length: int = ROLLING_WEEKS) -> tuple[Rolling, ...]:
    """For each week in order, the sum of it and the `length` - 1 before it. Raises ValueError for a length below 1."""
    if length < 1:
        raise ValueError(f"a sum is of at least 1 week, got {length}")
    windows = (weeks[max(0, end - length) : end] for end in range(1, len(weeks) + 1))
    return tuple(Rolling(_sum(window), len(window)) for window in windows)


def rolling_bounds(after: date, length: int = ROLLING_WEEKS) -> tuple[date, date]:
    """The Monday at which the last `length` whole weeks begin that are over by the day `after`, and the day after
    them (a Monday). For a month: `after` is the first of the next.
    """
    end = after - timedelta(days=after.weekday())
    return end - timedelta(weeks=length), end


def beside(month: Counted, rolling: Counted, target_percent: float | None) -> Beside:
    """Both figures with their verdicts. `target_percent` 0..100. Sources: positivity.py, verdict.py."""
    one, many = positivity(*month), positivity(*rolling)
    return Beside(
        one,
        verdict(one, target_percent),
        many,
        verdict(many, target_percent),
        responses_needed(many, target_percent),
    )


def since_start(numbers: Sequence[int]) -> tuple[int, ...]:
    """Responses since the start, bucket by bucket: the running total."""
    return tuple(accumulate(numbers))


def _sum(window: Sequence[Counted]) -> Counted:
    total = Counted()
    for counted in window:
        total = total.plus(counted)
    return total
