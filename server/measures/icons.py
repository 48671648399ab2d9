"""The two icons beside a chart: variation (is anything special now?) and assurance (will it reach the target?)."""

from typing import NamedTuple

from server.measures.chart import Assurance, Chart, Limits, PointKind, Side
from server.measures.direction import Better


class Variation(NamedTuple):
    """The variation icon: never a colour alone, always with its words."""

    kind: PointKind
    side: Side | None  # None for common cause
    colour: str
    words: str


COLOURS = {  # Making Data Count's, as NHSRplotthedots draws them
    PointKind.IMPROVEMENT: "#00b0f0",
    PointKind.CONCERN: "#e46c0a",
    PointKind.COMMON_CAUSE: "#a6a6a6",
    PointKind.NEUTRAL: "#490092",
}


def variation(chart: Chart) -> Variation:
    """The icon of the latest point that has a value. Source: Making Data Count; NHSRplotthedots."""
    kind = chart.kind_of_latest
    signal = chart.latest.signal if chart.latest else None
    if signal is None:
        return Variation(kind, None, COLOURS[kind], "common cause: no significant change")
    if kind is PointKind.NEUTRAL:
        return Variation(kind, signal.side, COLOURS[kind], f"special cause, {signal.side}: neither better nor worse")
    good = "of improving nature" if kind is PointKind.IMPROVEMENT else "of concerning nature"
    return Variation(kind, signal.side, COLOURS[kind], f"special cause {good}, {signal.side}")


def assurance(limits: Limits | None, target: float | None, better: Better) -> Assurance | None:
    """What the limits in force say about the target; None without target, limits or a better direction.

    Where higher is better: a target above the upper limit is consistently failed, one below the lower limit
    consistently passed, anything between is hit or missed by chance; mirrored where lower is better.
    `limits` (not clipped) and `target` in the points' unit. Source: Making Data Count; NHSRplotthedots.
    """
    if limits is None or target is None or better is Better.NEITHER:
        return None
    if limits.lower <= target <= limits.upper:
        return Assurance.HIT_OR_MISS
    return Assurance.FAIL if (target > limits.upper) == (better is Better.HIGHER) else Assurance.PASS
