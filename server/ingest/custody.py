"""What one transaction takes into custody: its batches, walked record by record and written afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

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

    @property
    def key(self) -> tuple[int, bytes]:
        """What names it: a resend has the same."""
        return self.device_id, self.digest


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
    """Filled batch by batch. `conflicting`: batches whose only news may be conflicts, with their keys."""

    facts: Facts
    apart: str | None = None
    responses: list[ResponseRow] = field(default_factory=list)
    quarantined: list[QuarantineRow] = field(default_factory=list)
    gaps: list[GapRow] = field(default_factory=list)
    evidence: list[EvidenceRow] = field(default_factory=list)
    conflicting: list[tuple[EvidenceRow, set[tuple[int, bytes]]]] = field(default_factory=list)
    # The last date in each journal so far: what follows it without a date came after it.
    dated: dict[JournalKey, datetime] = field(default_factory=dict)

    def take(self, batch: Authentic, ledger: Ledger, oldest_readable: int | None) -> None:
        """Walk the batch. `oldest_readable`: of this journal, as this very connection has stated it; else None."""
        before = ledger.stored_through
        self._give_up(batch, ledger, oldest_readable)
        conflicts: set[tuple[int, bytes]] = set()
        for sequence, record in _numbered(batch):
            verdict = ledger.verdict(sequence, record)
            if verdict is Verdict.CONFLICT:
                fault = Unstorable(REASON_CONFLICT, "another record has this sequence: a second device?")
                conflicts.add(self._set_apart(batch, sequence, record, fault, in_ledger=False))
            elif verdict is Verdict.NEXT and is_tombstone(record):
                self._gap(batch, ledger.skip(sequence), GAP_UNREADABLE)
            elif verdict is Verdict.NEXT:
                self._keep(batch, sequence, record)
                ledger.take(sequence, record)
        evidence = _evidence(batch)
        if ledger.stored_through > before:
            self.evidence.append(evidence)
        elif conflicts:
            self.conflicting.append((evidence, conflicts))

    def _give_up(self, batch: Authentic, ledger: Ledger, oldest_readable: int | None) -> None:
        """The device begins with the oldest that it can still read, and the ledger is behind that: a loss."""
        first = batch.batch.first_sequence
        if first == oldest_readable and first > ledger.stored_through + 1:
            self._gap(batch, ledger.skip(first - 1), GAP_LOST)

    def _keep(self, batch: Authentic, sequence: int, record: bytes) -> None:
        apart = REASON_LOST if batch.device.is_lost else self.apart
        origin = Origin(batch.device, batch.journal, batch.message.received_at, apart)
        row = judge(record, origin, self.facts, self.dated.get(batch.journal))
        if isinstance(row, Unstorable):
            self._set_apart(batch, sequence, record, row, in_ledger=True)
            return
        self.responses.append(row)
        if row.answered_at is not None:
            self.dated[batch.journal] = row.answered_at

    def _set_apart(
        self, batch: Authentic, sequence: int, record: bytes, fault: Unstorable, *, in_ledger: bool
    ) -> tuple[int, bytes]:
        row = QuarantineRow(
            **batch.journal._asdict(),
            digest=sha256(batch.journal.journal_id + record).digest(),
            sequence=sequence,
            record=record,
            reason=fault.reason,
            detail=fault.detail,
            in_ledger=in_ledger,
            key_epoch=batch.header.key_epoch,
            received_at=batch.message.received_at,
        )
        self.quarantined.append(row)
        return row.key

    def _gap(self, batch: Authentic, gap: range, reason: str) -> None:
        self.gaps.append(GapRow(*batch.journal, gap.start, gap.stop - 1, reason, batch.message.received_at))


def _numbered(batch: Authentic) -> Iterator[tuple[int, bytes]]:
    return enumerate(batch.batch.records, batch.batch.first_sequence)


def _evidence(batch: Authentic) -> EvidenceRow:
    payload = batch.message.payload
    return EvidenceRow(
        **batch.journal._asdict(),
        first_sequence=batch.batch.first_sequence,
        digest=sha256(payload).digest(),
        payload=payload,
        key_epoch=batch.header.key_epoch,
        received_at=batch.message.received_at,
    )
