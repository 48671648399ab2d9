"""What deserves attention, good or bad, among many questions and teams: few false alarms, the same rule both ways.

A team's question is compared with its target (or whatever it is held against), and its chart's latest point is
looked at. Whoever makes a hundred comparisons at 95 % finds five differences that are chance, so a concern or a
highlight needs 99.8 %, or Benjamini-Hochberg over all comparisons made, and in both the exact binomial test must
agree: of few answers near 85 % the interval alone accuses up to ten times as often as it says. 95 % gives "watch" or
"good sign". Likewise on the chart: a point outside its limits is a concern where the exact test agrees; runs, trends
and the like, which chance makes in one chart of twenty (measured), make "watch".
"""

from collections.abc import Sequence
from enum import StrEnum
from math import sqrt
from typing import Generic, NamedTuple, TypeVar

from server.measures.benjamini_hochberg import FALSE_SHARE, discoveries
from server.measures.binomial_tail import tail_p
from server.measures.chart import Chart, PointKind, Rule
from server.measures.part import Part
from server.measures.positivity import PUBLISH_FROM
from server.measures.wilson import Z_95, Z_998, Interval, wilson_interval

Key = TypeVar("Key")

STRONG_P = 0.001  # one-sided: what lies beyond 99.8 % on one side


class Level(StrEnum):
    """How much a finding weighs."""

    CONCERN = "concern"
    WATCH = "watch"
    HIGHLIGHT = "highlight"
    GOOD_SIGN = "good sign"


class Guard(StrEnum):
    """How many comparisons at once are allowed for."""

    LIMIT_998 = "99.8 % interval"
    BENJAMINI_HOCHBERG = "Benjamini-Hochberg"


class Special(NamedTuple):
    """What is special about the latest point of a cell's chart. Made by special_of."""

    kind: PointKind
    rule: Rule
    chance: float | None = None  # exact and one-sided, of such a point around the chart's mean; None on an XmR chart

    @property
    def certain(self) -> bool:
        """Outside the limits, and no more often by chance than once in a thousand."""
        return self.rule is Rule.OUTSIDE and (self.chance is None or self.chance <= STRONG_P)

    @property
    def level(self) -> Level | None:
        """How much it weighs by itself; None where neither way is better."""
        match self.kind:
            case PointKind.CONCERN:
                return _level(bad=True, certain=self.certain)
            case PointKind.IMPROVEMENT:
                return _level(bad=False, certain=self.certain)
            case _:
                return None


class Cell(NamedTuple, Generic[Key]):
    """One question of one team. `positive`: what was positive; `reference`: target or peers, 0..1, or None."""

    key: Key
    positive: Part
    reference: float | None
    special: Special | None = None


class Finding(NamedTuple, Generic[Key]):
    """What deserves attention and why. Proportions 0..1."""

    key: Key
    level: Level
    positive: Part
    share: float
    interval_95: Interval
    reference: float | None
    beside_reference: bool  # whether the comparison with the reference is a reason
    special: Special | None  # the chart's reason
    z: float  # how far from the reference, in standard deviations; 0 without one


def special_of(chart: Chart, *, recent: int = 1) -> Special | None:
    """What is special about the chart's latest point, for a Cell; None where nothing is, where the limits are on trial,
    or where it is not one of the `recent` last buckets: old news is no concern of today.

    Beside p-limits stands the exact chance: with 11 answers a week and 95 % positive, chance leaves the limits once in
    66 weeks, not once in 740. The mean that it is held against is of the baseline and one answer more, half positive:
    after a hundred positive answers and no other, another one is rare, not impossible. Source: binomial_tail.py.
    """
    latest = chart.latest
    if latest is None or latest.signal is None or latest.limits is None or chart.trial_limits:
        return None
    if all(point is not latest for point in chart.points[-recent:]):
        return None
    chance = None
    if latest.n is not None and latest.value is not None:
        chance = tail_p(round(latest.value * latest.n), latest.n, _baseline_mean(chart))
    return Special(latest.kind, latest.signal.rule, chance)


def find_concerns(
    cells: Sequence[Cell[Key]], guard: Guard = Guard.LIMIT_998, false_share: float = FALSE_SHARE
) -> tuple[Finding[Key], ...]:
    """Concerns and watches, most certain first. Cells of fewer than 10 responses are never among them.

    Against the reference by Wilson's interval (equally, the score test) and, for a concern, the exact binomial test.
    `false_share`: Benjamini-Hochberg's, over all cells that are large enough and have a reference. Raises ValueError
    for impossible counts or a reference not strictly within 0 and 1. Sources: wilson.py, binomial_tail.py,
    benjamini_hochberg.py, spc_rules.py.
    """
    return _findings(cells, guard, false_share, bad=True)


def find_highlights(
    cells: Sequence[Cell[Key]], guard: Guard = Guard.LIMIT_998, false_share: float = FALSE_SHARE
) -> tuple[Finding[Key], ...]:
    """Highlights and good signs: find_concerns mirrored."""
    return _findings(cells, guard, false_share, bad=False)


def _baseline_mean(chart: Chart) -> float:
    phase = chart.phases[-1]
    points = [(point.value, point.n or 0) for point in chart.points[phase.first :] if point.value is not None]
    baseline = points[: phase.baseline_points]
    return (sum(value * n for value, n in baseline) + 0.5) / (sum(n for _, n in baseline) + 1)


def _findings(cells: Sequence[Cell[Key]], guard: Guard, false_share: float, *, bad: bool) -> tuple[Finding[Key], ...]:
    for cell in cells:
        _check(cell)
    large = [cell for cell in cells if cell.positive.basis >= PUBLISH_FROM]
    scores = [_score(cell) for cell in large]
    strong = _strong(large, scores, guard, false_share)
    found = []
    for cell, z, is_strong in zip(large, scores, strong, strict=True):
        apart = z is not None and abs(z) > Z_95 and (z < 0) == bad
        special = cell.special if cell.special and cell.special.kind is _kind(bad=bad) else None
        if not apart and special is None:
            continue
        certain = (apart and is_strong) or (special is not None and special.certain)
        found.append(_finding(cell, z, special, _level(bad=bad, certain=certain), apart=apart))
    order = list(Level)
    return tuple(sorted(found, key=lambda one: (order.index(one.level), -abs(one.z))))


def _score(cell: Cell[Key]) -> float | None:
    """The score test's z: Wilson's interval leaves the reference out exactly when it is beyond the interval's z."""
    share, reference = cell.positive.share, cell.reference
    if share is None or reference is None:
        return None
    return (share - reference) / sqrt(reference * (1 - reference) / cell.positive.basis)


def _strong(cells: Sequence[Cell[Key]], scores: Sequence[float | None], guard: Guard, false_share: float) -> list[bool]:
    tails = [
        None if cell.reference is None else tail_p(cell.positive.weighed, cell.positive.basis, cell.reference)
        for cell in cells
    ]
    if guard is Guard.LIMIT_998:
        return [
            z is not None and tail is not None and abs(z) > Z_998 and tail <= STRONG_P
            for z, tail in zip(scores, tails, strict=True)
        ]
    tested = [index for index, tail in enumerate(tails) if tail is not None]
    standing = discoveries([min(1.0, 2 * tail) for tail in tails if tail is not None], false_share)
    found = {index for index, stands in zip(tested, standing, strict=True) if stands}
    return [index in found for index in range(len(cells))]


def _finding(cell: Cell[Key], z: float | None, special: Special | None, level: Level, *, apart: bool) -> Finding[Key]:
    share, basis = cell.positive.share, cell.positive.basis
    assert share is not None
    interval = wilson_interval(share * basis, basis)
    assert interval is not None
    return Finding(cell.key, level, cell.positive, share, interval, cell.reference, apart, special, z or 0.0)


def _level(*, bad: bool, certain: bool) -> Level:
    if bad:
        return Level.CONCERN if certain else Level.WATCH
    return Level.HIGHLIGHT if certain else Level.GOOD_SIGN


def _kind(*, bad: bool) -> PointKind:
    return PointKind.CONCERN if bad else PointKind.IMPROVEMENT


def _check(cell: Cell[Key]) -> None:
    cell.positive.check()
    if cell.reference is not None and not 0 < cell.reference < 1:
        raise ValueError(f"what a cell is held against lies between 0 and 1, got {cell.reference} for {cell.key}")
