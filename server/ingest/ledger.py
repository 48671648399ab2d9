"""The ledger: how far each journal is in custody, and what is held of it. It decides; no unique key does.

sequence of a record            what happens (docs/protocol.md, ledger)
stored_through + 1              into custody; stored_through moves on
at or below stored_through      the same bytes, or a tombstone: duplicate; other bytes: conflict
beyond                          not taken; the ack makes the device resend from stored_through + 1
"""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum

from sqlalchemy import ColumnElement, Connection, bindparam, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from protocol.record import KIND_TOMBSTONE, crc_is_good, record_crc
from server.ingest.incoming import JournalKey
from server.ingest.tables import Gap, Journal, Quarantine, Response


class Verdict(Enum):
    """What becomes of a record."""

    NEXT = "next"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    BEYOND = "beyond"


class Ledger:
    """One journal, its row locked. What this transaction takes is held at once."""

    def __init__(self, stored_through: int) -> None:
        self.stored_through = stored_through
        self._crcs: dict[int, int] = {}
        self._records: dict[int, bytes] = {}
        self._gaps: list[range] = []

    def verdict(self, sequence: int, record: bytes) -> Verdict:
        """Place a record of 32 bytes."""
        if sequence == self.stored_through + 1:
            return Verdict.NEXT
        if sequence > self.stored_through:
            return Verdict.BEYOND
        return Verdict.DUPLICATE if self._holds(sequence, record) else Verdict.CONFLICT

    def take(self, sequence: int, record: bytes) -> None:
        """The next record is in custody."""
        self._records[sequence] = record
        self.stored_through = sequence

    def skip(self, through: int) -> range:
        """All up to `through` will never come; the sequences that are given up."""
        gap = range(self.stored_through + 1, through + 1)
        self._gaps.append(gap)
        self.stored_through = through
        return gap

    def load(self, connection: Connection, journal: JournalKey, sequences: range) -> None:
        """Read what is held of these sequences."""
        responses = select(Response.sequence, Response.record_crc).where(*_among(Response, journal, sequences))
        self._crcs.update(dict(connection.execute(responses).all()))
        quarantined = select(Quarantine.sequence, Quarantine.record).where(
            *_among(Quarantine, journal, sequences), Quarantine.in_ledger
        )
        self._records.update(dict(connection.execute(quarantined).all()))
        gaps = select(Gap.first_sequence, Gap.last_sequence).where(
            Gap.organisation_id == journal.organisation_id,
            Gap.device_id == journal.device_id,
            Gap.journal_id == journal.journal_id,
            Gap.first_sequence < sequences.stop,
            Gap.last_sequence >= sequences.start,
        )
        self._gaps += [range(first, last + 1) for first, last in connection.execute(gaps)]

    def _holds(self, sequence: int, record: bytes) -> bool:
        if is_tombstone(record):
            return True  # it says nothing against what is held
        if sequence in self._records:
            return self._records[sequence] == record
        if sequence in self._crcs:
            return crc_is_good(record) and self._crcs[sequence] == record_crc(record)
        # Neither in a gap nor held: retention has dropped it, and nothing is left to compare with.
        return not any(sequence in gap for gap in self._gaps)


def _among(
    table: type[Response] | type[Quarantine], journal: JournalKey, sequences: range
) -> tuple[ColumnElement[bool], ...]:
    return (
        table.organisation_id == journal.organisation_id,
        table.device_id == journal.device_id,
        table.journal_id == journal.journal_id,
        table.sequence.between(sequences.start, sequences.stop - 1),
    )


def is_tombstone(record: bytes) -> bool:
    """Whether the device sent this in place of a record that it can no longer read."""
    return record[0] == KIND_TOMBSTONE and crc_is_good(record)


def lock_ledgers(connection: Connection, journals: Iterable[JournalKey], now: datetime) -> dict[JournalKey, Ledger]:
    """Lock the journals' rows, made where there are none; in key order, so that writers never deadlock."""
    keys = sorted(set(journals))
    if not keys:
        return {}
    connection.execute(
        insert(Journal).on_conflict_do_nothing(),
        [{**key._asdict(), "stored_through": 0, "first_seen_at": now} for key in keys],
    )
    columns = (Journal.organisation_id, Journal.device_id, Journal.journal_id)
    rows = connection.execute(
        select(*columns, Journal.stored_through).where(tuple_(*columns).in_(keys)).order_by(*columns).with_for_update()
    )
    return {JournalKey(*row[:3]): Ledger(row.stored_through) for row in rows}


def stored_through(connection: Connection, journals: Iterable[JournalKey]) -> dict[JournalKey, int]:
    """How far these journals are stored, without a lock; those that nothing has come from are missing."""
    columns = (Journal.organisation_id, Journal.device_id, Journal.journal_id)
    rows = connection.execute(select(*columns, Journal.stored_through).where(tuple_(*columns).in_(set(journals))))
    return {JournalKey(*row[:3]): row.stored_through for row in rows}


def advance(connection: Connection, ledgers: dict[JournalKey, Ledger]) -> None:
    """Write how far each ledger has come."""
    if ledgers:
        connection.execute(
            update(Journal)
            .where(
                Journal.organisation_id == bindparam("organisation"),
                Journal.device_id == bindparam("device"),
                Journal.journal_id == bindparam("journal"),
                Journal.stored_through < bindparam("through"),
            )
            .values(stored_through=bindparam("through")),
            [
                {
                    "organisation": key[0],
                    "device": key[1],
                    "journal": key[2],
                    "through": ledgers[key].stored_through,
                }
                for key in sorted(ledgers)
            ],
        )
