"""Evidence of consultation: in twelve months, how many were asked and answered, what was found, what people were told.

What was done about it is the report's list of actions, as in every report.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.aggregates.counts import Passes, passes
from server.aggregates.dimensions import SERVICE, bucket
from server.aggregates.periods import Granularity, Period
from server.aggregates.scope import Scope
from server.api.stats.comparing import months_before
from server.improvement.concerns import concerns
from server.improvement.places import codes
from server.improvement.status import DRAFT
from server.improvement.team_tables import YouSaid
from server.improvement.you_said import texts

MONTHS = 12  # a year: every season is in it, and every service's quiet time
LOOKED_AT_MAX = 500  # newest first


def consulted(
    session: Session, scope: Scope, viewer: Viewer, period: Period, services: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """`services`: the rows of the report, by code and name. `viewer`: somebody of the report's audience."""
    assert period.first is not None
    assert period.after is not None
    numbers = {code: number for number, code in codes(session, viewer.organisation_id).services.items()}
    by_service = passes(session, scope, period, (SERVICE,))
    by_month = passes(session, scope, period, (bucket(Granularity.MONTH),))
    months = [months_before(period.after, back) for back in range(MONTHS, 0, -1)]
    return {
        "asked": _asked(passes(session, scope, period).get((), Passes())),
        "services": [
            {"code": row["code"], "name": row["name"], **_asked(by_service.get((numbers[row["code"]],), Passes()))}
            for row in services
        ],
        "months": [{"month": f"{first:%Y-%m}", **_asked(by_month.get((first,), Passes()))} for first in months],
        "found": _found(session, viewer, period, scope.place.zone),
        "told": _told(session, viewer, period, scope.place.zone),
    }


def _asked(counted: Passes) -> dict[str, int]:
    """`asked`: whoever answered, all or in part, or said no while staff held the device."""
    return {
        "asked": counted.responses + counted.declined,
        "complete": counted.complete,
        "partial": counted.partial,
        "declined": counted.declined,
    }


def _found(session: Session, viewer: Viewer, period: Period, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The concerns that were open in the span, those raised last first."""
    return [
        {
            "concern": row.concern_id,
            "title": row.title,
            "origin": row.origin,
            "raised_on": _day(row.raised_at, zone),
            "status": row.status,
            "closed_on": _day(row.closed_at, zone),
        }
        for row in concerns(session, viewer, limit=LOOKED_AT_MAX)
        if _overlaps(row.raised_at, row.closed_at, period, zone)
    ]


def _told(session: Session, viewer: Viewer, period: Period, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The texts that were approved and shown in the span, in the language that comes first."""
    return [
        {
            "you_said": row.you_said_id,
            "words": next(iter(row.translations.values())),
            "from": _day(_shown_from(row), zone),
            "to": _day(_shown_to(row), zone),
        }
        for row in texts(session, viewer, limit=LOOKED_AT_MAX)
        if row.status != DRAFT and row.approved_at and _overlaps(_shown_from(row), _shown_to(row), period, zone)
    ]


def _shown_from(row: YouSaid) -> datetime | None:
    return max((at for at in (row.approved_at, row.from_at) if at), default=None)


def _shown_to(row: YouSaid) -> datetime | None:
    return min((at for at in (row.withdrawn_at, row.to_at) if at), default=None)


def _overlaps(begin: datetime | None, end: datetime | None, period: Period, zone: ZoneInfo) -> bool:
    assert period.first is not None
    assert period.after is not None
    began, ended = _day(begin, zone), _day(end, zone)
    return began is not None and began < str(period.after) and (ended is None or ended >= str(period.first))


def _day(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).date().isoformat()
