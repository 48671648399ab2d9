"""How the line stands, in numbers without names: what has arrived, what was refused, what lies apart, how fresh."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from server.ingest.rollup_tables import RollupResponseSegment
from server.ingest.tables import Connection, Evidence, Gap, Journal, Quarantine, RefusalCount

OUTCOMES = ("complete", "partial", "declined")


class Standing(NamedTuple):
    """`responses` by outcome and whether flagged; `refused` (of the whole server: an unknown device belongs to no
    organisation) and `quarantined` by reason. `received_at`: when a device last proved itself.
    """

    responses: dict[tuple[str, bool], int]
    records: int
    batches: int
    lost: int
    refused: dict[str, int]
    quarantined: dict[str, int]
    received_at: datetime | None
    database_bytes: int


def standing(session: Session, organisation_id: int) -> Standing:
    """Of the organisation, from what is stored."""
    scalars = (
        select(func.coalesce(func.sum(Journal.stored_through), 0)).where(Journal.organisation_id == organisation_id),
        select(func.count()).select_from(Evidence).where(Evidence.organisation_id == organisation_id),
        select(func.coalesce(func.sum(Gap.last_sequence - Gap.first_sequence + 1), 0)).where(
            Gap.organisation_id == organisation_id
        ),
    )
    records, batches, lost = (int(session.scalar(each) or 0) for each in scalars)
    refused = select(RefusalCount.reason, func.sum(RefusalCount.count)).group_by(RefusalCount.reason)
    apart = (
        select(Quarantine.reason, func.count())
        .where(Quarantine.organisation_id == organisation_id, Quarantine.resolution.is_(None))
        .group_by(Quarantine.reason)
    )
    heard = select(func.max(Connection.confirmed_at)).where(Connection.organisation_id == organisation_id)
    return Standing(
        responses=_responses(session, organisation_id),
        records=records - lost,  # a journal is stored through what was lost in it
        batches=batches,
        lost=lost,
        refused={reason: int(count) for reason, count in session.execute(refused)},
        quarantined={reason: int(count) for reason, count in session.execute(apart)},
        received_at=session.scalar(heard),
        database_bytes=int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0),
    )


def _responses(session: Session, organisation_id: int) -> dict[tuple[str, bool], int]:
    table = RollupResponseSegment
    sums = [func.sum(getattr(table, outcome)) for outcome in OUTCOMES]
    query = select(table.flagged, *sums).where(table.organisation_id == organisation_id).group_by(table.flagged)
    found = {(outcome, flagged): 0 for outcome in OUTCOMES for flagged in (False, True)}
    for flagged, *counts in session.execute(query):
        found |= {(outcome, flagged): int(count) for outcome, count in zip(OUTCOMES, counts, strict=True)}
    return found
