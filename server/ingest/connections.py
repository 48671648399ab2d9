"""A status opens a connection: it gets a server nonce, and anchors time once that nonce has come back."""

import secrets
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from protocol.envelope import NONCE_BYTES
from protocol.messages import (
    COUNTER_BOOTS,
    COUNTER_BURNED_SLOTS,
    COUNTER_CONTENT_REASON,
    COUNTER_CONTENT_REFUSED,
    COUNTER_PRESSES,
    COUNTER_SETTINGS_REFUSED,
    COUNTER_SYNC_FAILURES,
    Status,
)
from server.ingest import tables
from server.ingest.check import Authentic

COUNTER_NAMES = {
    COUNTER_BOOTS: "boots",
    COUNTER_SYNC_FAILURES: "sync_failures",
    COUNTER_BURNED_SLOTS: "burned_slots",
    COUNTER_PRESSES: "presses",
    COUNTER_CONTENT_REFUSED: "content_refused",
    COUNTER_SETTINGS_REFUSED: "settings_refused",
    COUNTER_CONTENT_REASON: "content_reason",
}


class ConnectionKey(NamedTuple):
    """Names a connection; sorts in the order in which rows are written."""

    organisation_id: int
    device_id: int
    device_nonce: bytes


class Met(NamedTuple):
    """A connection as its status opened it."""

    server_nonce: bytes
    journal_id: bytes
    acked_through: int
    oldest_readable: int


def key_of(message: Authentic) -> ConnectionKey:
    """The connection that a message says it belongs to."""
    return ConnectionKey(message.device.organisation_id, message.device.device_id, message.header.device_nonce)


def open_connections(connection: Connection, statuses: Iterable[Authentic]) -> None:
    """A row for each status. One that is delivered again changes nothing, and so keeps its server nonce."""
    rows = {key_of(status): status for status in reversed(list(statuses))}
    if rows:
        values = [_values(key, rows[key]) for key in sorted(rows)]
        connection.execute(insert(tables.Connection).on_conflict_do_nothing(), values)


def find_connections(connection: Connection, messages: Iterable[Authentic]) -> dict[ConnectionKey, Met]:
    """Those of the messages' connections that the server knows."""
    table = tables.Connection
    keys = {key_of(message) for message in messages}
    rows = connection.execute(
        select(
            table.organisation_id,
            table.device_id,
            table.device_nonce,
            table.server_nonce,
            table.journal_id,
            table.acked_through,
            table.oldest_readable,
        ).where(tuple_(table.organisation_id, table.device_id, table.device_nonce).in_(keys))
    )
    return {ConnectionKey(*row[:3]): Met(*row[3:]) for row in rows}


def confirm(connection: Connection, batches: Iterable[Authentic], met: dict[ConnectionKey, Met]) -> None:
    """Mark the connections whose server nonce has come back: from now on their status is evidence of time."""
    table = tables.Connection
    confirmed: dict[ConnectionKey, Authentic] = {}
    for batch in batches:
        if is_confirmed_by(batch, met.get(key_of(batch))):
            confirmed.setdefault(key_of(batch), batch)
    if not confirmed:
        return
    connection.execute(
        update(table)
        .where(
            table.organisation_id == bindparam("organisation"),
            table.device_id == bindparam("device"),
            table.device_nonce == bindparam("nonce"),
            table.confirmed_at.is_(None),
        )
        .values(confirmed_at=bindparam("at")),
        [
            {
                "organisation": key[0],
                "device": key[1],
                "nonce": key[2],
                "at": confirmed[key].message.received_at,
            }
            for key in sorted(confirmed)
        ],
    )


def is_confirmed_by(message: Authentic, met: Met | None) -> bool:
    """Whether the message proves that the server's reply to this status arrived."""
    return met is not None and met.server_nonce == message.header.server_nonce


def _values(key: ConnectionKey, message: Authentic) -> dict[str, object]:
    status = message.body
    assert isinstance(status, Status)
    return {
        **key._asdict(),
        "server_nonce": secrets.token_bytes(NONCE_BYTES),
        "key_epoch": message.header.key_epoch,
        **{name: getattr(status, name) for name in Status._fields if name != "counters"},
        "counters": {COUNTER_NAMES.get(number, str(number)): value for number, value in status.counters},
        "received_at": message.message.received_at,
        "confirmed_at": None,
    }
