"""Authentic but not storable: kept with its exact reason, acked, shown, and delivered once when it can be."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from protocol.record import (
    KIND_DECLINED,
    KIND_MARK,
)
from server.ingest.replay import replay
from server.ingest.tables import Evidence, Quarantine, Response
from server.ingest.transaction import UNAVAILABLE
from tests.server.ingest.ward import NOW


def broken_crc(record):
    return record[:25] + bytes([record[25] ^ 0xFF]) + record[26:]


UNSTORABLE = {
    "unknown-questionnaire": {"questionnaire": 77},
    "range": {"flags": 0x8000},
    "answer-out-of-options": {"answers": (1, 3, 1)},
    "declined-with-answers": {"kind": KIND_DECLINED},
    "unknown-team-choice": {"team": 3},
}


@pytest.mark.parametrize("reason", UNSTORABLE)
def test_what_cannot_be_stored_is_kept_with_its_reason_and_acked(ward, reason):
    handheld = ward.handheld()
    handheld.answer()
    handheld.answer(**UNSTORABLE[reason])
    handheld.answer()
    ward.sync(handheld)
    assert handheld.acked_through == 3
    assert ward.sequences(handheld) == [1, 3]
    (row,) = ward.rows(Quarantine)
    assert (row.reason, row.sequence, row.in_ledger, row.resolution) == (reason, 2, True, None)
    assert row.record == handheld.records[1]
    assert row.detail
    assert len(ward.rows(Evidence)) == 1
    ward.check_sums()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": KIND_MARK},
        {"kind": 99},
        {"answers": (7,)},
        {"quality": 6},
        {"clock": 0},  # with a quality that says it is set
        {"quality": 0},
    ],
)
def test_values_that_the_protocol_does_not_know_are_out_of_range(ward, fields):
    handheld = ward.handheld()
    handheld.answer(**fields)
    ward.sync(handheld)
    assert ward.reasons() == {"range": 1}


@pytest.mark.parametrize("answers", [(4,), (1, 3), (0, 0, 0, 1), (1, 1, 1, 14), (1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 15)])
def test_an_answer_that_its_question_does_not_have(ward, answers):
    handheld = ward.handheld()
    handheld.answer(*answers)
    ward.sync(handheld)
    assert ward.reasons() == {"answer-out-of-options": 1}


def test_a_record_whose_crc_is_wrong_is_kept_and_the_next_is_good(ward):
    handheld = ward.handheld()
    handheld.answer()
    handheld.answer()
    handheld.records[0] = broken_crc(handheld.records[0])
    ward.sync(handheld)
    assert ward.reasons() == {"crc": 1}
    assert ward.sequences(handheld) == [2]
    before = ward.snapshot()
    ward.process(handheld.batch(first=1))
    assert ward.snapshot() == before


def test_a_damaged_copy_with_the_same_crc_field_is_not_taken_for_the_stored_record(ward):
    handheld = ward.handheld()
    handheld.answer()
    ward.sync(handheld)
    handheld.records[0] = broken_crc(handheld.records[0])
    ward.process(handheld.batch(first=1))
    assert ward.reasons() == {"conflict": 1}


def test_a_questionnaire_that_is_published_later_delivers_what_waited_for_it_exactly_once(ward):
    handheld = ward.handheld()
    for reference in (1, 2, 2, 3):
        handheld.answer(questionnaire=reference)
    ward.sync(handheld)
    assert ward.reasons() == {"unknown-questionnaire": 3}
    ward.publish(version=2)
    for delivered, left in ((2, 1), (0, 1)):
        with ward.engine.begin() as connection:
            assert replay(connection, NOW) == (delivered, left)
    assert ward.sequences(handheld) == [1, 2, 3]
    assert [row.resolved_at for row in ward.rows(Quarantine, resolution="delivered")] == [NOW, NOW]
    assert ward.rows(Response)[1].received_at == handheld.clock
    ward.check_sums()
    before = ward.snapshot()
    ward.process(handheld.batch(first=1))
    assert ward.snapshot() == before


def test_a_replay_that_finds_another_reason_writes_it_down(ward):
    handheld = ward.handheld(placed_at=None)
    handheld.answer(questionnaire=2)
    ward.sync(handheld)
    ward.publish(version=2)
    with ward.engine.begin() as connection:
        assert replay(connection, NOW) == (0, 1)
    assert ward.reasons() == {"no-placement": 1}


def test_what_a_wrong_server_clock_has_refused_is_judged_by_the_instant_that_the_operator_states(ward):
    """The server's clock was three days behind for one sync, which put good answers into its future."""
    handheld = ward.handheld()
    for _ in range(3):
        handheld.answer()
    received_at = handheld.clock
    behind = received_at - timedelta(days=3)
    handheld.take(ward.process(handheld.status()._replace(received_at=behind)))
    handheld.take(ward.process(handheld.batch()._replace(received_at=behind)))
    assert handheld.acked_through == 3
    assert ward.reasons() == {"clock-in-future": 3}
    with ward.engine.begin() as connection:  # a day later: not by the present, for then everything would be in order
        assert replay(connection, NOW + timedelta(days=1)) == (0, 3)
        assert replay(connection, NOW + timedelta(days=1), received_at=received_at) == (3, 0)
    rows = ward.rows(Response)
    assert [row.answered_at for row in rows] == [received_at - timedelta(minutes=minutes) for minutes in (2, 1, 0)]
    assert {row.received_at for row in rows} == {received_at}
    for row in ward.rows(Quarantine):
        assert row.received_at == behind  # what was noted at the time stays
        assert "which an operator stated" in row.detail
    ward.check_sums()


def test_a_stated_instant_of_receipt_concerns_only_what_a_clock_has_refused(ward):
    handheld = ward.handheld()
    handheld.answer(questionnaire=2)
    ward.sync(handheld)
    ward.publish(version=2)
    with ward.engine.begin() as connection:
        assert replay(connection, NOW, received_at=NOW + timedelta(days=3)) == (0, 0)


def test_a_replay_never_delivers_a_conflict(ward):
    handheld = ward.handheld()
    handheld.answer(1, 1, 1)
    ward.sync(handheld)
    handheld.answer(3, 2, 3, sequence=1)
    handheld.records[0] = handheld.records.pop()
    ward.process(handheld.batch(first=1))
    before = ward.snapshot()
    with ward.engine.begin() as connection:
        assert replay(connection, NOW) == (0, 0)
    assert ward.snapshot() == before


# --- what the database refuses --------------------------------------------------------------------------------------


def test_a_message_that_the_database_refuses_is_kept_apart_and_holds_up_no_other(ward, provoked):
    handhelds = [ward.handheld(serial) for serial in "ABCDE"]
    for handheld in handhelds:
        handheld.answer()
    handhelds[2].answer(duration=200)
    with ward.engine.begin() as connection:
        connection.execute(text("ALTER TABLE response ADD CONSTRAINT odd CHECK (duration <> 200)"))
    for handheld in handhelds:
        ward.meet(handheld)
    replies = ward.process(*(handheld.batch() for handheld in handhelds))
    for handheld in handhelds:
        handheld.take(replies)
        assert handheld.acked_through == handheld.last
    assert provoked
    assert [ward.sequences(handheld) for handheld in handhelds] == [[1], [1], [], [1], [1]]
    assert ward.reasons() == {"refused-by-database": 2}
    ward.check_sums()
    with ward.engine.begin() as connection:
        connection.execute(text("ALTER TABLE response DROP CONSTRAINT odd"))
        assert replay(connection, NOW) == (2, 0)
    assert ward.sequences(handhelds[2]) == [1, 2]


@pytest.mark.parametrize("sqlstate", ["53100", "57014", "40P01"])  # disk full, cancelled, deadlock
def test_a_database_that_cannot_take_a_batch_now_is_no_fault_of_the_batch(ward, sqlstate):
    handheld = ward.handheld()
    handheld.answer(1, 1, 1)
    ward.meet(handheld)
    refuse = f"BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '{sqlstate}'; END"
    with ward.engine.begin() as connection:
        connection.execute(text(f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $${refuse}$$"))
        connection.execute(
            text("CREATE TRIGGER refusing BEFORE INSERT ON response FOR EACH ROW EXECUTE FUNCTION refuse()")
        )
    with pytest.raises(UNAVAILABLE):
        ward.process(handheld.batch())
    assert ward.sequences(handheld) == []
    assert ward.reasons() == {}
    with ward.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER refusing ON response"))
    handheld.take(ward.process(handheld.batch()))
    assert handheld.acked_through == handheld.last
    assert len(ward.sequences(handheld)) == handheld.last


def test_a_message_that_cannot_even_be_kept_apart_is_counted_and_not_acked(ward, provoked):
    handheld, neighbour = ward.handheld("A"), ward.handheld("B")
    handheld.answer(questionnaire=77)
    neighbour.answer()
    with ward.engine.begin() as connection:
        connection.execute(text("ALTER TABLE quarantine ADD CONSTRAINT odd CHECK (false)"))
    replies = ward.process(handheld.batch(), neighbour.batch())
    assert handheld.take(replies) == 0
    assert neighbour.take(replies) == 1
    assert ward.refusals() == {"refused-by-database": 1}
    assert len(provoked) >= 2
