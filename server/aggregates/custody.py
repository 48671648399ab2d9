"""How far the answers of an organisation have arrived, as one number that rises with each record taken."""

from typing import Any

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from server.aggregates.scope import Place
from server.ingest.rollup_tables import RollupRevision
from server.ingest.tables import Journal


def records_in_custody(session: Session, place: Place) -> int:
    """The sum of the ledger: figures read at the same number are the same figures."""
    return int(session.scalar(select(_stored(place.organisation_id))) or 0)


def data_version(session: Session, place: Place) -> int:
    """Rises with every change of a count: imports, flags and corrections leave the ledger as it is."""
    return int(session.scalar(select(versioned(place.organisation_id))) or 0)


def versioned(organisation_id: int) -> Any:
    """The data version as an expression, to be read together with others."""
    revision = select(RollupRevision.revision).where(RollupRevision.organisation_id == organisation_id)
    return _stored(organisation_id) + func.coalesce(revision.scalar_subquery(), 0)


def _stored(organisation_id: int) -> ScalarSelect[Any]:
    stored = select(func.coalesce(func.sum(Journal.stored_through), 0))
    return stored.where(Journal.organisation_id == organisation_id).scalar_subquery()
