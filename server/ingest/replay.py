"""Quarantine judged again: what can be stored by now is delivered, exactly once; the rest keeps its reason."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Row, Select, select, update

from server.fleet.tables import ACTIVE, Device, Organisation
from server.ingest.check import KnownDevice
from server.ingest.facts import Facts
from server.ingest.incoming import JournalKey
from server.ingest.judge import REASON_LOST, Origin, ResponseRow, Unstorable, judge
from server.ingest.ledger import lock_ledgers
from server.ingest.store import write_responses
from server.ingest.tables import DELIVERED, Quarantine


class Replayed(NamedTuple):
    """How many records were delivered, and how many are still in quarantine."""

    delivered: int
    left: int


def waiting(device_id: int | None = None) -> Select[Quarantine]:
    """What could be delivered one day, oldest first. A conflict never is: another record holds its sequence."""
    query = select(Quarantine).where(Quarantine.resolution.is_(None), Quarantine.in_ledger)
    if device_id is not None:
        query = query.where(Quarantine.device_id == device_id)
    return query.order_by(
        Quarantine.organisation_id, Quarantine.device_id, Quarantine.journal_id, Quarantine.sequence
    )


def replay(connection: Connection, now: datetime, device_id: int | None = None) -> Replayed:
    """Judge what waits in quarantine, of one device or of all. The caller commits."""
    found = connection.execute(waiting(device_id)).all()
    # The same locks in the same order as ingest; then what is still waiting, for another replay may have been first.
    lock_ledgers(connection, {_journal(row) for row in found}, now)
    rows = connection.execute(waiting(device_id).with_for_update()).all()
    devices = _devices(connection, {row.device_id for row in rows})
    facts = Facts(connection, {(row.organisation_id, row.device_id) for row in rows})
    responses: list[ResponseRow] = []
    for row in rows:
        device = devices[row.device_id]
        still_apart = REASON_LOST if row.reason == REASON_LOST and device.state != ACTIVE else None
        origin = Origin(device, _journal(row), row.received_at, still_apart)
        judged = judge(row.record, origin, facts, None)
        _resolve(connection, row, judged, now)
        if isinstance(judged, ResponseRow):
            responses.append(judged)
    write_responses(connection, responses)
    return Replayed(len(responses), len(rows) - len(responses))
