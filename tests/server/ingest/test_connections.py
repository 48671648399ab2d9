"""A connection: the server's nonce, what confirms it, and what its status leaves behind."""

from protocol.envelope import ACK, DESIRED, DOWN, NO_NONCE, parse
from protocol.messages import decode_desired
from server.ingest.tables import Connection, Journal
from tests.server.ingest.handheld import pet_time
from tests.server.ingest.ward import NOW, minutes


def server_nonces(replies):
    return {parse(reply.payload, DOWN).header.server_nonce for reply in replies}


def test_a_status_is_answered_with_a_fresh_nonce_the_server_s_time_and_nothing_desired(ward):
    handheld = ward.handheld()
    desired, ack = ward.process(handheld.status(), now=NOW)
    header, body = parse(desired.payload, DOWN)
    assert (header.type, header.device_nonce) == (DESIRED, handheld.device_nonce)
    assert header.server_nonce != NO_NONCE
    assert desired.topic == f"pet/v1/d/{handheld.identity.device_id:08x}/down/desired"
    assert decode_desired(body) == (pet_time(NOW), 0, ())
    assert parse(ack.payload, DOWN).header.type == ACK


def test_a_status_delivered_again_gets_the_same_nonce_and_another_connection_another(ward):
    handheld = ward.handheld()
    status = handheld.status()
    first = server_nonces(ward.process(status))
    assert server_nonces(ward.process(status, status)) == first
    assert server_nonces(ward.process(handheld.status())) != first
    assert len(ward.rows(Connection)) == 2


def test_a_status_is_confirmed_only_by_a_batch_that_carries_its_server_nonce(ward):
    handheld = ward.handheld()
    handheld.answer()
    status = handheld.status()
    replies = ward.process(status)
    ward.process(handheld.batch())  # the device has not heard the server yet
    assert [row.confirmed_at for row in ward.rows(Connection)] == [None]
    handheld.take(replies)
    handheld.clock += minutes(1)
    ward.process(handheld.batch())
    assert [row.confirmed_at for row in ward.rows(Connection)] == [handheld.clock]
    handheld.clock += minutes(1)
    ward.process(handheld.batch())  # a later one does not move it
    assert [row.confirmed_at for row in ward.rows(Connection)] == [handheld.clock - minutes(1)]


def test_a_batch_without_records_confirms_too(ward):
    handheld = ward.handheld()
    ward.sync(handheld)
    assert ward.rows(Connection)[0].confirmed_at is not None


def test_a_status_keeps_what_the_fleet_page_needs(ward):
    handheld = ward.handheld()
    ward.process(handheld.status(battery_mv=3712, free_slots=12, acked_through=0))
    (row,) = ward.rows(Connection)
    assert (row.battery_mv, row.free_slots, row.application, row.counters) == (3712, 12, "0.1.0", {"boots": 3})
    assert row.received_at == handheld.clock


def test_a_status_makes_no_ledger_row_its_batch_does(ward):
    handheld = ward.handheld()
    ward.meet(handheld)
    assert ward.rows(Journal) == []
    ward.process(handheld.batch())
    assert len(ward.rows(Journal)) == 1


def test_the_ack_of_a_status_never_moves_a_device_on(ward):
    """Its records have not been seen on this connection: they may be another device's."""
    handheld = ward.handheld()
    for _ in range(5):
        handheld.answer()
    ward.sync(handheld)
    handheld.acked_through = 2  # a power cut cost it the mark
    ward.meet(handheld)
    assert (handheld.acks[-1].stored_through, handheld.acks[-1].resend_from) == (2, 0)


def test_one_transaction_may_hold_a_whole_connection(ward):
    handheld = ward.handheld()
    handheld.answer()
    status = handheld.status()
    handheld.take(ward.process(status))
    ward.process(status, handheld.batch())
    assert ward.sequences(handheld) == [1]
    assert ward.rows(Connection)[0].confirmed_at is not None
