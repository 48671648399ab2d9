"""What of the server's replies counts, and that everything else counts for nothing."""

from firmware.handing import batch
from protocol.envelope import DESIRED, HEADER_BYTES, NO_NONCE, UP, parse
from protocol.messages import encode_status
from tests.connection import NONCE, Connection, make_outbox, refusal


def test_desired_and_ack_count_in_either_order():
    for order in (1, -1):
        connection = Connection(4)
        outbox = make_outbox(connection.journal, b"DEVICE02")
        replies = connection.server.take(*outbox.status(encode_status(connection.status())))
        taken = [outbox.take(*reply) for reply in replies[::order]][::order]
        assert taken[0].server_time == connection.server.server_time
        assert taken[1].stored_through == 0
        header, _ = parse(batch(connection.journal, outbox, connection.buffer)[1], UP)
        assert header.server_nonce == connection.server.server_nonce


def test_a_reply_to_another_connection_counts_for_nothing():
    connection = Connection(4)
    server = connection.server
    for reply in (server.ack(device_nonce=b"DEVICE00"), server.desired(device_nonce=b"DEVICE00")):
        assert refusal(connection.outbox, *reply) == "nonce"
    assert refusal(connection.outbox, *server.ack(device_nonce=NO_NONCE)) == "nonce"


def test_everything_an_earlier_connection_heard_is_refused_in_the_next():
    connection = Connection(250, blocks=32)
    while connection.outbox.waiting():
        connection.hand_over()
    heard = connection.heard[:]
    assert len(heard) == 6  # desired, ack, and the acks of four batches
    connection.append(40)
    connection.connect(b"DEVICE02")
    before = connection.sent_batch()
    for reply in heard:
        assert refusal(connection.outbox, *reply) == "nonce"
    assert connection.sent_batch() == before
    assert connection.batch().first_sequence == 251


def test_another_server_nonce_within_the_connection_is_refused():
    connection = Connection(4)
    assert refusal(connection.outbox, *connection.server.ack(server_nonce=b"OTHERONE")) == "nonce"
    connection.hand_over()
    assert not connection.outbox.waiting()


def test_an_ack_of_another_journal_is_refused():
    connection = Connection(4)
    reply = connection.server.ack(stored_through=4, journal_id=b"JOURNAL0")
    assert refusal(connection.outbox, *reply) == "journal"
    assert connection.journal.acked_through == 0


def test_an_ack_beyond_the_last_sequence_is_refused_and_that_of_the_last_is_not():
    connection = Connection(4)
    assert refusal(connection.outbox, *connection.server.ack(stored_through=5)) == "sequence"
    assert refusal(connection.outbox, *connection.server.ack(stored_through=0xFFFFFFFF)) == "sequence"
    assert connection.outbox.take(*connection.server.ack(stored_through=4)).stored_through == 4


def test_a_message_for_another_device_or_key_epoch_is_refused():
    connection = Connection(4)
    assert refusal(connection.outbox, *connection.server.ack(device_id=8)) == "device"
    assert refusal(connection.outbox, *connection.server.ack(key_epoch=2)) == "device"


def test_another_key_or_any_changed_bit_is_refused():
    connection = Connection(4)
    assert refusal(connection.outbox, *connection.server.ack(key=b"\x01" * 32)) == "hmac"
    topic, good = connection.server.ack()
    reasons = set()
    for index in range(len(good)):
        for bit in range(8):
            bad = good[:index] + bytes([good[index] ^ 1 << bit]) + good[index + 1 :]
            reasons.add(refusal(connection.outbox, topic, bad))
    assert reasons == {"version", "direction", "type", "reserved", "topic", "device", "hmac"}
    assert connection.outbox.take(topic, good).stored_through == 0


def test_a_message_on_another_topic_is_refused():
    connection = Connection(4)
    _, message = connection.server.ack()
    for topic in (b"00000007/down/desired", b"00000008/down/ack", b"00000007/up/ack", b""):
        assert refusal(connection.outbox, b"pet/v1/d/" + topic, message) == "topic"


def test_the_devices_own_messages_sent_back_to_it_are_refused():
    connection = Connection(4)
    for _, message in (connection.outbox.status(encode_status(connection.status())), connection.sent_batch()):
        assert refusal(connection.outbox, b"pet/v1/d/00000007/down/ack", message) == "direction"


def test_a_message_that_nobody_asked_for_is_refused():
    connection = Connection(4)
    chunk = connection.server.sealed(6, b"\x00" * 100)
    assert refusal(connection.outbox, *chunk) == "type"


def test_noise_of_any_length_is_refused():
    connection = Connection(4)
    noise = b"\xa7\x01\x02\x04" * 16384
    for length in (0, 1, HEADER_BYTES, HEADER_BYTES + 15, HEADER_BYTES + 16, 100, 3600, 65536):
        reason = refusal(connection.outbox, b"pet/v1/d/00000007/down/ack", noise[:length])
        assert reason in ("length", "version"), (length, reason)


def test_a_sealed_body_of_the_wrong_length_is_refused():
    connection = Connection(4)
    for kind in (DESIRED, 4):
        for body in (b"", b"\x00" * 7, b"\x00" * 500):
            assert refusal(connection.outbox, *connection.server.sealed(kind, body)) == "length"


def test_what_is_refused_changes_nothing():
    connection = Connection(30)
    connection.connect(b"DEVICE02")
    before = connection.sent_batch()
    server = connection.server
    for reply in (
        server.ack(5, stored_through=30, key=b"\x01" * 32),
        server.ack(5, stored_through=30, device_nonce=NONCE),
        server.ack(5, stored_through=30, journal_id=b"JOURNAL0"),
        server.ack(5, stored_through=31),
    ):
        refusal(connection.outbox, *reply)
        assert connection.sent_batch() == before
        assert connection.outbox.resend_from == 0
        assert connection.journal.acked_through == 0
