"""What figures rest on, as a few numbers: while these are the same, so is every answer about the organisation."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.accounts.audit_tables import AuditHead
from server.aggregates.custody import data_version
from server.aggregates.scope import UnknownNameError, find_place
from server.ingest.tables import Connection


class Freshness(NamedTuple):
    """`counted`: rises with every change of a count. `changed`: with every change of targets, texts, plans, people.
    `heard_at`: when a device last said how much it still holds.
    """

    counted: int
    changed: int
    heard_at: datetime | None


def freshness(session: Session, organisation_id: int) -> Freshness:
    """Of the organisation, now; of one that is not there, nothing rests on anything."""
    try:
        place = find_place(session, organisation_id)
    except UnknownNameError:
        return Freshness(0, 0, None)
    changed = select(AuditHead.sequence).where(AuditHead.organisation_id == organisation_id)
    heard = select(func.max(Connection.confirmed_at)).where(Connection.organisation_id == organisation_id)
    return Freshness(data_version(session, place), session.scalar(changed) or 0, session.scalar(heard))
