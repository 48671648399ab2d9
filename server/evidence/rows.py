"""Stored responses as the rows that ingest wrote."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from server.evidence.names import ResponseKey
from server.ingest.judge import ResponseRow
from server.ingest.tables import Response

FETCHED_ROWS = 2000
COLUMNS = tuple(getattr(Response, name) for name in ResponseRow._fields)
IN_ORDER = (Response.organisation_id, Response.device_id, Response.journal_id, Response.sequence)


def stored_rows(connection: Connection, *conditions: ColumnElement[bool], lock: bool = False) -> Iterator[ResponseRow]:
    """In the order of their keys. `lock`: nobody else changes them until the transaction ends."""
    query: Any = select(*COLUMNS).where(*conditions).order_by(*IN_ORDER)
    if lock:
        query = query.with_for_update()
    with connection.execute(query.execution_options(yield_per=FETCHED_ROWS)) as result:
        for row in result:
            yield ResponseRow(*row)


def of_device(organisation_id: int, device_id: int) -> tuple[ColumnElement[bool], ...]:
    """The conditions that name a device's responses."""
    return Response.organisation_id == organisation_id, Response.device_id == device_id


def of_response(organisation_id: int, key: ResponseKey) -> tuple[ColumnElement[bool], ...]:
    """The conditions that name one response."""
    return (
        *of_device(organisation_id, key.device_id),
        Response.journal_id == key.journal_id,
        Response.sequence == key.sequence,
    )


def key_of(row: ResponseRow) -> ResponseKey:
    """What names this row."""
    return ResponseKey(row.device_id, row.journal_id, row.sequence)
