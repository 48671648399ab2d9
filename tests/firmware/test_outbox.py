"""The outbox, joined to a server's end with real seals, over a real journal: what goes up and what counts."""

from firmware.board.nor import NorFlash
from firmware.journal import Journal
from firmware.outbox import Outbox
from protocol.envelope import BATCH, DESIRED, HEADER_BYTES, NO_NONCE, STATUS, UP, parse
from protocol.identity import Identity
from protocol.messages import BATCH_RECORDS_MAX, Status, decode_batch
from protocol.record import KIND_RESPONSE, KIND_TOMBSTONE, Record, decode_record, encode_payload
from tests.server_end import ServerEnd

IDENTITY = Identity("PET-0007", 7, 3, bytes(range(32)), "password")
JOURNAL_ID = b"JOURNAL1"
NONCE = b"DEVICE01"
SLOT_BYTES = 32


class Connection:
    """A device with so many answers on flash, and a server that may already have some of them."""

    def __init__(self, records, stored_through=0, blocks=16):
        self.flash = NorFlash(None, blocks, 512)
        self.journal = Journal(self.flash, IDENTITY.device_id, lambda count: JOURNAL_ID[:count])
        self.server = ServerEnd(IDENTITY)
        self.heard = []
        self.append(records)
        self.connect(NONCE)
        while self.server.stored_through < stored_through:
            self.hand_over()

    def append(self, records):
        for _ in range(records):
            number = self.journal.last_sequence + 1
            answers = (number % 6 + 1, 14)
            self.journal.append(encode_payload(Record(KIND_RESPONSE, 0, 9, 0, 1, number, 0, 0, 0, 0, 0, 3, answers)))

    def connect(self, nonce):
        """A new connection up to where batches begin."""
        self.outbox = Outbox(IDENTITY, self.journal, nonce)
        self.exchange(self.outbox.status(self.status()))

    def exchange(self, sent):
        """One message up, and what the server answers."""
        for reply in self.server.take(*sent):
            self.heard.append(reply)
            self.believe(*reply)

    def status(self):
        journal = self.journal
        where = (journal.journal_id, journal.acked_through, journal.last_sequence, journal.oldest_readable)
        return Status(1, 60, 0, 0, *where, 0, 0, journal.free_slots, journal.capacity, "0", "test", ())

    def believe(self, topic, message):
        """As the sync does: an ack that counts moves the journal on."""
        reply = self.outbox.take(topic, message)
        if hasattr(reply, "stored_through") and reply.stored_through > self.journal.acked_through:
            self.journal.acknowledge(reply.stored_through)
        return reply

    def hand_over(self):
        """One batch up and its ack down."""
        self.exchange(self.outbox.batch())

    def batch(self):
        _, body = parse(self.outbox.batch()[1], UP)
        return decode_batch(body)


def refusal(outbox, topic, message):
    """The reason for which this does not count."""
    try:
        outbox.take(topic, message)
    except ValueError as error:
        return error.reason
    raise AssertionError("it counted")


# --- what goes up


def test_the_status_goes_first_and_knows_no_server_nonce():
    connection = Connection(3)
    outbox = Outbox(IDENTITY, connection.journal, NONCE)
    topic, message = outbox.status(connection.status())
    header, _ = parse(message, UP)
    assert topic == "pet/v1/d/00000007/up/status"
    assert header == (STATUS, 7, 3, NONCE, NO_NONCE)
    assert connection.server.status == connection.status()


def test_every_later_message_carries_the_servers_nonce():
    connection = Connection(3)
    header, _ = parse(connection.outbox.batch()[1], UP)
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
    for records in (99, 100, 101, 200):
        connection = Connection(records, blocks=32)
        sizes = []
        while connection.outbox.waiting():
            sizes.append(len(connection.batch().records))
            connection.hand_over()
        assert max(sizes) <= BATCH_RECORDS_MAX
        assert sum(sizes) == records
        assert len(sizes) == -(-records // BATCH_RECORDS_MAX)
        assert sorted(connection.server.records) == list(range(1, records + 1))


class ScarceJournal:
    """A journal in a heap that has room for so many records at a time; everything else is the real one's."""

    def __init__(self, journal, records_max):
        self.real = journal
        self.journal_id = journal.journal_id
        self.records_max = records_max

    def records(self, first, limit):
        if first + limit - self.real.acked_through > self.records_max + 1:
            raise MemoryError
        return self.real.records(first, limit)

    def __getattr__(self, name):
        return getattr(self.real, name)


def test_where_memory_is_scarce_a_batch_is_smaller_and_nothing_is_left_out():
    for records, room, expected in ((130, 100, 100), (130, 99, 50), (130, 30, 25), (4, 3, 3), (2, 1, 1)):
        connection = Connection(records, blocks=32)
        connection.outbox._journal = ScarceJournal(connection.journal, room)
        sizes = []
        while connection.outbox.waiting():
            sizes.append(len(connection.batch().records))
            connection.hand_over()
        assert sizes[0] == expected
        assert sum(sizes) == records
        assert sorted(connection.server.records) == list(range(1, records + 1))


def test_without_memory_for_a_single_record_the_outbox_says_so():
    connection = Connection(3)
    connection.outbox._journal = ScarceJournal(connection.journal, 0)
    try:
        connection.outbox.batch()
    except MemoryError:
        return
    raise AssertionError("it sent something")


def test_a_batch_whose_ack_was_lost_is_the_same_again():
    connection = Connection(130, blocks=32)
    first = connection.outbox.batch()
    connection.server.take(*first)
    assert connection.outbox.batch() == first
    connection.hand_over()
    assert connection.batch().first_sequence == 101


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


# --- what counts


def test_desired_and_ack_count_in_either_order():
    for order in (1, -1):
        connection = Connection(4)
        outbox = Outbox(IDENTITY, connection.journal, b"DEVICE02")
        replies = connection.server.take(*outbox.status(connection.status()))
        taken = [outbox.take(*reply) for reply in replies[::order]][::order]
        assert taken[0].server_time == connection.server.server_time
        assert taken[1].stored_through == 0
        header, _ = parse(outbox.batch()[1], UP)
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
    assert len(heard) == 5  # desired, ack, and the acks of three batches
    connection.append(40)
    connection.connect(b"DEVICE02")
    before = connection.outbox.batch()
    for reply in heard:
        assert refusal(connection.outbox, *reply) == "nonce"
    assert connection.outbox.batch() == before
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
    for _, message in (connection.outbox.status(connection.status()), connection.outbox.batch()):
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
    before = connection.outbox.batch()
    server = connection.server
    for reply in (
        server.ack(5, stored_through=30, key=b"\x01" * 32),
        server.ack(5, stored_through=30, device_nonce=NONCE),
        server.ack(5, stored_through=30, journal_id=b"JOURNAL0"),
        server.ack(5, stored_through=31),
    ):
        refusal(connection.outbox, *reply)
        assert connection.outbox.batch() == before
        assert connection.outbox.resending() == 0
        assert connection.journal.acked_through == 0
