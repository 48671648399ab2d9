"""The league: who collected most valid responses this month. It never ranks how positive they were."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from server.measures.wilson import wilson_interval

Key = TypeVar("Key")

# The width that responses buy is told at one share for all, so that it shows nobody's positivity.
PLANNING_SHARE = 0.85


class Entry(NamedTuple, Generic[Key]):
    """One team's month. Only teams that opted in are in the league."""

    key: Key
    valid: int  # responses that count
    excluded: int  # flagged as suspected misuse, left out of `valid`
    opted_in: bool = True
    opportunities: int | None = None  # contacts at which somebody could have been asked, where known
    previous: int | None = None  # valid responses of the month before
    before: int = 0  # valid responses of the twelve weeks before the month: what the interval was made of so far


class Standing(NamedTuple, Generic[Key]):
    """One line of the league."""

    rank: int  # equals share a rank, and the next rank is left out
    entry: Entry[Key]
    per_opportunity: float | None  # may exceed 1: opportunities are estimates
    change: int | None
    width_before_points: float  # of the 95 % interval at 85 %, 100 where nothing is known
    width_after_points: float

    @property
    def narrowing_points(self) -> float:
        """What this month's responses bought."""
        return self.width_before_points - self.width_after_points


def league(entries: Sequence[Entry[Key]], planning_share: float = PLANNING_SHARE) -> tuple[Standing[Key], ...]:
    """The lines, first rank first: by valid responses per opportunity where every team knows its opportunities, else by
    valid responses (a rate and a count cannot be ranked together). Equals stay in the order given.

    Raises ValueError for negative counts or no opportunities at all. Source of the widths: wilson.py.
    """
    taking_part = [entry for entry in entries if entry.opted_in]
    for entry in taking_part:
        numbers = (entry.valid, entry.excluded, entry.before, entry.previous or 0)
        if min(numbers) < 0 or (entry.opportunities is not None and entry.opportunities < 1):
            raise ValueError(f"counts are 0 or more and known opportunities 1 or more, got {entry}")
    by_rate = all(entry.opportunities is not None for entry in taking_part)

    def merit(entry: Entry[Key]) -> float:
        return entry.valid / entry.opportunities if by_rate and entry.opportunities else entry.valid

    merits = sorted((merit(entry) for entry in taking_part), reverse=True)
    return tuple(
        Standing(
            merits.index(merit(entry)) + 1,
            entry,
            entry.valid / entry.opportunities if entry.opportunities else None,
            None if entry.previous is None else entry.valid - entry.previous,
            width_points(entry.before, planning_share),
            width_points(entry.before + entry.valid, planning_share),
        )
        for entry in sorted(taking_part, key=merit, reverse=True)
    )


def width_points(n: int, share: float = PLANNING_SHARE) -> float:
    """The width of Wilson's 95 % interval at this share of n responses, 0..100; 100 where n is 0."""
    interval = wilson_interval(share * n, n)
    return 100 * (interval.upper - interval.lower) if interval else 100.0
