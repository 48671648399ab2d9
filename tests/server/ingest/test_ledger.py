"""docs/protocol.md, The server: the ledger. What happens to a record by its sequence."""

from protocol.record import tombstone
from server.ingest.tables import Evidence, Gap, Journal, Quarantine, Response


def stored_through(ward):
    return [row.stored_through for row in ward.rows(Journal)]


def test_the_next_records_go_into_custody_and_are_acked_after_that(ward):
    handheld = ward.handheld()
    for _ in range(3):
        handheld.answer()
    ward.sync(handheld)
    assert handheld.acks[-1].stored_through == 3
    assert ward.sequences(handheld) == [1, 2, 3]
    assert stored_through(ward) == [3]
    ward.check_sums()


def test_a_batch_that_comes_again_changes_no_row_and_is_acked_again(ward):
    handheld = ward.handheld()
    handheld.answer()
    handheld.answer()
    messages = ward.sync(handheld)
    before = ward.snapshot()
    assert handheld.take(ward.process(messages[-1])) == 1
    assert handheld.acks[-1].stored_through == 2
    assert ward.snapshot() == before


def test_everything_ever_seen_comes_again_and_changes_no_row(ward):
    handhelds = [ward.handheld(serial) for serial in "ABC"]
    messages = []
    for handheld in handhelds:
        for number in range(120):
            handheld.answer(1 + number % 3, 1 + number % 2, 14)
        handheld.answer(questionnaire=99)  # to quarantine
        handheld.records.append(None)  # to a gap
        messages += ward.sync(handheld)
        handheld.records[3] = handheld.records[4][:5] + handheld.records[3][5:]  # a record of another device
        messages.append(handheld.batch(first=1, count=10))
        ward.process(messages[-1])
    before = ward.snapshot()
    for message in messages + messages[::-1]:
        ward.process(message)
    ward.process(*messages)
    assert ward.snapshot() == before
    ward.check_sums()


def test_a_lost_ack_makes_the_device_send_again_and_nothing_is_doubled(ward):
    handheld = ward.handheld()
    for _ in range(5):
        handheld.answer()
    ward.meet(handheld)
    ward.process(handheld.batch())  # its ack is lost
    handheld.answer()
    ward.sync(handheld)
    assert ward.sequences(handheld) == [1, 2, 3, 4, 5, 6]
    assert handheld.acked_through == 6
    assert len(ward.rows(Evidence)) == 2
    ward.check_sums()


def test_other_bytes_under_a_known_sequence_are_kept_apart_and_raise_the_alarm(ward, caplog):
    handheld = ward.handheld()
    for _ in range(3):
        handheld.answer(1, 1, 1)
    ward.sync(handheld)
    kept = ward.rows(Response)
    second = handheld.records[1]
    handheld.records[1] = handheld.answer(3, 2, 3, sequence=2) and handheld.records.pop()
    handheld.take(ward.process(handheld.batch(first=1)))
    (row,) = ward.rows(Quarantine)
    assert (row.reason, row.sequence, row.record, row.in_ledger) == ("conflict", 2, handheld.records[1], False)
    assert row.record != second
    assert [(one.sequence, one.record_crc) for one in ward.rows(Response)] == [
        (one.sequence, one.record_crc) for one in kept
    ]
    assert handheld.acks[-1].stored_through == 3
    assert len(ward.rows(Evidence)) == 2  # also the batch whose only news is the conflict
    assert "conflict device=" in caplog.text
    ward.check_sums()


def test_what_lies_beyond_is_not_taken_and_the_ack_says_from_where_to_send(ward):
    handheld = ward.handheld()
    for _ in range(6):
        handheld.answer()
    ward.meet(handheld)
    handheld.take(ward.process(handheld.batch(first=4)))
    assert handheld.acks[-1].stored_through == 0
    assert ward.rows(Response) == []
    assert ward.rows(Evidence) == []
    handheld.take(ward.process(handheld.batch()))
    assert handheld.acks[-1].stored_through == 6


def test_batches_out_of_order_in_one_transaction_are_all_taken(ward):
    handheld = ward.handheld()
    for _ in range(6):
        handheld.answer()
    ward.meet(handheld)
    ward.process(handheld.batch(first=4), handheld.batch(first=1, count=3))
    assert ward.sequences(handheld) == [1, 2, 3, 4, 5, 6]


def test_one_ack_for_a_device_and_transaction(ward):
    handheld = ward.handheld()
    for _ in range(6):
        handheld.answer()
    ward.meet(handheld)
    replies = ward.process(handheld.batch(count=3), handheld.batch(first=4))
    assert handheld.take(replies) == len(replies) == 1
    assert handheld.acks[-1].stored_through == 6


def test_a_tombstone_is_a_recorded_gap_and_the_ledger_moves_on(ward):
    handheld = ward.handheld()
    handheld.answer()
    handheld.records.append(None)
    handheld.answer(sequence=3)
    ward.sync(handheld)
    assert ward.sequences(handheld) == [1, 3]
    (gap,) = ward.rows(Gap)
    assert (gap.first_sequence, gap.last_sequence, gap.reason) == (2, 2, "unreadable on the device")
    assert handheld.acked_through == 3


def test_a_tombstone_for_what_is_held_takes_nothing_away(ward):
    handheld = ward.handheld()
    handheld.answer()
    handheld.answer(questionnaire=99)
    ward.sync(handheld)
    before = ward.snapshot()
    ward.process(handheld.batch(first=1, records=[tombstone(1), tombstone(2)]))
    assert ward.snapshot() == before


def test_a_record_that_comes_after_its_gap_was_recorded_is_not_dropped(ward):
    handheld = ward.handheld()
    handheld.answer()
    handheld.records.append(None)
    ward.sync(handheld)
    handheld.answer(sequence=2)
    handheld.records[1] = handheld.records.pop()
    ward.process(handheld.batch(first=1))
    assert [(row.reason, row.sequence) for row in ward.rows(Quarantine)] == [("conflict", 2)]


def test_a_quarantined_record_that_comes_again_is_a_duplicate_and_another_one_a_conflict(ward):
    handheld = ward.handheld()
    handheld.answer(questionnaire=99)
    ward.sync(handheld)
    before = ward.snapshot()
    ward.process(handheld.batch(first=1))
    assert ward.snapshot() == before
    handheld.answer(questionnaire=98, sequence=1)
    handheld.records[0] = handheld.records.pop()
    ward.process(handheld.batch(first=1))
    ward.process(handheld.batch(first=1))
    assert ward.reasons() == {"unknown-questionnaire": 1, "conflict": 1}


def test_journals_of_one_device_have_ledgers_of_their_own(ward):
    handheld = ward.handheld()
    handheld.answer()
    ward.sync(handheld)
    handheld.journal_id = b"another!"
    handheld.records.clear()
    handheld.acked_through = 0
    handheld.answer(3, 2, 3)
    ward.sync(handheld)
    assert [row.stored_through for row in ward.rows(Journal)] == [1, 1]
    assert ward.sequences(handheld) == [1, 1]
    assert ward.reasons() == {}


def test_the_same_journal_number_on_two_devices_is_two_journals(ward):
    one, other = ward.handheld("A"), ward.handheld("B")
    other.journal_id = one.journal_id
    one.answer(1, 1, 1)
    other.answer(3, 2, 3)
    ward.process(one.batch(), other.batch())
    assert ward.sequences(one) == ward.sequences(other) == [1]
    assert ward.reasons() == {}


def test_a_batch_without_records_is_acked_and_stores_nothing(ward):
    handheld = ward.handheld()
    ward.sync(handheld)
    assert handheld.acks[-1].stored_through == 0
    assert ward.rows(Evidence) == []


def test_the_evidence_is_the_batch_verbatim(ward):
    handheld = ward.handheld()
    handheld.answer()
    messages = ward.sync(handheld)
    (row,) = ward.rows(Evidence)
    assert row.payload == messages[-1].payload
    assert (row.first_sequence, row.key_epoch, row.journal_id) == (1, 1, handheld.journal_id)
