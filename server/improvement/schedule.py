"""When an audit is due. Pure: days are plain dates, local to the organisation."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import NamedTuple

WEEKLY, MONTHLY = "week", "month"
INTERVALS = (WEEKLY, MONTHLY)
DONE, DUE, MISSED = "done", "due", "missed"
OVERDUE, ENDED, NOT_YET = "overdue", "ended", "not begun"
PERIODS_MAX = 120  # that are listed at once: ten years of months, or two of weeks


class AuditPeriod(NamedTuple):
    """One week or month in which the checklist was, is or should have been gone through. `after` is exclusive."""

    first: date
    after: date
    state: str  # DONE, DUE, MISSED


def period_of(day: date, every: str) -> tuple[date, date]:
    """The week (from Monday) or calendar month of this day: first day, and the day after the last."""
    if every == WEEKLY:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def audit_periods(
    every: str, from_date: date, to_date: date | None, audited: Collection[date], today: date
) -> list[AuditPeriod]:
    """The newest PERIODS_MAX periods that have begun by `today`, newest first.

    `to_date` is exclusive. A period counts as done with one audit on any of its days, also before `from_date` in it.
    """
    last = min(today, to_date - timedelta(days=1)) if to_date else today
    found: list[AuditPeriod] = []
    while last >= from_date and len(found) < PERIODS_MAX:
        first, after = period_of(last, every)
        done = any(first <= day < after for day in audited)
        found.append(AuditPeriod(first, after, DONE if done else DUE if today < after else MISSED))
        last = first - timedelta(days=1)
    return found


def schedule_state(periods: Collection[AuditPeriod], from_date: date, to_date: date | None, today: date) -> str:
    """Where a schedule stands: DONE for now, DUE, OVERDUE (a finished period was left out, none done since)."""
    if today < from_date:
        return NOT_YET
    if to_date is not None and to_date <= today:
        return ENDED
    newest = [period.state for period in periods][:2]
    if newest[0] == DONE:
        return DONE
    return OVERDUE if MISSED in newest else DUE
