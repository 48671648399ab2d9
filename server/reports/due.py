"""When scheduled work is due. Pure: from the organisation's local time to the one piece of each work that is due last.

What was missed while nothing ran is not made up for: only the latest is done, once.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

WEEK = timedelta(days=7)
DETECTION_HOUR, DIGEST_HOUR = 5, 7  # local, on Mondays: what was detected stands in the digest
DRAFTS_DAY, DRAFTS_HOUR = 3, 6  # of the month: devices that were late by a day or two have delivered


class Due(NamedTuple):
    """One piece of work. `name`: of the week or month it is about; `first`, `after`: its days."""

    name: str
    first: date
    after: date


def of_week(local: datetime, hour: int) -> Due:
    """The week that ended with the latest Monday on which this hour has come."""
    monday = local.date() - timedelta(days=local.weekday())
    if local.weekday() == 0 and local.hour < hour:
        monday -= WEEK
    year, week, _ = (monday - WEEK).isocalendar()
    return Due(f"{year}-W{week:02}", monday - WEEK, monday)


def of_month(local: datetime) -> Due:
    """The month that had ended when drafts were last to be made."""
    this = local.date().replace(day=1)
    if (local.day, local.hour) < (DRAFTS_DAY, DRAFTS_HOUR):
        this = (this - timedelta(days=1)).replace(day=1)
    first = (this - timedelta(days=1)).replace(day=1)
    return Due(f"{first:%Y-%m}", first, this)
