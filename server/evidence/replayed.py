"""A device's journals replayed from its signed batches: what should be stored, and what is stored instead.

Which of several batches brought a record into custody is not on record: workers may have taken them in any order. So a
stored row says when it was received, and some signed batch with that record must have been received just then.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import NamedTuple

from protocol.record import crc_is_good, record_crc
from protocol.topics import device_name
from server.evidence.batches import SignedBatch
from server.evidence.differences import EXTRA, MISSING, OTHER, Difference, Summary, compare
from server.evidence.holdings import HeldGap, Holdings, Place
from server.evidence.names import ResponseKey
from server.evidence.past import PastFacts, covers
from server.ingest import facts as ingest_facts
from server.ingest.check import KnownDevice
from server.ingest.custody import GAP_UNREADABLE
from server.ingest.incoming import JournalKey
from server.ingest.judge import (
    REASON_CLOCK_IN_FUTURE,
    REASON_DATABASE,
    REASON_LOST,
    Origin,
    ResponseRow,
    Unstorable,
    judge,
)
from server.ingest.ledger import is_tombstone
from server.ingest.tables import ANSWERED_BY_CLOCK, DELIVERED

# Whether a record must go to quarantine for these is decided by what people did meanwhile; for all others by its bytes.
CHANGEABLE = {REASON_LOST, REASON_DATABASE, "unknown-questionnaire", "no-placement", "unknown-team-choice"}


class Signed(NamedTuple):
    """A record in a signed batch."""

    record: bytes
    received_at: datetime


@dataclass
class Replayed:
    """Filled while `differences` is read: the rows that should be there."""

    device: KnownDevice
    holdings: Holdings
    facts: PastFacts
    summary: Summary
    states: dict[int, list[ingest_facts.Place]]  # of each placement: as it is, and as it was
    rows: list[ResponseRow] = field(default_factory=list)
    faults: list[Difference] = field(default_factory=list)  # of the batches themselves

    def differences(self, batches: Iterable[SignedBatch]) -> Iterator[Difference]:
        """Of one device; its records in the order of their journals."""
        signed: dict[Place, list[Signed]] = {}
        begun: set[tuple[Place, datetime]] = set()
        for batch in batches:
            begun.add(((batch.journal_id, batch.first_sequence), batch.received_at))
            for sequence, record in enumerate(batch.records, batch.first_sequence):
                signed.setdefault((batch.journal_id, sequence), []).append(Signed(record, batch.received_at))
        held = self.holdings
        for place in sorted(signed.keys() | held.responses.keys() | held.waiting.keys()):
            yield from self._record(place, signed.get(place, []))
        records = {(place[0], each.record) for place, found in signed.items() for each in found}
        for key, row in held.conflicts.items():
            if key not in records and not held.is_dropped((row.journal_id, row.sequence)):
                yield self._difference(EXTRA, (row.journal_id, row.sequence), "in quarantine, but no batch has it")
        for journal_id, gap in [(journal_id, gap) for journal_id, gaps in held.gaps.items() for gap in gaps]:
            if not (held.is_dropped((journal_id, gap.span[-1])) or self._is_stated(journal_id, gap, signed, begun)):
                name = f"gap {gap.span[0]} to {gap.span[-1]} of journal {journal_id.hex()}"
                yield Difference(EXTRA, name, f"on record ({gap.reason}), but no signed batch states it")
        yield from self._ledger(signed.keys())

    def _is_stated(
        self, journal_id: bytes, gap: HeldGap, signed: dict[Place, list[Signed]], begun: set[tuple[Place, datetime]]
    ) -> bool:
        """Whether the batch that brought the gap says so: tombstones, or it begins behind what is lost.

        What was signed and received before would have been stored.
        """
        records = [each for sequence in gap.span for each in signed.get((journal_id, sequence), ())]
        if gap.reason == GAP_UNREADABLE:
            stones = [each for each in records if is_tombstone(each.record) and each.received_at == gap.recorded_at]
            return len(stones) >= len(gap.span)
        in_time = any(each.received_at < gap.recorded_at and not is_tombstone(each.record) for each in records)
        return ((journal_id, gap.span.stop), gap.recorded_at) in begun and not in_time

    def _record(self, place: Place, signed: list[Signed]) -> Iterator[Difference]:
        held = self.holdings
        stored, waiting = held.responses.get(place), held.waiting.get(place)
        if not signed:
            yield self._difference(EXTRA, place, "stored, but no signed batch has it")
            return
        if stored is not None:
            kept = next((each.record for each in signed if _is_of(each.record, stored)), None)
        elif waiting is not None:
            kept = next((each.record for each in signed if each.record == waiting.record), None)
        elif held.in_gap(place) or held.is_dropped(place):
            kept = None
        else:
            kept = next((each.record for each in signed if not is_tombstone(each.record)), None)
        if (stored or waiting) and kept is None:
            yield self._difference(OTHER, place, "what is stored is not the record that was signed")
        if not held.is_dropped(place):
            yield from self._conflicts(place, kept, signed)
        if kept is not None:
            yield from self._judged(place, kept, [each.received_at for each in signed if each.record == kept])
        elif not (stored or waiting or held.in_gap(place) or held.is_dropped(place)):
            yield self._difference(MISSING, place, "the gap that the device has stated")

    def _conflicts(self, place: Place, kept: bytes | None, signed: list[Signed]) -> Iterator[Difference]:
        for record in {each.record for each in signed} - {kept}:
            if not is_tombstone(record) and (place[0], record) not in self.holdings.conflicts:
                yield self._difference(MISSING, place, "a conflicting record, which belongs in quarantine")

    def _judged(self, place: Place, record: bytes, received: list[datetime]) -> Iterator[Difference]:
        stored, waiting = self.holdings.responses.get(place), self.holdings.waiting.get(place)
        if waiting is not None and stored is None and waiting.resolution != DELIVERED:
            yield from self._quarantined(place, record, received)
            return
        if waiting is not None and stored is not None and waiting.resolution != DELIVERED:
            yield self._difference(EXTRA, place, "stored, though it still waits in quarantine")
        if (
            waiting is not None
            and waiting.reason == REASON_CLOCK_IN_FUTURE
            and waiting.judged_as_received_at is not None
        ):
            received = [waiting.judged_as_received_at]
        received_at = stored.received_at if stored is not None and stored.received_at in received else received[0]
        expected = self._expected(place, record, received_at, stored)
        if isinstance(expected, Unstorable):
            kind = OTHER if stored is not None else MISSING
            yield self._difference(kind, place, f"it belongs in quarantine ({expected.reason}): {expected.detail}")
            return
        self.rows.append(expected)
        self.summary.responses += 1
        if expected.answered_at is not None:
            late = waiting.resolved_at if waiting is not None else None
            self.facts.learn(place[0], place[1], expected.answered_at, late)
        if stored is None:
            yield self._difference(MISSING, place, f"a response of {expected.day}, answers {expected.answers}")
        elif stored != expected:
            yield self._difference(OTHER, place, compare(stored, expected))

    def _quarantined(self, place: Place, record: bytes, received: list[datetime]) -> Iterator[Difference]:
        reason = self.holdings.waiting[place].reason
        judged = self._expected(place, record, received[0], None)
        if isinstance(judged, Unstorable):
            return
        if reason in CHANGEABLE:
            self.summary.deliverable += not (reason == REASON_LOST and self.device.is_lost)
            return
        yield self._difference(MISSING, place, f"a response: in quarantine ({reason}), though nothing is wrong with it")

    def _expected(
        self, place: Place, record: bytes, received_at: datetime, stored: ResponseRow | None
    ) -> ResponseRow | Unstorable:
        """What the judge says; of all moments since receipt one at which it said what is stored, if there is one."""
        found: ResponseRow | Unstorable | None = None
        journal = JournalKey(self.device.organisation_id, self.device.device_id, place[0])
        origin = Origin(self.device, journal, received_at)
        for judged in self._judgements(record, origin, stored):
            row = judged
            if isinstance(judged, ResponseRow):
                row = judged._replace(flagged_by_person=self.holdings.flags.get(place))
            found = found or row
            if row == stored:
                return row
            if isinstance(judged, ResponseRow) and judged.answered_by == ANSWERED_BY_CLOCK:
                break  # nothing that became known later could change it
        assert found is not None
        return found

    def _judgements(
        self, record: bytes, origin: Origin, stored: ResponseRow | None
    ) -> Iterator[ResponseRow | Unstorable]:
        places = self.facts.places
        self.facts.with_carried, self.facts.moment = True, origin.received_at
        yield judge(record, origin, self.facts, None)
        if stored is None or stored.answered_by == ANSWERED_BY_CLOCK:
            return
        as_they_were = self._as_they_were(stored, origin.received_at) if stored.answered_at is None else []
        moments = self.facts.moments(origin.journal.journal_id, origin.received_at)
        try:
            for where, carried, moment in product([places, *([each] for each in as_they_were)], (True, False), moments):
                self.facts.places, self.facts.with_carried, self.facts.moment = where, carried, moment
                yield judge(record, origin, self.facts, None)
        finally:
            self.facts.places = places

    def _as_they_were(self, stored: ResponseRow, at: datetime) -> list[ingest_facts.Place]:
        """Where nobody knows when a response was taken, its placement is the one at receipt, as it was then."""
        return [place for place in self.states.get(stored.placement_id, ()) if covers(place, at)]

    def _ledger(self, signed: Iterable[Place]) -> Iterator[Difference]:
        held = self.holdings
        accounted: dict[bytes, set[int]] = {}
        for journal_id, sequence in (*signed, *held.responses, *held.waiting):
            accounted.setdefault(journal_id, set()).add(sequence)
        for journal_id, gaps in held.gaps.items():
            accounted.setdefault(journal_id, set()).update(*(gap.span for gap in gaps))
        for journal_id in sorted(accounted.keys() | held.stored_through.keys()):
            known, through = accounted.get(journal_id, set()), held.stored_through.get(journal_id, 0)
            name = f"journal {journal_id.hex()} of device {device_name(self.device.device_id)}"
            if known and max(known) > through:
                yield Difference(OTHER, name, f"stored_through is {through}, should be {max(known)}")
            for span in _missing(known, held.dropped_through.get(journal_id, 0), through):
                detail = f"sequences {span.start} to {span.stop - 1} were acknowledged, and nothing is held of them"
                yield Difference(MISSING, name, detail)

    def _difference(self, kind: str, place: Place, detail: str) -> Difference:
        return Difference(kind, f"response {ResponseKey(self.device.device_id, *place).name()}", detail)


def _is_of(record: bytes, stored: ResponseRow) -> bool:
    return crc_is_good(record) and record_crc(record) == stored.record_crc


def _missing(known: set[int], after: int, through: int) -> Iterator[range]:
    """The spans of sequences above `after`, up to `through`, that are not known."""
    first = after + 1
    for sequence in sorted(sequence for sequence in known if after < sequence <= through):
        if sequence > first:
            yield range(first, sequence)
        first = sequence + 1
    if first <= through:
        yield range(first, through + 1)
