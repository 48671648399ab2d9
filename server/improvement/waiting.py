"""How long concerns waited until something was done."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.aggregates.periods import instant
from server.improvement.sight import concerns_seen
from server.improvement.tables import Action, Concern
from server.measures.time_to_action import Raised, TimeToAction, time_to_action


def days_waited(concern: Concern, actions: Sequence[Action], zone: ZoneInfo, now: datetime) -> float | None:
    """Days from the concern to the first day that an action was in place; None while nothing was."""
    days = [action.started_on for action in actions if action.started_on is not None]
    found = _raised(concern.raised_at, min(days, default=None), concern.closed_at, zone)
    return _told([found], now).median_days


def all_waited(session: Session, viewer: Viewer, zone: ZoneInfo, now: datetime) -> TimeToAction:
    """Of all concerns that this viewer may see: the median stands beside how many still wait."""
    first = (
        select(func.min(Action.started_on))
        .where(Action.organisation_id == Concern.organisation_id, Action.concern_id == Concern.concern_id)
        .correlate(Concern)
        .scalar_subquery()
    )
    query = select(Concern.raised_at, first, Concern.closed_at).where(concerns_seen(viewer))
    rows = session.execute(query).all()
    return _told([_raised(raised_at, day, closed_at, zone) for raised_at, day, closed_at in rows], now)


def _told(concerns: Sequence[Raised], now: datetime) -> TimeToAction:
    """Two servers' clocks may differ: a concern that is from just ahead of now has not waited at all."""
    return time_to_action(concerns, max([now, *(concern.raised_at for concern in concerns)]))


def _raised(raised_at: datetime, day: date | None, closed_at: datetime | None, zone: ZoneInfo) -> Raised:
    """As the measure takes it: an action begins with the first local day on which it was in place."""
    return Raised(raised_at, None if day is None else instant(day, zone), closed_at)
