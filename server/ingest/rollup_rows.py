"""Adds counts to the rows of a rollup and takes them out again: one statement a table, rows in key order."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql

from server.database import Base

THIS_MONTH = "(SELECT date_trunc('month', now() AT TIME ZONE timezone)::date FROM organisation o WHERE {})"
REVISE = f"""INSERT INTO rollup_revision AS r (organisation_id, revision, withheld_before)
    SELECT n, 1, {THIS_MONTH.format("o.organisation_id = n")} FROM unnest(%s::int[]) n
    ON CONFLICT (organisation_id) DO UPDATE SET revision = r.revision + 1
    RETURNING r.organisation_id, r.withheld_before, {THIS_MONTH.format("o.organisation_id = r.organisation_id")}
"""  # noqa: S608 - ours
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


Counted = dict[tuple[Any, ...], list[int]]  # the columns of a rollup's key -> its counts


class RollupError(Exception):
    """The rollups do not hold what is to be taken out of them: recompute them (pet rebuild)."""


class Statements(NamedTuple):
    """The SQL for one rollup; each takes the columns of the rows as arrays, keys first."""

    add: str
    lock: str
    subtract: str
    remove: str
    counts: int  # how many there are in a row


def add(connection: Connection, table: type[Base], counted: Mapping[tuple[Any, ...], list[int]]) -> None:
    """Add the counts of each key."""
    # In key order: two workers that count for the same devices then never wait for each other in a circle.
    connection.exec_driver_sql(statements(table).add, _columns(counted))


def take(connection: Connection, table: type[Base], counted: Mapping[tuple[Any, ...], list[int]]) -> None:
    """Subtract the counts of each key; a row that nothing is left in goes, as if it had never been.

    Raises RollupError when a row is missing, or would hold fewer than none.
    """
    said, columns = statements(table), _columns(counted)
    connection.exec_driver_sql(said.lock, columns)
    left = connection.exec_driver_sql(said.subtract, columns).all()
    if len(left) != len(counted) or any(least < 0 for (least,) in left):
        raise RollupError(f"{table.__tablename__} does not hold what is to be taken out of it: recompute the rollups.")
    connection.exec_driver_sql(said.remove, columns)


def remove_empty(connection: Connection, table: type[Base], counted: Iterable[tuple[Any, ...]]) -> None:
    """Of the rows of these keys, those that nothing is left in go."""
    said = statements(table)
    connection.exec_driver_sql(said.remove, _columns({key: [0] * said.counts for key in counted}))


def revise(connection: Connection, organisations: Iterable[int]) -> list[tuple[int, date, date]]:
    """The rollups of these organisations have changed; until the transaction ends, nobody else changes them.

    Of each: its number, the month up to which what is withheld is kept, and the month that it is.
    """
    rows = connection.exec_driver_sql(REVISE, (sorted(organisations),))
    return sorted((row[0], row[1], row[2]) for row in rows)


def _columns(counted: Mapping[tuple[Any, ...], list[int]]) -> tuple[list[Any], ...]:
    return tuple(map(list, zip(*((*key, *counted[key]) for key in sorted(counted)), strict=True)))


@cache
def statements(table: type[Base]) -> Statements:
    """Made from the table's own columns, so no name in them comes from outside."""
    columns = [column for column in table.__table__.columns if column.computed is None]
    keys = [column.name for column in table.__table__.primary_key]
    named = {column.name: column.type.compile(DIALECT) for column in columns}
    counts = [name for name in named if name not in keys]
    order = [*keys, *counts]
    name = table.__tablename__
    delta = f"unnest({', '.join(f'%s::{named[column]}[]' for column in order)}) AS d ({', '.join(order)})"
    same = f"({', '.join(f't.{key}' for key in keys)}) = ({', '.join(f'd.{key}' for key in keys)})"
    added = ", ".join(f"{count} = t.{count} + excluded.{count}" for count in counts)
    subtracted = ", ".join(f"{count} = t.{count} - d.{count}" for count in counts)
    none_left = " AND ".join(f"t.{count} = 0" for count in counts)
    least = f"least({', '.join(f't.{count}' for count in counts)})"
    in_order = ", ".join(f"t.{key}" for key in keys)
    return Statements(
        add=f"INSERT INTO {name} AS t ({', '.join(order)}) SELECT * FROM {delta}"  # noqa: S608 - see above
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}",
        lock=f"SELECT FROM {name} t JOIN {delta} ON {same} ORDER BY {in_order} FOR UPDATE OF t",
        subtract=f"UPDATE {name} t SET {subtracted} FROM {delta} WHERE {same} RETURNING {least}",  # noqa: S608
        remove=f"DELETE FROM {name} t USING {delta} WHERE {same} AND {none_left}",  # noqa: S608
        counts=len(counts),
    )
