"""The thirteen weeks that stand beside a month: a month of one device is mostly "cannot tell yet"."""

from datetime import date, timedelta

ROLLING_WEEKS = 13  # a quarter of a year in whole weeks, so that every weekday counts the same


def rolling_bounds(after: date, length: int = ROLLING_WEEKS) -> tuple[date, date]:
    """The Monday at which the last `length` whole weeks begin that are over by the day `after`, and the day after
    them (a Monday). For a month: `after` is the first of the next. Raises ValueError for a length below 1.
    """
    if length < 1:
        raise ValueError(f"what stands beside a month is at least 1 week, got {length}")
    end = after - timedelta(days=after.weekday())
    return end - timedelta(weeks=length), end
