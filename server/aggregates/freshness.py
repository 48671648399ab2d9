"""What figures rest on, as a few numbers: while these are the same, so is every answer about the organisation."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.accounts.audit_tables import AuditHead
from server.aggregates.custody import versioned
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
    changed = select(AuditHead.sequence).where(AuditHead.organisation_id == organisation_id)
    heard = select(func.max(Connection.confirmed_at)).where(Connection.organisation_id == organisation_id)
    numbers = select(versioned(organisation_id), func.coalesce(changed.scalar_subquery(), 0), heard.scalar_subquery())
    counted, sequence, heard_at = session.execute(numbers).one()
    return Freshness(int(counted), sequence, heard_at)
