"""Every rollup row held against what the replayed responses and the carried counts come to."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from protocol.record import FLAG_TEST
from server.database import Base
from server.evidence.carried import carried_counts, count_columns, key_columns, key_text, names_device
from server.evidence.differences import EXTRA, MISSING, OTHER, Difference, Summary
from server.evidence.withheld import Sums, Withheld
from server.ingest.judge import ResponseRow
from server.ingest.rollup_tables import RollupOrganisationWithheld, RollupWithheld
from server.ingest.rollups import ROLLUPS, count, find_meaning

FETCHED_ROWS = 5000


class Tallied:
    """Rollups of single devices are compared device by device; what is summed over devices, at the end."""

    def __init__(self, connection: Connection, organisation_id: int, summary: Summary) -> None:
        self._connection, self._organisation_id, self._summary = connection, organisation_id, summary
        self._shared = carried_counts(connection, organisation_id, None)
        self._withheld = Withheld(connection, organisation_id)

    def device(self, device_id: int, rows: list[ResponseRow]) -> Iterator[Difference]:
        """The rollups of this device, which should hold these rows."""
        expected = carried_counts(self._connection, self._organisation_id, device_id)
        counted = [row for row in rows if not row.flags & FLAG_TEST]
        deltas = count(counted, find_meaning(self._connection, counted)) if counted else {}
        for table, counts in deltas.items():
            sums = expected if names_device(table) else self._shared
            for key, numbers in counts.items():
                _add(sums, (table.__tablename__, key_text(key)), numbers)
        for table in filter(names_device, ROLLUPS):
            yield from self._compare(table, expected, device_id)
        yield from self._compare(RollupWithheld, self._withheld.device(device_id, expected), device_id)

    def rest(self) -> Iterator[Difference]:
        """The rollups over devices, once every device has been read."""
        for table in ROLLUPS:
            if not names_device(table):
                yield from self._compare(table, self._shared, None)
        yield from self._compare(RollupOrganisationWithheld, self._withheld.whole(), None)

    def _compare(self, table: type[Base], expected: Sums, device_id: int | None) -> Iterator[Difference]:
        name, columns = table.__tablename__, count_columns(table)
        due = {key: numbers for (rollup, key), numbers in expected.items() if rollup == name and any(numbers)}
        for key, numbers in self._stored(table, device_id):
            self._summary.rollup_rows += 1
            should = due.pop(key, [0] * len(columns))
            if numbers != should:
                yield Difference(OTHER if any(should) else EXTRA, f"{name} {key}", _words(columns, numbers, should))
        for key, numbers in due.items():
            yield Difference(MISSING, f"{name} {key}", _words(columns, [0] * len(columns), numbers))

    def _stored(self, table: type[Base], device_id: int | None) -> Iterator[tuple[str, list[int]]]:
        keys = key_columns(table)
        names = [*keys, *count_columns(table)]
        query: Any = select(*(table.__table__.columns[name] for name in names))
        query = query.where(table.__table__.columns.organisation_id == self._organisation_id)
        if device_id is not None:
            query = query.where(table.__table__.columns.device_id == device_id)
        with self._connection.execute(query.execution_options(yield_per=FETCHED_ROWS)) as result:
            for row in result:
                yield key_text(row[: len(keys)]), list(row[len(keys) :])


def _add(sums: Sums, key: tuple[str, str], numbers: list[int]) -> None:
    known = sums.get(key)
    sums[key] = list(numbers) if known is None else [old + new for old, new in zip(known, numbers, strict=True)]


def _words(columns: list[str], stored: list[int], due: list[int]) -> str:
    return "; ".join(
        f"{name} is {there}, should be {should}"
        for name, there, should in zip(columns, stored, due, strict=True)
        if there != should
    )
