"""Whatever arrives, in whatever order and company: the database agrees with a model of a dozen lines."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.envelope import ACK, DOWN, parse
from protocol.messages import decode_ack
from protocol.record import tombstone
from server.ingest.tables import Gap, Journal, Quarantine

GOOD, OTHER, UNKNOWN, BROKEN, LOST = "good", "other bytes", "unknown questionnaire", "broken", "tombstone"
LAST = 12


@dataclass
class Model:
    """What docs/protocol.md says of the ledger, and nothing of how it is done."""

    stored_through: int = 0
    held: dict = field(default_factory=dict)
    responses: set = field(default_factory=set)
    reasons: set = field(default_factory=set)
    gaps: set = field(default_factory=set)

    def take(self, first, makes):
        for sequence, make in enumerate(makes, first):
            if sequence <= self.stored_through and make != LOST and self.held[sequence] != make:
                self.reasons.add((sequence, make, "conflict"))
            if sequence != self.stored_through + 1:
                continue
            self.stored_through, self.held[sequence] = sequence, make
            if make == LOST:
                self.gaps.add(sequence)
            elif make in (GOOD, OTHER):
                self.responses.add(sequence)
            else:
                self.reasons.add((sequence, make, "crc" if make == BROKEN else "unknown-questionnaire"))


def records(handheld):
    """Every record that may be sent: {(sequence, make): bytes}."""
    made = {}
    for sequence in range(1, LAST + 1):
        for make, fields in ((GOOD, {}), (OTHER, {"duration": 200}), (UNKNOWN, {"questionnaire": 9})):
            handheld.answer(sequence=sequence, **fields)
            made[sequence, make] = handheld.records.pop()
        good = made[sequence, GOOD]
        made[sequence, BROKEN] = good[:22] + bytes([good[22] ^ 0x11]) + good[23:]
        made[sequence, LOST] = tombstone(sequence)
    return made


makes = st.sampled_from([GOOD] * 6 + [OTHER, UNKNOWN, BROKEN, LOST])
batches = st.tuples(st.integers(1, LAST - 4), st.lists(makes, min_size=0, max_size=5))
histories = st.lists(st.lists(batches, min_size=1, max_size=4), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def serials():
    return iter(range(1, 10**6))


@given(histories)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_ends_as_the_model_says(ward, serials, history):
    handheld = ward.handheld(f"device {next(serials)}")
    made = records(handheld)
    ward.meet(handheld)
    model = Model()
    for transaction in history:
        messages = [
            handheld.batch(first=first, records=[made[key] for key in enumerate(row, first)])
            for first, row in transaction
        ]
        replies = ward.process(*messages)
        for first, row in sorted(transaction, key=lambda batch: batch[0]):
            model.take(first, row)
        check_acks(replies, model, transaction)
    check(ward, handheld, model, made)
    replayed = [batch for transaction in history for batch in transaction]
    for first, row in replayed:  # what was beyond the first time may be next by now
        ward.process(handheld.batch(first=first, records=[made[key] for key in enumerate(row, first)]))
        model.take(first, row)
    check(ward, handheld, model, made)


def check_acks(replies, model, transaction):
    (reply,) = replies
    header, body = parse(reply.payload, DOWN)
    assert header.type == ACK
    shown = max(first + len(row) - 1 for first, row in transaction)
    assert decode_ack(body).stored_through == min(model.stored_through, shown)


def check(ward, handheld, model, made):
    mine = {"device_id": handheld.identity.device_id}
    assert ward.rows(Journal, **mine)[0].stored_through == model.stored_through
    assert set(ward.sequences(handheld)) == model.responses
    assert {row.first_sequence for row in ward.rows(Gap, **mine)} == model.gaps
    found = {(row.sequence, row.record, row.reason) for row in ward.rows(Quarantine, **mine)}
    assert found == {(sequence, made[sequence, make], reason) for sequence, make, reason in model.reasons}
    ward.check_sums()
