"""Writes what a transaction took into custody: responses and their rollups, quarantine, gaps, evidence."""

from collections.abc import Iterable, Sequence

import psycopg
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from server.ingest.custody import Custody, QuarantineRow
from server.ingest.judge import REASON_CONFLICT, ResponseRow
from server.ingest.rollups import add_to_rollups
from server.ingest.tables import Evidence, Gap, Quarantine

COPY_RESPONSES = f"COPY response ({', '.join(ResponseRow._fields)}) FROM STDIN"


def write_custody(connection: Connection, custody: Custody) -> list[QuarantineRow]:
    """Write it all; the conflicts that were not known before."""
    write_responses(connection, custody.responses)
    new = _write_quarantine(connection, custody.quarantined)
    if custody.gaps:
        connection.execute(insert(Gap), [gap._asdict() for gap in custody.gaps])
    evidence = custody.evidence + [row for row, conflicts in custody.conflicting if conflicts & new]
    if evidence:
        connection.execute(insert(Evidence).on_conflict_do_nothing(), [row._asdict() for row in evidence])
    conflicts = {row.key: row for row in custody.quarantined if row.reason == REASON_CONFLICT}
    return [conflicts[key] for key in conflicts.keys() & new]


def write_responses(connection: Connection, responses: Sequence[ResponseRow]) -> None:
    """Copy the rows in and count them. That none is there yet is for the ledger to know."""
    if not responses:
        return
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with driver.cursor() as cursor, cursor.copy(COPY_RESPONSES) as copy:
        for row in responses:
            copy.write_row(row)
    add_to_rollups(connection, responses)


def _write_quarantine(connection: Connection, rows: Iterable[QuarantineRow]) -> set[tuple[int, bytes]]:
    """The keys of those that were not there yet."""
    values = {row.key: row._asdict() for row in rows}
    if not values:
        return set()
    statement = insert(Quarantine).on_conflict_do_nothing().returning(Quarantine.device_id, Quarantine.digest)
    return set(connection.execute(statement, list(values.values())))
