"""A server restored to an older backup: what it lost and the device still has goes up again."""

from firmware.handing import RECORDS
from protocol.record import KIND_TOMBSTONE, decode_record
from tests.connection import SLOT_BYTES, Connection, refusal

AGAIN = b"DEVICE02"


def restored(records, through, blocks=32):
    """All was in custody, the server went back to `through`, and the device has connected again."""
    connection = Connection(records, stored_through=records, blocks=blocks)
    connection.server.restore(through)
    connection.connect(AGAIN)
    return connection


def finish(connection, batches_max=10):
    """Hand over until nothing waits; the number of batches it took."""
    batches = 0
    while connection.outbox.waiting():
        connection.hand_over()
        batches += 1
        assert batches <= batches_max, "it goes round in circles"
    return batches


def test_acked_records_go_up_again_and_the_journal_stays_acked():
    connection = restored(60, 20)
    assert connection.outbox.resend_from == 21
    assert connection.outbox.waiting()
    assert connection.batch().first_sequence == 21
    assert finish(connection) == 1
    assert connection.outbox.resend_from == 0
    assert connection.journal.acked_through == 60
    assert sorted(connection.server.records) == list(range(1, 61))


def test_many_acked_records_take_several_batches():
    connection = restored(350, 10)
    assert finish(connection) == 5
    assert sorted(connection.server.records) == list(range(1, 351))


def test_what_was_not_acked_yet_follows_in_the_same_connection():
    connection = Connection(150, stored_through=150, blocks=32)
    connection.append(70)
    connection.server.restore(40)
    connection.connect(AGAIN)
    finish(connection)
    assert connection.journal.acked_through == 220
    assert sorted(connection.server.records) == list(range(1, 221))


def test_a_server_that_lost_everything_gets_everything_that_is_left():
    connection = restored(90, 0)
    finish(connection)
    assert sorted(connection.server.records) == list(range(1, 91))


def test_what_the_device_has_overwritten_is_a_gap_and_no_obstacle():
    connection = Connection(0, blocks=8)  # 112 records or so
    for _ in range(6):
        connection.append(50)
        finish(connection)
    oldest = connection.journal.oldest_readable
    assert oldest > 150
    connection.server.restore(100)
    connection.connect(AGAIN)
    assert connection.outbox.resend_from == oldest
    finish(connection)
    assert connection.server.gaps == set(range(101, oldest))
    expected = list(range(1, 101)) + list(range(oldest, 301))
    assert sorted(connection.server.records) == expected


def test_a_server_that_asks_for_more_than_there_is_gets_the_oldest():
    connection = Connection(0, blocks=8)
    for _ in range(6):
        connection.append(50)
        finish(connection)
    connection.outbox.take(*connection.server.ack(resend_from=1))
    oldest = connection.journal.oldest_readable
    for _ in range(2):
        assert connection.outbox.resend_from == oldest
        assert connection.batch().first_sequence == oldest
        assert len(connection.batch().records) == min(RECORDS, 301 - oldest)
        connection.outbox.take(*connection.server.ack(stored_through=3))  # it does not move on


def test_an_unreadable_record_among_those_sent_again_is_a_tombstone():
    connection = Connection(12, stored_through=12)
    connection.flash.damage(SLOT_BYTES * 5 + 22, b"\x12\x34")
    connection.server.restore(2)
    connection.connect(AGAIN)
    kinds = {decode_record(record).sequence: decode_record(record).kind for record in connection.batch().records}
    assert kinds[5] == KIND_TOMBSTONE
    finish(connection)
    assert connection.server.gaps == {5}
    assert connection.server.stored_through == 12


def test_a_lost_ack_while_sending_again_repeats_and_moves_on():
    connection = restored(250, 0)
    first = connection.sent_batch()
    connection.server.take(*first)
    assert connection.sent_batch() == first
    finish(connection)
    assert sorted(connection.server.records) == list(range(1, 251))


def test_a_request_for_what_was_never_acked_is_the_ordinary_way():
    connection = Connection(30, stored_through=10)
    connection.append(5)
    acked = connection.journal.acked_through
    for resend_from in (acked + 1, acked + 3, 0xFFFFFFFF):
        connection.outbox.take(*connection.server.ack(resend_from=resend_from))
        assert connection.outbox.resend_from == 0
        assert connection.batch().first_sequence == acked + 1


def test_a_request_to_send_again_from_another_connection_counts_for_nothing():
    connection = Connection(30, stored_through=30)
    reply = connection.server.ack(resend_from=1, device_nonce=b"DEVICE00")
    assert refusal(connection.outbox, *reply) == "nonce"
    assert connection.outbox.resend_from == 0
    assert not connection.outbox.waiting()
