"""The outbox, joined to a server's end with real seals, over a real journal: what goes up."""

from firmware.handing import BUFFER_BYTES, RECORDS, ROOM_BYTES, batch
from protocol.envelope import BATCH, NO_NONCE, STATUS, UP, parse
from protocol.messages import BATCH_RECORDS_MAX, encode_status
from protocol.record import KIND_RESPONSE, KIND_TOMBSTONE, decode_record
from tests.connection import JOURNAL_ID, NONCE, SLOT_BYTES, Connection, make_outbox


def test_the_status_goes_first_and_knows_no_server_nonce():
    connection = Connection(3)
    outbox = make_outbox(connection.journal, NONCE)
    topic, message = outbox.status(encode_status(connection.status()))
    header, _ = parse(message, UP)
    assert topic == "pet/v1/d/00000007/up/status"
    assert header == (STATUS, 7, 3, NONCE, NO_NONCE)
    assert connection.server.status == connection.status()


def test_every_later_message_carries_the_servers_nonce():
    connection = Connection(3)
    header, _ = parse(connection.sent_batch()[1], UP)
    assert header == (BATCH, 7, 3, NONCE, connection.server.server_nonce)


def test_with_nothing_waiting_an_empty_batch_still_proves_the_nonces():
    for records in (0, 5):
        connection = Connection(records, stored_through=records)
        assert not connection.outbox.waiting()
        assert connection.batch() == (JOURNAL_ID, records + 1, ())
        connection.server.proven = False
        connection.hand_over()
        assert connection.server.proven
        assert connection.server.stored_through == records


def test_a_batch_holds_the_oldest_records_as_they_stand_on_flash():
    connection = Connection(1)
    batch = connection.batch()
    assert batch.first_sequence == 1
    assert batch.records == (bytes(connection.flash.image()[SLOT_BYTES : 2 * SLOT_BYTES]),)
    assert decode_record(batch.records[0]).sequence == 1


def test_a_batch_is_bounded_and_the_rest_follows():
    for records in (79, 80, 81, 160):
        connection = Connection(records, blocks=32)
        sizes = []
        while connection.outbox.waiting():
            sizes.append(len(connection.batch().records))
            connection.hand_over()
        assert max(sizes) <= RECORDS <= BATCH_RECORDS_MAX
        assert sum(sizes) == records
        assert len(sizes) == -(-records // RECORDS)
        assert sorted(connection.server.records) == list(range(1, records + 1))


def test_batches_of_every_size_come_out_of_one_buffer():
    connection = Connection(110, blocks=32)
    buffer = connection.buffer
    for records in (80, 30, 0):
        _, message = batch(connection.journal, connection.outbox, buffer)
        assert isinstance(message, memoryview)
        assert len(message) == 26 + 13 + 32 * records + 16
        assert bytes(buffer[ROOM_BYTES : ROOM_BYTES + len(message)]) == bytes(message)
        connection.hand_over()
    assert ROOM_BYTES + 26 + 13 + 32 * RECORDS + 16 == BUFFER_BYTES == len(buffer)


def test_a_batch_whose_ack_was_lost_is_the_same_again():
    connection = Connection(130, blocks=32)
    first = connection.sent_batch()
    connection.server.take(*first)
    assert connection.sent_batch() == first
    connection.hand_over()
    assert connection.batch().first_sequence == 81


def test_what_was_answered_since_the_last_batch_is_in_the_next():
    connection = Connection(2)
    connection.hand_over()
    connection.append(3)
    assert connection.outbox.waiting()
    assert connection.batch().first_sequence == 3
    assert len(connection.batch().records) == 3


def test_a_record_that_has_become_unreadable_goes_up_as_a_tombstone():
    connection = Connection(5)
    for sequence in (2, 3):
        connection.flash.damage(SLOT_BYTES * sequence + 22, b"\x12\x34")
    kinds = [decode_record(record).kind for record in connection.batch().records]
    assert kinds == [KIND_RESPONSE, KIND_TOMBSTONE, KIND_TOMBSTONE, KIND_RESPONSE, KIND_RESPONSE]
    connection.hand_over()
    assert not connection.outbox.waiting()
    assert connection.server.gaps == {2, 3}
    assert sorted(connection.server.records) == [1, 4, 5]
