"""The heat map: answers by local weekday and hour, with the hours that a clock change doubles or leaves out."""

import math
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from server.measures.part import Part
from server.measures.positivity import PUBLISH_FROM
from server.measures.wilson import Interval, wilson_interval

DAYS, HOURS = 7, 24


class Square(NamedTuple):
    """A weekday, 0 Monday to 6 Sunday, and a local hour, 0 to 23."""

    weekday: int
    hour: int


class HeatCell(NamedTuple):
    """One of the 168. `share` 0..1 and its 95 % interval are None below 10 responses."""

    square: Square
    part: Part
    hours: int  # how often this hour really passed in the period
    per_hour: float | None  # answers an hour; None where the hour never passed
    share: float | None
    interval: Interval | None


def square_of(at: datetime, zone: tzinfo) -> Square:
    """Where an instant belongs. In autumn two real hours have the same name and lie in the same square.

    Raises ValueError for a time without a zone.
    """
    if at.tzinfo is None:
        raise ValueError("an instant needs a zone, got one without")
    local = at.astimezone(zone)
    return Square(local.weekday(), local.hour)


def hours_passed(first: date, after: date, zone: tzinfo) -> dict[Square, int]:
    """How often each square really passes from local day `first` up to `after`: 24 hours a day, but 23 and 25 on the
    days of clock changes. All 168 squares are there. Raises ValueError for a period that ends before it begins.
    """
    if after < first:
        raise ValueError(f"a period ends after it begins, got {first} to {after}")
    usual = [0] * DAYS  # days of 24 hours, by weekday: nearly all, and counted at once
    unusual: Counter[Square] = Counter()
    day, begin = first, _start(first, zone)
    while day < after:
        day, weekday = day + timedelta(days=1), day.weekday()
        end = _start(day, zone)
        if end - begin == timedelta(hours=HOURS):
            usual[weekday] += 1
        else:
            hours = math.ceil((end - begin) / timedelta(hours=1))
            unusual.update(square_of(begin + timedelta(hours=number), zone) for number in range(hours))
        begin = end
    squares = (Square(weekday, hour) for weekday in range(DAYS) for hour in range(HOURS))
    return {square: usual[square.weekday] + unusual[square] for square in squares}


def _start(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def heatmap(
    parts: Mapping[Square, Part], hours: Mapping[Square, int], percent_from: int = PUBLISH_FROM
) -> tuple[HeatCell, ...]:
    """All 168 cells, Monday 0:00 first. `parts`: positive answers of n by square; one that is missing is empty.

    A square's count is compared by the hour, since in a short period not every hour passed equally often.
    Raises ValueError for a square that no week has, or impossible counts. Source of the interval: wilson.py.
    """
    for square, part in parts.items():
        part.check()
        if not (0 <= square.weekday < DAYS and 0 <= square.hour < HOURS):
            raise ValueError(f"a week has no {square}")
    return tuple(
        _cell(Square(weekday, hour), parts, hours, max(1, percent_from))
        for weekday in range(DAYS)
        for hour in range(HOURS)
    )


def _cell(square: Square, parts: Mapping[Square, Part], hours: Mapping[Square, int], percent_from: int) -> HeatCell:
    part, passed = parts.get(square, Part(0, 0)), hours.get(square, 0)
    per_hour = part.n / passed if passed else None
    if part.share is None or part.basis < percent_from:
        return HeatCell(square, part, passed, per_hour, None, None)
    interval = wilson_interval(part.share * part.basis, part.basis)
    return HeatCell(square, part, passed, per_hour, part.share, interval)
