"""Before and after: did it get better, by how much, and could that be chance? For a sum of options and for each."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from server.measures.direction import Better
from server.measures.fisher import counts_are_small, fisher_p
from server.measures.newcombe import newcombe_interval
from server.measures.part import Part
from server.measures.positivity import PUBLISH_FROM
from server.measures.wilson import Z_95, Interval

P_BELOW = 0.05  # a difference that chance alone makes more often is not called real


class Conclusion(StrEnum):
    """What the two periods allow to be said."""

    NO_DATA = "no data"  # nobody answered in one of them
    TOO_FEW = "too few to compare"  # fewer than 10 in one of them: no percentage may be shown
    NOT_SHOWN = "not shown to be real"
    BORDERLINE = "borderline"  # interval and test disagree
    IMPROVED = "improved"
    WORSENED = "worsened"
    ROSE = "rose"  # of a figure that is neither good nor bad
    FELL = "fell"


class Effect(NamedTuple):
    """Two periods compared. Percentages and points 0..100, unrounded; None where none may be shown."""

    before: Part
    after: Part
    better: Better
    before_percent: float | None
    after_percent: float | None
    change_points: float | None  # after - before
    change_interval_points: Interval | None  # Newcombe's
    p: float | None  # Fisher's
    small_counts: bool  # a cell expects fewer than 5 answers
    conclusion: Conclusion

    @property
    def gain_interval_points(self) -> Interval | None:
        """The interval of the change, positive where it is for the better (where neither is: where it rose)."""
        interval = self.change_interval_points
        if interval is None or self.better is not Better.LOWER:
            return interval
        return Interval(-interval.upper, -interval.lower)


class QuestionEffect(NamedTuple):
    """One question before and after: the two sums by sentiment, and each option in order."""

    positive: Effect
    negative: Effect
    options: tuple[Effect, ...]


def compare(
    before: Part, after: Part, better: Better = Better.HIGHER, z: float = Z_95, *, percent_from: int = PUBLISH_FROM
) -> Effect:
    """What changed from `before` to `after`, and whether that can be chance.

    Real is what both ways of looking call real: Newcombe's interval leaves 0 out, and Fisher's exact p is below 0.05.
    Fisher's is used at every size, not only where a cell expects fewer than 5 (`small_counts`): it is exact there and
    only a little cautious elsewhere. Fewer than `percent_from` responses in either are not compared. The two are
    different responses: a part is not to be compared so with a whole that holds it (funnel.py is for that). Raises
    ValueError for a count outside 0..n. Sources: newcombe.py, fisher.py.
    """
    before.check()
    after.check()
    if min(before.basis, after.basis) < max(1, percent_from):
        nobody = min(before.basis, after.basis) == 0
        conclusion = Conclusion.NO_DATA if nobody else Conclusion.TOO_FEW
        return Effect(before, after, better, None, None, None, None, None, small_counts=True, conclusion=conclusion)
    was, now = before.chosen / before.n, after.chosen / after.n
    interval = newcombe_interval(now * after.basis, after.basis, was * before.basis, before.basis, z)
    assert interval is not None
    table = (before.weighed, before.basis, after.weighed, after.basis)
    p = fisher_p(*table)
    return Effect(
        before,
        after,
        better,
        100 * was,
        100 * now,
        100 * (now - was),
        Interval(100 * interval.lower, 100 * interval.upper),
        p,
        counts_are_small(*table),
        _conclude(now - was, interval, p, better),
    )


def _conclude(change: float, interval: Interval, p: float, better: Better) -> Conclusion:
    apart = not interval.lower <= 0 <= interval.upper
    unlikely = p < P_BELOW
    if not apart and not unlikely:
        return Conclusion.NOT_SHOWN
    if not (apart and unlikely):
        return Conclusion.BORDERLINE
    if better is Better.NEITHER:
        return Conclusion.ROSE if change > 0 else Conclusion.FELL
    return Conclusion.IMPROVED if (change > 0) == (better is Better.HIGHER) else Conclusion.WORSENED


def compare_options(
    before: Sequence[int],
    after: Sequence[int],
    sentiments: Sequence[str],
    z: float = Z_95,
    *,
    percent_from: int = PUBLISH_FROM,
) -> QuestionEffect:
    """One question's options before and after. `sentiments`: positive, neutral, negative or excluded, by option.

    The sums and the options that count are out of positive + neutral + negative; an excluded option is out of all
    answers. A single option rises or falls, and is called neither better nor worse: fewer "good" because of more
    "excellent" is no loss. Raises ValueError when the three differ in length, or a sentiment is none of the four.
    """
    unknown = set(sentiments) - {"positive", "neutral", "negative", "excluded"}
    if unknown or not len(before) == len(after) == len(sentiments):
        raise ValueError(f"{len(before)} and {len(after)} counts need as many known sentiments, got {list(sentiments)}")

    def part(counts: Sequence[int], wanted: str) -> Part:
        answers = sum(count for count, sentiment in zip(counts, sentiments, strict=True) if sentiment == wanted)
        return Part(answers, _counted(counts, sentiments))

    def option(index: int) -> Effect:
        counts = (before, after)
        excluded = sentiments[index] == "excluded"
        totals = [sum(one) if excluded else _counted(one, sentiments) for one in counts]
        return compare(
            Part(before[index], totals[0]), Part(after[index], totals[1]), Better.NEITHER, z, percent_from=percent_from
        )

    return QuestionEffect(
        compare(part(before, "positive"), part(after, "positive"), Better.HIGHER, z, percent_from=percent_from),
        compare(part(before, "negative"), part(after, "negative"), Better.LOWER, z, percent_from=percent_from),
        tuple(option(index) for index in range(len(sentiments))),
    )


def _counted(counts: Sequence[int], sentiments: Sequence[str]) -> int:
    return sum(count for count, sentiment in zip(counts, sentiments, strict=True) if sentiment != "excluded")
