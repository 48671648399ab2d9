"""Instants of receipt that an operator stated, because the server's clock had been wrong. The database logs each."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from server.database import actor_of
from server.ingest.tables import StatedReceipt


def state_receipt(connection: Connection, organisations: Iterable[int], received_at: datetime, now: datetime) -> None:
    """For each record that is delivered by it, its organisation: the statement is written before the record may cite
    it. Said again of more records, it is one more line of the audit log.
    """
    for organisation_id, records in sorted(Counter(organisations).items()):
        statement = insert(StatedReceipt).values(
            organisation_id=organisation_id,
            received_at=received_at,
            records=records,
            stated_by=actor_of(connection),
            stated_at=now,
        )
        again = {
            "records": StatedReceipt.records + statement.excluded.records,
            "stated_by": statement.excluded.stated_by,
            "stated_at": statement.excluded.stated_at,
        }
        keys = ["organisation_id", "received_at"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=again))
