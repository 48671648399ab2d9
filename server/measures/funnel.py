"""The funnel plot: which teams or devices differ from all together by more than their n explains. Never a ranking."""

from collections.abc import Mapping
from enum import StrEnum
from math import sqrt
from typing import Generic, NamedTuple, TypeVar

from server.measures.part import Part
from server.measures.positivity import PUBLISH_FROM
from server.measures.wilson import Z_95, Z_998, Interval

Key = TypeVar("Key")


class Place(StrEnum):
    """Where a point lies in the funnel."""

    ABOVE_998 = "above the 99.8 % limit"
    ABOVE_95 = "above the 95 % limit"
    INSIDE = "inside the limits"
    BELOW_95 = "below the 95 % limit"
    BELOW_998 = "below the 99.8 % limit"


class FunnelPoint(NamedTuple):
    """One team or device. `place` is None, and the point drawn hollow and unlabelled, below 10 responses."""

    part: Part
    share: float | None  # 0..1
    limits_95: Interval | None
    limits_998: Interval | None
    place: Place | None

    @property
    def hollow(self) -> bool:
        """Too few to be named or judged."""
        return self.place is None


class Funnel(NamedTuple, Generic[Key]):
    """All points around what they are together, in the order given."""

    pooled: float | None  # 0..1; None where nobody answered
    points: dict[Key, FunnelPoint]


def funnel_limits(pooled: float, n: float, z: float) -> Interval | None:
    """Limits pooled +/- z sqrt(pooled (1 - pooled) / n), clipped to 0..1; None where n is 0.

    Raises ValueError for a pooled share outside 0..1 or a negative n. Source: the plain form of Spiegelhalter 2005
    (Statistics in Medicine 24).
    """
    if not 0 <= pooled <= 1 or n < 0:
        raise ValueError(f"a share is within 0 and 1 and n at least 0, got {pooled} and {n}")
    if n == 0:
        return None
    spread = z * sqrt(pooled * (1 - pooled) / n)
    return Interval(max(0.0, pooled - spread), min(1.0, pooled + spread))


def funnel(parts: Mapping[Key, Part]) -> Funnel[Key]:
    """Every part with its limits at 95 and 99.8 % around the pooled share of all of them.

    n is people where a part says how many (part.py). A point on a limit is inside. Raises ValueError for an
    impossible part. Source: as funnel_limits.
    """
    for part in parts.values():
        part.check()
    answers = sum(part.n for part in parts.values())
    if answers == 0:
        return Funnel(None, {key: FunnelPoint(part, None, None, None, None) for key, part in parts.items()})
    pooled = sum(part.chosen for part in parts.values()) / answers
    return Funnel(pooled, {key: _point(part, pooled) for key, part in parts.items()})


def _point(part: Part, pooled: float) -> FunnelPoint:
    inner, outer = funnel_limits(pooled, part.basis, Z_95), funnel_limits(pooled, part.basis, Z_998)
    if inner is None or outer is None or part.share is None or part.basis < PUBLISH_FROM:
        return FunnelPoint(part, part.share, inner, outer, None)
    return FunnelPoint(part, part.share, inner, outer, _place(part.share, inner, outer))


def _place(share: float, inner: Interval, outer: Interval) -> Place:
    if share > outer.upper:
        return Place.ABOVE_998
    if share < outer.lower:
        return Place.BELOW_998
    if share > inner.upper:
        return Place.ABOVE_95
    return Place.BELOW_95 if share < inner.lower else Place.INSIDE
