"""Counts moved from where responses were counted to where they belong, in one pass over the rollups."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from protocol.record import FLAG_TEST
from server.database import Base
from server.ingest import rollup_rows, rollup_withheld
from server.ingest.check import known_devices
from server.ingest.judge import ResponseRow
from server.ingest.rollup_rows import Counted, RollupError
from server.ingest.rollup_tables import RollupSegment
from server.ingest.rollups import ROLLUPS, count, find_meaning
from server.ingest.tables import Journal


def lock_device(connection: Connection, organisation_id: int, device_id: int) -> None:
    """Take the locks that come before rollups, in ingest's order: the device, then its journals in key order."""
    known_devices(connection, {device_id})
    of_device = (Journal.organisation_id == organisation_id, Journal.device_id == device_id)
    connection.execute(select(Journal.journal_id).where(*of_device).order_by(Journal.journal_id).with_for_update())


def move_counts(connection: Connection, before: Iterable[ResponseRow], after: Iterable[ResponseRow]) -> None:
    """The responses were counted as `before`, from now on as `after`. What nothing is left in goes.

    One merged delta a table: to take out and to add one after the other would lock the tables twice over, and ingest
    could then wait for it in a circle. Raises RollupError where the rollups do not hold what was counted.
    """
    old = [row for row in before if not row.flags & FLAG_TEST]
    new = [row for row in after if not row.flags & FLAG_TEST]
    meaning = find_meaning(connection, [*old, *new])
    taken, added = count(old, meaning), count(new, meaning)
    deltas = {table: difference(taken[table], added[table]) for table in ROLLUPS}
    for table in ROLLUPS:
        _write(connection, table, deltas[table])
    if old or new:
        rollup_withheld.keep(connection, {row.organisation_id for row in (*old, *new)}, deltas[RollupSegment])


def difference(before: Counted, after: Counted) -> Counted:
    """What is to be added so that `before` becomes `after`; keys that stay as they are are left out."""
    deltas: Counted = {}
    for key in before.keys() | after.keys():
        zeros = [0] * len(before.get(key) or after[key])
        old, new = before.get(key, zeros), after.get(key, zeros)
        if old != new:
            deltas[key] = [theirs - ours for ours, theirs in zip(old, new, strict=True)]
    return deltas


def _write(connection: Connection, table: type[Base], deltas: Counted) -> None:
    if not deltas:
        return
    rollup_rows.add(connection, table, deltas)
    columns = _columns(deltas)
    said = rollup_rows.statements(table)
    # To subtract nothing says what is left, by the same statement that taking out uses.
    nothing = _columns({key: [0] * len(counts) for key, counts in deltas.items()})
    if any(least < 0 for (least,) in connection.exec_driver_sql(said.subtract, nothing)):
        raise RollupError(f"{table.__tablename__} does not hold what is to be moved: say `pet rebuild --check`.")
    connection.exec_driver_sql(said.remove, columns)


def _columns(deltas: Counted) -> tuple[Sequence[object], ...]:
    return tuple(map(list, zip(*((*key, *deltas[key]) for key in sorted(deltas)), strict=True)))
