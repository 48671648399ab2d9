"""How far the answers of an organisation have arrived, as one number that rises with each record taken."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.aggregates.scope import Place
from server.ingest.rollup_tables import RollupRevision
from server.ingest.tables import Journal


def records_in_custody(session: Session, place: Place) -> int:
    """The sum of the ledger: figures read at the same number are the same figures."""
    stored = select(func.coalesce(func.sum(Journal.stored_through), 0))
    return int(session.scalar(stored.where(Journal.organisation_id == place.organisation_id)) or 0)


def data_version(session: Session, place: Place) -> int:
    """Rises with every change of a count: imports, flags and corrections leave the ledger as it is."""
    revision = select(RollupRevision.revision).where(RollupRevision.organisation_id == place.organisation_id)
    return records_in_custody(session, place) + (session.scalar(revision) or 0)
