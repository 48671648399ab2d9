"""Spans of local days and their buckets. Pure: the organisation's days are plain dates here."""

import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

ALL = "all"
NAMES = (ALL, "this-week", "last-week", "this-month", "last-month", "last-13-weeks")
FORMS = (*NAMES, "2026", "2026-Q4", "2026-11", "2026-W47")  # as a refusal lists them
FIRST_YEAR, LAST_YEAR = 2020, 2155  # what a device's clock can say


class Granularity(StrEnum):
    """The length of a bucket. Weeks start on Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class Period(NamedTuple):
    """Local days from `first` up to, not including, `after`. None: as far as there are answers."""

    first: date | None
    after: date | None

    @property
    def unbounded(self) -> bool:
        """Whether it takes in everything, answers without a usable date included."""
        return self.first is None and self.after is None


class Bucket(NamedTuple):
    """One interval of a series, cut to its period. The label names the whole day, ISO week, month or quarter.

    Of an hour, `first` and `after` are instants in UTC: one local hour a year comes twice.
    """

    label: str
    first: date
    after: date


def named_period(name: str, today: date) -> Period | None:
    """The period called `name` as seen on `today`; None when there is no such name.

    "last-13-weeks" is the thirteen whole weeks before this one, so that no running week pulls the trend down.
    """
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    known = {
        ALL: Period(None, None),
        "this-week": Period(monday, monday + timedelta(days=7)),
        "last-week": Period(monday - timedelta(days=7), monday),
        "this-month": Period(month, _add_months(month, 1)),
        "last-month": Period(_add_months(month, -1), month),
        "last-13-weeks": Period(monday - timedelta(weeks=13), monday),
    }
    return known.get(name) or _calendar_period(name)


def _calendar_period(name: str) -> Period | None:
    match = re.fullmatch(r"(\d{4})(?:-(?:Q([1-4])|W(\d\d)|(\d\d)))?", name, re.ASCII)
    if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        return None
    year, quarter, week, month = (int(part) if part else None for part in match.groups())
    assert year is not None
    try:
        if week is not None:
            monday = date.fromisocalendar(year, week, 1)
            return Period(monday, monday + timedelta(days=7))
        first = date(year, month or (3 * quarter - 2 if quarter else 1), 1)
    except ValueError:  # week 54, month 13
        return None
    return Period(first, _add_months(first, 1 if month else 3 if quarter else 12))


def buckets(first: date, after: date, granularity: Granularity, zone: ZoneInfo | None = None) -> list[Bucket]:
    """Every bucket that touches the days from `first` up to `after`, in order; the outer two cut to them.

    Hours need the zone that they are local to.
    """
    if granularity is Granularity.HOUR:
        return _hours(first, after, zone or ZoneInfo("UTC"))
    found = []
    while first < after:
        whole = whole_bucket(first, granularity)
        found.append(Bucket(whole.label, first, min(whole.after, after)))
        first = whole.after
    return found


def _hours(first: date, after: date, zone: ZoneInfo) -> list[Bucket]:
    """A day with a clock change has 23 or 25; the hour that comes twice carries its offset too."""
    begin, end, hour = instant(first, zone), instant(after, zone), timedelta(hours=1)
    starts = [begin + number * hour for number in range(int((end - begin) / hour))]

    def label(start: datetime) -> str:
        local = start.astimezone(zone)
        twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
        return local.isoformat(timespec="hours") if twice else f"{local:%Y-%m-%dT%H}"

    return [Bucket(label(start), start, start + hour) for start in starts]


def whole_bucket(day: date, granularity: Granularity) -> Bucket:
    """The bucket that holds `day`, labelled 2026-11-23, 2026-W48, 2026-11 or 2026-Q4. Hours are no parts of a date."""
    match granularity:
        case Granularity.QUARTER:
            first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
            return Bucket(f"{day.year}-Q{(day.month + 2) // 3}", first, _add_months(first, 3))
        case Granularity.HOUR | Granularity.DAY:
            return Bucket(day.isoformat(), day, day + timedelta(days=1))
        case Granularity.WEEK:
            monday = day - timedelta(days=day.weekday())
            return Bucket("{}-W{:02}".format(*day.isocalendar()), monday, monday + timedelta(days=7))
        case Granularity.MONTH:
            first = day.replace(day=1)
            return Bucket(f"{day:%Y-%m}", first, _add_months(first, 1))


def count_buckets(first: date, after: date, granularity: Granularity) -> int:
    """How many buckets `buckets` would give, found without making them."""
    if first >= after:
        return 0
    if granularity is Granularity.HOUR:
        return (after - first).days * 24  # an hour more or less where the clock changes
    start, last = whole_bucket(first, granularity).first, after - timedelta(days=1)
    if granularity in {Granularity.MONTH, Granularity.QUARTER}:
        months = (last.year - start.year) * 12 + last.month - start.month
        return months // (3 if granularity is Granularity.QUARTER else 1) + 1
    return (last - start).days // (7 if granularity is Granularity.WEEK else 1) + 1


def instant(day: date, zone: ZoneInfo) -> datetime:
    """The UTC instant at which the local `day` begins; an instant is one already."""
    if isinstance(day, datetime):
        return day
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _add_months(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
