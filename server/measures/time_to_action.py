"""How long a concern waits for its first action: feedback that nothing follows is not asked for again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import NamedTuple

DAY_S = 86_400


class Raised(NamedTuple):
    """One concern. Both instants carry a zone."""

    raised_at: datetime
    first_action_at: datetime | None = None  # None: none so far
    closed_at: datetime | None = None  # closed without an action: it waits no longer


class TimeToAction(NamedTuple):
    """Days are real days of 24 hours, unrounded; None where there is nothing to say."""

    acted_on: int
    waiting: int
    closed_without: int
    median_days: float | None  # of those acted on
    longest_days: float | None
    longest_waiting_days: float | None


def time_to_action(concerns: Sequence[Raised], now: datetime) -> TimeToAction:
    """The days from each concern to its first action, and how long the others have waited up to `now`.

    An action that was under way before the concern counts as 0 days. The median is of concerns that were acted on,
    so it stands beside the number still waiting and is never told without it. Raises ValueError for an instant
    without a zone, and for a concern raised after `now`.
    """
    for concern in concerns:
        _check(concern, now)
    acted = [
        max(0.0, _days(concern.raised_at, concern.first_action_at)) for concern in concerns if concern.first_action_at
    ]
    idle = [concern for concern in concerns if concern.first_action_at is None]
    waiting = [_days(concern.raised_at, now) for concern in idle if concern.closed_at is None]
    return TimeToAction(
        len(acted),
        len(waiting),
        len(idle) - len(waiting),
        median(acted) if acted else None,
        max(acted, default=None),
        max(waiting, default=None),
    )


def _days(first: datetime, last: datetime) -> float:
    # In UTC: two local times of one zone are subtracted as if no clock had been changed between them.
    return (last.astimezone(UTC) - first.astimezone(UTC)).total_seconds() / DAY_S


def _check(concern: Raised, now: datetime) -> None:
    instants = [at for at in (*concern, now) if at is not None]
    if any(at.tzinfo is None for at in instants):
        raise ValueError(f"an instant needs a zone, got {concern} at {now}")
    if _days(concern.raised_at, now) < 0:
        raise ValueError(f"a concern cannot be raised after now, got {concern} at {now}")
