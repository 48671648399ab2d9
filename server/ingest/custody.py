"""What one transaction takes into custody: its batches walked record by record, written at once afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from protocol.messages import Batch
from server.ingest.check import Authentic
from server.ingest.facts import Facts
from server.ingest.incoming import JournalKey
from server.ingest.judge import REASON_CONFLICT, REASON_LOST, Origin, ResponseRow, Unstorable, judge
from server.ingest.ledger import Ledger, Verdict, is_tombstone

GAP_UNREADABLE = "unreadable on the device"
GAP_LOST = "lost on the device after a restored server"


class QuarantineRow(NamedTuple):
    """A row of the table `quarantine`, not resolved yet."""

    organisation_id: int
    device_id: int
    digest: bytes
    journal_id: bytes
    sequence: int
    record: bytes
    reason: str
    detail: str
    in_ledger: bool
    key_epoch: int
    received_at: datetime


class GapRow(NamedTuple):
    """A row of the table `gap`."""

    organisation_id: int
    device_id: int
    journal_id: bytes
    first_sequence: int
    last_sequence: int
    reason: str
    recorded_at: datetime


class EvidenceRow(NamedTuple):
    """A row of the table `evidence`."""

    organisation_id: int
    device_id: int
    journal_id: bytes
    first_sequence: int
    digest: bytes
    payload: bytes
    key_epoch: int
    received_at: datetime


@dataclass
class Custody:
    """Filled batch by batch. `conflicting`: batches whose only news may be conflicts, with those rows' digests."""

    facts: Facts
    apart: str | None = None
    responses: list[ResponseRow] = field(default_factory=list)
    quarantined: list[QuarantineRow] = field(default_factory=list)
    gaps: list[GapRow] = field(default_factory=list)
    evidence: list[EvidenceRow] = field(default_factory=list)
    conflicting: list[tuple[EvidenceRow, set[bytes]]] = field(default_factory=list)

    def take(self, batch: Authentic, ledger: Ledger, oldest_readable: int | None) -> None:
        """Walk the batch. `oldest_readable`: of this journal, as this very connection has stated it; else None."""
        before = ledger.stored_through
        self._give_up(batch, ledger, oldest_readable)
        conflicts: set[bytes] = set()
        dated: datetime | None = None
        for sequence, record in _numbered(batch):
            verdict = ledger.verdict(sequence, record)
            if verdict is Verdict.CONFLICT:
                fault = Unstorable(REASON_CONFLICT, "another record of this sequence is held: is there a second device?")
                conflicts.add(self._set_apart(batch, sequence, record, fault, in_ledger=False))
            elif verdict is Verdict.NEXT and is_tombstone(record):
                self._gap(batch, ledger.skip(sequence), GAP_UNREADABLE)
            elif verdict is Verdict.NEXT:
                dated = self._keep(batch, sequence, record, dated)
                ledger.take(sequence, record)
        evidence = _evidence(batch)
        if ledger.stored_through > before:
            self.evidence.append(evidence)
        elif conflicts:
            self.conflicting.append((evidence, conflicts))

    def _give_up(self, batch: Authentic, ledger: Ledger, oldest_readable: int | None) -> None:
        """The device begins with the oldest that it can still read, and the ledger is behind that: a loss."""
        first = batch.body.first_sequence
        if first == oldest_readable and first > ledger.stored_through + 1:
            self._gap(batch, ledger.skip(first - 1), GAP_LOST)

    def _keep(self, batch: Authentic, sequence: int, record: bytes, dated: datetime | None) -> datetime | None:
        """Store or set apart the next record; the last date so far."""
        apart = REASON_LOST if batch.device.is_lost else self.apart
        origin = Origin(batch.device, batch.journal, batch.message.received_at, apart)
        row = judge(record, origin, self.facts, dated)
        if isinstance(row, Unstorable):
            self._set_apart(batch, sequence, record, row, in_ledger=True)
            return dated
        self.responses.append(row)
        return row.answered_at or dated

    def _set_apart(
        self, batch: Authentic, sequence: int, record: bytes, fault: Unstorable, *, in_ledger: bool
    ) -> bytes:
        digest = sha256(batch.journal.journal_id + record).digest()
        self.quarantined.append(
            QuarantineRow(
                batch.journal.organisation_id,
                batch.journal.device_id,
                digest,
                batch.journal.journal_id,
                sequence,
                record,
                fault.reason,
                fault.detail,
                in_ledger,
                batch.header.key_epoch,
                batch.message.received_at,
            )
        )
        return digest

    def _gap(self, batch: Authentic, gap: range, reason: str) -> None:
        self.gaps.append(GapRow(*batch.journal, gap.start, gap.stop - 1, reason, batch.message.received_at))


def _numbered(batch: Authentic) -> Iterator[tuple[int, bytes]]:
    assert isinstance(batch.body, Batch)
    return enumerate(batch.body.records, batch.body.first_sequence)


def _evidence(batch: Authentic) -> EvidenceRow:
    payload = batch.message.payload
    digest = sha256(payload).digest()
    journal: JournalKey = batch.journal
    return EvidenceRow(
        *journal, batch.body.first_sequence, digest, payload, batch.header.key_epoch, batch.message.received_at
    )
