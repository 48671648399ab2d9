"""Like for like: two periods compared over the devices that stood at the same place all through both.

Ten devices more, and the whole may rise or fall though no ward changed. So beside the comparison of everything stands
the one of what was there both times, and who joined and who left.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from server.measures.direction import Better
from server.measures.effect import Effect, compare
from server.measures.part import Part

Key = TypeVar("Key")


class Stay(NamedTuple):
    """From the day `first` up to the day `after` at one place; None: to this day."""

    first: date
    after: date | None = None


class Span(NamedTuple):
    """A period: the day `first` up to the day `after`."""

    first: date
    after: date


class LikeForLike(NamedTuple, Generic[Key]):
    """Both comparisons. Keys are in the order given."""

    all: Effect
    same: Effect
    kept: tuple[Key, ...]  # there all through both periods
    joined: tuple[Key, ...]  # not all through the first, but all through the second
    left: tuple[Key, ...]
    neither: tuple[Key, ...]


def like_for_like(
    stays: Mapping[Key, Sequence[Stay]],
    before: Mapping[Key, Part],
    after: Mapping[Key, Part],
    spans: tuple[Span, Span],
    better: Better = Better.HIGHER,
) -> LikeForLike[Key]:
    """Two periods, all together and like for like. A key is a device at a team: one that moved is another.

    `stays`: when each stood there. A key with answers but no stay stood nowhere the whole time. Raises ValueError for
    a span that ends before it begins. Sources: effect.py.
    """
    if any(span.after <= span.first for span in spans):
        raise ValueError(f"a period ends after it begins, got {spans}")
    keys = tuple(dict.fromkeys([*stays, *before, *after]))
    there = {key: tuple(_all_through(stays.get(key, ()), span) for span in spans) for key in keys}
    groups = {
        state: tuple(key for key in keys if there[key] == state)
        for state in ((True, True), (False, True), (True, False), (False, False))
    }
    kept = groups[True, True]
    return LikeForLike(
        compare(_sum(before, keys), _sum(after, keys), better),
        compare(_sum(before, kept), _sum(after, kept), better),
        kept,
        groups[False, True],
        groups[True, False],
        groups[False, False],
    )


def _all_through(stays: Sequence[Stay], span: Span) -> bool:
    """Whether the stays cover every day of the span: also several that follow each other without a gap."""
    reached = span.first
    for stay in sorted(stays, key=lambda one: one.first):
        if stay.first <= reached:
            reached = max(reached, stay.after or span.after)
    return reached >= span.after


def _sum(parts: Mapping[Key, Part], keys: Sequence[Key]) -> Part:
    found = [parts[key] for key in keys if key in parts]
    total = found[0] if found else Part(0, 0)
    for part in found[1:]:
        total = total.plus(part)
    return total
