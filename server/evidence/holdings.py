"""All that the database holds of one device: read at once, so that records can be compared one by one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from server.evidence.rows import of_device, stored_rows
from server.evidence.tables import CarriedJournal, ResponseFlag
from server.ingest.judge import ResponseRow
from server.ingest.tables import Gap, Journal, Quarantine

Place = tuple[bytes, int]  # journal and sequence


class HeldGap(NamedTuple):
    """Sequences that will never come, as it is on record."""

    span: range
    reason: str
    recorded_at: datetime


@dataclass
class Holdings:
    """By journal and sequence where not said otherwise."""

    responses: dict[Place, ResponseRow]
    waiting: dict[Place, Row[Any]] = field(default_factory=dict)  # of quarantine: what is the record of its sequence
    conflicts: dict[tuple[bytes, bytes], Row[Any]] = field(default_factory=dict)  # by journal and record
    gaps: dict[bytes, list[HeldGap]] = field(default_factory=dict)  # by journal
    stored_through: dict[bytes, int] = field(default_factory=dict)
    dropped_through: dict[bytes, int] = field(default_factory=dict)
    carried: dict[bytes, datetime] = field(default_factory=dict)  # the last date of what is dropped
    flags: dict[Place, bool | None] = field(default_factory=dict)  # what a person said last

    def in_gap(self, place: Place) -> bool:
        """Whether it is on record that this sequence will never come."""
        return any(place[1] in gap.span for gap in self.gaps.get(place[0], ()))

    def is_dropped(self, place: Place) -> bool:
        """Whether retention may have dropped it."""
        return place[1] <= self.dropped_through.get(place[0], 0)


def read_holdings(connection: Connection, organisation_id: int, device_id: int) -> Holdings:
    """Everything but the evidence."""
    rows = stored_rows(connection, *of_device(organisation_id, device_id))
    holdings = Holdings({(row.journal_id, row.sequence): row for row in rows})

    def of(table: Any) -> Any:
        where = (table.organisation_id == organisation_id, table.device_id == device_id)
        return connection.execute(select(table.__table__).where(*where))

    for row in of(Quarantine):
        if row.in_ledger:
            holdings.waiting[row.journal_id, row.sequence] = row
        else:
            holdings.conflicts[row.journal_id, row.record] = row
    for row in of(Gap):
        gap = HeldGap(range(row.first_sequence, row.last_sequence + 1), row.reason, row.recorded_at)
        holdings.gaps.setdefault(row.journal_id, []).append(gap)
    for row in of(Journal):
        holdings.stored_through[row.journal_id] = row.stored_through
    for row in of(CarriedJournal):
        holdings.dropped_through[row.journal_id] = row.dropped_through
        if row.answered_at is not None:
            holdings.carried[row.journal_id] = row.answered_at
    for row in sorted(of(ResponseFlag), key=lambda each: each.flag_id):
        holdings.flags[row.journal_id, row.sequence] = row.flagged
    return holdings
