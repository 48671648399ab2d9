"""The four rules that tell a special cause from chance, tested on points that each have limits.

A point without a value is no point: its neighbours follow each other. Runs never cross a rebase. A point for which
several rules hold is named after the first in the order of Rule.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from server.measures.chart import Limits, PointKind, Rule, RunLengths, Side, Signal
from server.measures.direction import Better

Placed = tuple[float, Limits]

DEFAULT_LENGTHS = RunLengths()
# Binary fractions stray in the sixteenth digit: what differs by less is a tie, or points that never change would
# lie strictly outside their own mean.
TIE_WITHIN = 1e-9


def find_signals(placed: Sequence[Placed], lengths: RunLengths = DEFAULT_LENGTHS) -> tuple[Signal | None, ...]:
    """What is special about each of the points of one phase, in order; None where chance explains it.

    `placed`: value and unclipped limits of each point that has a value. Raises ValueError for a run length below 2.
    Source: NHSRplotthedots, R/ptd_calculate_point_type.R; Making Data Count.
    """
    if min(lengths) < 2:
        raise ValueError(f"a run is at least 2 points long, got {lengths}")
    found: list[Signal | None] = [None] * len(placed)
    for rule, flagged in (
        (Rule.OUTSIDE, _outside(placed)),
        (Rule.TREND, _trend([value for value, _ in placed], lengths.trend)),
        (Rule.TWO_OF_THREE, _two_of_three(placed)),
        (Rule.SHIFT, _shift(placed, lengths.shift)),
    ):
        for index, side in flagged:
            found[index] = found[index] or Signal(rule, side)
    return tuple(found)


def kind_of(signal: Signal | None, better: Better) -> PointKind:
    """What the signal means where `better` says which way is good."""
    if signal is None:
        return PointKind.COMMON_CAUSE
    if better is Better.NEITHER:
        return PointKind.NEUTRAL
    good = (signal.side is Side.HIGH) == (better is Better.HIGHER)
    return PointKind.IMPROVEMENT if good else PointKind.CONCERN


def sign(difference: float) -> int:
    """1 above, -1 below, 0 for a tie."""
    return 0 if abs(difference) <= TIE_WITHIN else (1 if difference > 0 else -1)


def _outside(placed: Sequence[Placed]) -> Iterator[tuple[int, Side]]:
    """Strictly outside: a point on a limit is inside."""
    for index, (value, limits) in enumerate(placed):
        if sign(value - limits.upper) > 0:
            yield index, Side.HIGH
        elif sign(value - limits.lower) < 0:
            yield index, Side.LOW


def _trend(values: Sequence[float], length: int) -> Iterator[tuple[int, Side]]:
    """Runs strictly rising or falling; a tie breaks them."""
    steps = [sign(after - before) for before, after in pairwise(values)]
    for start in range(len(values) - length + 1):
        run = set(steps[start : start + length - 1])
        if len(run) == 1 and run != {0}:
            side = Side.HIGH if run == {1} else Side.LOW
            yield from ((index, side) for index in range(start, start + length))


def _two_of_three(placed: Sequence[Placed]) -> Iterator[tuple[int, Side]]:
    """Two of three between near-limit and limit, all three on the same side of the mean; only those two (or three)
    are flagged. Outside the limits is not near them.
    """
    sides = [sign(value - limits.mean) for value, limits in placed]
    near = [_near(value, limits) for value, limits in placed]
    for start in range(len(placed) - 2):
        window = range(start, start + 3)
        same_side = {sides[index] for index in window}
        if len(same_side) == 1 and same_side != {0} and sum(near[index] for index in window) >= 2:
            side = Side.HIGH if same_side == {1} else Side.LOW
            yield from ((index, side) for index in window if near[index])


def _near(value: float, limits: Limits) -> bool:
    inside = sign(value - limits.upper) <= 0 <= sign(value - limits.lower)
    return inside and (sign(value - limits.near_upper) > 0 or sign(value - limits.near_lower) < 0)


def _shift(placed: Sequence[Placed], length: int) -> Iterator[tuple[int, Side]]:
    """Runs strictly on one side of the mean; a point on it breaks them."""
    sides = [sign(value - limits.mean) for value, limits in placed]
    for start in range(len(placed) - length + 1):
        run = set(sides[start : start + length])
        if len(run) == 1 and run != {0}:
            side = Side.HIGH if run == {1} else Side.LOW
            yield from ((index, side) for index in range(start, start + length))
