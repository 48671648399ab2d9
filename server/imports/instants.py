"""When was it answered, as a file says it: an instant with its offset, or a local one that happened exactly once."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

FORM = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
EXAMPLE = "2026-11-23T14:05 for local time, 2026-11-23T14:05+00:00 or ...Z with an offset"
FIRST_YEAR = 2020  # figures can be asked for from then on
LATE_MAX = timedelta(minutes=5)  # clocks of desks run ahead


class InstantError(ValueError):
    """`args`: what is wrong, and what to write instead."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem, self.remedy = problem, remedy


@cache
def known_zones() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(available_timezones())


def read_instant(text: str, zone: str, now: datetime) -> datetime:
    """In UTC; `zone` holds where the text has no offset. Raises InstantError."""
    if FORM.fullmatch(text) is None:
        raise InstantError("is no instant", f"write {EXAMPLE}; a day alone is not enough")
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise InstantError("is not in the calendar", f"write {EXAMPLE}") from None
    at = (_from_local(value, zone) if value.tzinfo is None else value).astimezone(UTC)
    if at.year < FIRST_YEAR:
        raise InstantError(f"is before {FIRST_YEAR}", "leave the row out: no figure can be asked for so early")
    if at > now + LATE_MAX:
        raise InstantError("is in the future", f"it is {now:%Y-%m-%dT%H:%M}Z now; look at the date and the time zone")
    return at


def _from_local(value: datetime, zone: str) -> datetime:
    first = value.replace(tzinfo=ZoneInfo(zone), fold=0)
    second = value.replace(tzinfo=ZoneInfo(zone), fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    if first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != value:
        raise InstantError(f"never was in {zone}: clocks went forward over it", "write it with its offset, or as UTC")
    earlier, later = (f"{each:%z}" for each in (first, second))
    raise InstantError(f"was twice in {zone}: clocks went back", f"write it with its offset, {earlier} or {later}")
