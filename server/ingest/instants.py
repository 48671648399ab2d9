"""When was it answered? By the device's clock, else its session's anchor, else between two bounds."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from protocol.instants import to_unix
from protocol.record import QUALITY_DRIFTING, Record
from server.ingest.tables import ANSWERED_ANCHORED, ANSWERED_BY_CLOCK, ANSWERED_UNKNOWN, UNDATED

# A clock that is off by more is wrong rather than drifting: the device hears the server's time at every sync.
CLOCK_TOLERANCE = timedelta(days=1)


class Lived(NamedTuple):
    """The span in which a device can have taken a response."""

    enrolled_at: datetime
    received_at: datetime

    def holds(self, instant: datetime) -> bool:
        """Whether the instant lies in it, give or take the tolerance."""
        return self.enrolled_at - CLOCK_TOLERANCE <= instant <= self.received_at + CLOCK_TOLERANCE


class Answered(NamedTuple):
    """`at` is None where it is not known; then `after` and `before` bound it."""

    at: datetime | None
    by: str
    after: datetime | None
    before: datetime | None

    def day(self, timezone: str) -> date:
        """The local day it counts under."""
        return UNDATED if self.at is None else self.at.astimezone(ZoneInfo(timezone)).date()


def clock_of(record: Record) -> datetime | None:
    """The device's clock, where it is good enough for a date."""
    if record.clock == 0 or record.quality < QUALITY_DRIFTING:
        return None
    return datetime.fromtimestamp(to_unix(record.clock), UTC)


def resolve(
    record: Record,
    lived: Lived,
    session_start: Callable[[], datetime | None],
    known_before: Callable[[], datetime | None],
) -> Answered:
    """The best that is known; `session_start` and `known_before` are asked only where the clock is no use.

    The caller has refused a clock outside of `lived`.
    """
    clock = clock_of(record)
    if clock is not None:
        return Answered(min(clock, lived.received_at), ANSWERED_BY_CLOCK, None, None)
    start = session_start()
    if start is not None and lived.holds(start + timedelta(seconds=record.seconds)):
        at = min(start + timedelta(seconds=record.seconds), lived.received_at)
        return Answered(at, ANSWERED_ANCHORED, None, None)
    after = max(lived.enrolled_at, known_before() or lived.enrolled_at)
    return Answered(None, ANSWERED_UNKNOWN, min(after, lived.received_at), lived.received_at)
