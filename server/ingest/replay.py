"""Quarantine judged again: what can be stored by now is delivered, exactly once."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, select, update

from server.fleet.tables import ACTIVE
from server.ingest.check import known_devices
from server.ingest.facts import Facts
from server.ingest.incoming import JournalKey
from server.ingest.judge import REASON_CLOCK_IN_FUTURE, REASON_LOST, Origin, ResponseRow, Unstorable, judge
from server.ingest.ledger import lock_ledgers
from server.ingest.stated import state_receipt
from server.ingest.store import write_responses
from server.ingest.tables import DELIVERED, Quarantine


class Replayed(NamedTuple):
    """How many records were delivered, and how many are still in quarantine."""

    delivered: int
    left: int


def waiting(device_id: int | None = None) -> Select[Any]:
    """What could be delivered one day. A conflict never is: another record holds its sequence."""
    query = select(Quarantine.__table__).where(Quarantine.resolution.is_(None), Quarantine.in_ledger)
    if device_id is not None:
        query = query.where(Quarantine.device_id == device_id)
    return query.order_by(Quarantine.organisation_id, Quarantine.device_id, Quarantine.journal_id, Quarantine.sequence)


def replay(
    connection: Connection, now: datetime, device_id: int | None = None, received_at: datetime | None = None
) -> Replayed:
    """Judge what waits in quarantine, of one device or of all. The caller commits.

    With `received_at` only what came before its time is judged, as if received then: the server's clock was behind.
    What a record may say is never measured by the present, or waiting would make any clock right.
    """
    query = waiting(device_id)
    if received_at is not None:
        query = query.where(Quarantine.reason == REASON_CLOCK_IN_FUTURE)
    found = connection.execute(query).all()
    # The same locks in the same order as ingest; then what still waits, for another may have been first.
    devices = known_devices(connection, {row.device_id for row in found})
    lock_ledgers(connection, {_journal(row) for row in found}, now)
    rows = connection.execute(query.where(Quarantine.device_id.in_(devices)).with_for_update()).all()
    facts = Facts(connection, {(row.organisation_id, row.device_id) for row in rows})
    dated: dict[JournalKey, datetime] = {}
    responses: list[ResponseRow] = []
    verdicts: list[tuple[Row[Any], ResponseRow | Unstorable]] = []
    for row in rows:
        device, journal = devices[row.device_id], _journal(row)
        apart = REASON_LOST if row.reason == REASON_LOST and device.state != ACTIVE else None
        origin = Origin(device, journal, received_at or row.received_at, apart)
        judged = judge(row.record, origin, facts, dated.get(journal))
        verdicts.append((row, judged))
        if isinstance(judged, ResponseRow):
            responses.append(judged)
            if judged.answered_at is not None:
                dated[journal] = judged.answered_at
    if received_at is not None:
        state_receipt(connection, [row.organisation_id for row in responses], received_at, now)
    for row, judged in verdicts:
        _resolve(connection, row, judged, now, received_at)
    write_responses(connection, responses)
    return Replayed(len(responses), len(rows) - len(responses))


def _resolve(
    connection: Connection,
    row: Row[Any],
    judged: ResponseRow | Unstorable,
    now: datetime,
    received_at: datetime | None,
) -> None:
    values: dict[str, object]
    if isinstance(judged, ResponseRow):
        values = {"resolution": DELIVERED, "resolved_at": now}
        if received_at is not None:
            values["judged_as_received_at"] = received_at
            values["detail"] = f"{row.detail}; delivered as received at {received_at}, which an operator stated"
    elif judged.reason == row.reason:
        return
    else:
        values = judged._asdict()
    connection.execute(
        update(Quarantine)
        .where(
            Quarantine.organisation_id == row.organisation_id,
            Quarantine.device_id == row.device_id,
            Quarantine.digest == row.digest,
        )
        .values(values)
    )


def _journal(row: Row[Any]) -> JournalKey:
    return JournalKey(row.organisation_id, row.device_id, row.journal_id)
