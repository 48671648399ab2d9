"""What is carried of responses that are gone: their share of every rollup row, and a digest over all of it."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from protocol.record import FLAG_TEST
from server.database import Base
from server.evidence.tables import CarriedCount, CarriedJournal
from server.ingest.judge import ResponseRow
from server.ingest.rollup_rows import Counted
from server.ingest.rollups import ROLLUPS, count, find_meaning

FETCHED_ROWS = 2000
ROWS_AT_ONCE = 2000  # counted in one go


def key_columns(table: type[Base]) -> list[str]:
    """Of a rollup, in the order of its key."""
    return [column.name for column in table.__table__.primary_key]


def count_columns(table: type[Base]) -> list[str]:
    """Of a rollup, in the order in which server.ingest.rollups.count gives them."""
    keys = key_columns(table)
    return [column.name for column in table.__table__.columns if column.name not in keys and column.computed is None]


def names_device(table: type[Base]) -> bool:
    """Whether rows of this rollup belong to one device each."""
    return "device_id" in key_columns(table)


def key_text(key: Iterable[Any]) -> str:
    """A rollup's key as one word."""
    return "/".join(map(str, key))


def carry(connection: Connection, table: type[Base], counted: Counted) -> None:
    """Add these counts to what is carried."""
    for key, counts in sorted(counted.items()):
        added = dict(zip(count_columns(table), counts, strict=True))
        where = {"organisation_id": key[0], "rollup": table.__tablename__, "key": key_text(key)}
        known = connection.scalar(select(CarriedCount.counts).filter_by(**where).with_for_update()) or {}
        sums = {name: number + known.get(name, 0) for name, number in added.items()}
        device_id = dict(zip(key_columns(table), key, strict=True)).get("device_id")
        statement = insert(CarriedCount).values(**where, device_id=device_id, counts=sums)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["organisation_id", "rollup", "key"], set_={"counts": sums})
        )


def carry_responses(connection: Connection, rows: Iterable[ResponseRow]) -> int:
    """Add what these responses were counted as to what is carried; how many they are."""
    carried = 0
    for chunk in _chunks(rows):
        carried += len(chunk)
        counted = [row for row in chunk if not row.flags & FLAG_TEST]
        for table, counts in count(counted, find_meaning(connection, counted)).items() if counted else ():
            carry(connection, table, counts)
    return carried


def _chunks(rows: Iterable[ResponseRow]) -> Iterator[list[ResponseRow]]:
    chunk: list[ResponseRow] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == ROWS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def carried_counts(
    connection: Connection, organisation_id: int, device_id: int | None
) -> dict[tuple[str, str], list[int]]:
    """By rollup and key: of one device, or (None) of those rollups that belong to none."""
    columns = {table.__tablename__: count_columns(table) for table in ROLLUPS}
    query = select(CarriedCount).where(
        CarriedCount.organisation_id == organisation_id, CarriedCount.device_id.is_not_distinct_from(device_id)
    )
    return {
        (row.rollup, row.key): [row.counts.get(name, 0) for name in columns[row.rollup]]
        for row in connection.execute(query.with_only_columns(*CarriedCount.__table__.columns))
    }


def sums(connection: Connection, organisation_id: int) -> dict[str, int]:
    """By rollup and column, over all that is carried."""
    found: dict[str, int] = {}
    for row in _rows(connection, organisation_id):
        for name, number in row.counts.items():
            found[f"{row.rollup}.{name}"] = found.get(f"{row.rollup}.{name}", 0) + number
    return found


def digest(connection: Connection, organisation_id: int) -> bytes:
    """SHA-256 over every carried row and every journal's end, in order."""
    whole = sha256()
    for row in _rows(connection, organisation_id):
        counts = ",".join(f"{name}={number}" for name, number in sorted(row.counts.items()))
        whole.update(f"{row.rollup} {row.key} {counts}\n".encode())
    journals = (
        select(CarriedJournal.__table__)
        .where(CarriedJournal.organisation_id == organisation_id)
        .order_by(CarriedJournal.device_id, CarriedJournal.journal_id)
    )
    for row in connection.execute(journals):
        at = "" if row.answered_at is None else row.answered_at.isoformat()
        whole.update(f"journal {row.device_id} {row.journal_id.hex()} {row.dropped_through} {at}\n".encode())
    return whole.digest()


def _rows(connection: Connection, organisation_id: int) -> Iterator[Any]:
    # The order of their bytes, whatever the database's language.
    order = (func.convert_to(CarriedCount.rollup, "UTF8"), func.convert_to(CarriedCount.key, "UTF8"))
    query = select(CarriedCount.__table__).where(CarriedCount.organisation_id == organisation_id).order_by(*order)
    with connection.execute(query.execution_options(yield_per=FETCHED_ROWS)) as result:
        yield from result
