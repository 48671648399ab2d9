"""One after the other in an organisation: for what is looked up first and written then."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.fleet.tables import Organisation


def take_turn(session: Session, organisation_id: int) -> None:
    """Wait for whoever took theirs before, until their transaction ends; what is read afterwards, they have written.

    Ingest and readers do not wait: they only refer to the organisation.
    """
    session.execute(
        select(Organisation.organisation_id)
        .where(Organisation.organisation_id == organisation_id)
        .with_for_update(key_share=True)
    )
