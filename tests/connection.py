"""An outbox over a real journal, joined to a server's end with real seals."""

from firmware.board.faulty_nor import FaultyFlash
from firmware.handing import BUFFER_BYTES, batch
from firmware.journal import Journal
from firmware.outbox import Outbox
from protocol.envelope import UP, parse
from protocol.identity import Identity
from protocol.messages import Status, decode_batch, encode_status
from protocol.record import KIND_RESPONSE, Record, encode_payload
from tests.server_end import ServerEnd

IDENTITY = Identity("PET-0007", 7, 3, bytes(range(32)), "password")
JOURNAL_ID = b"JOURNAL1"
NONCE = b"DEVICE01"
SLOT_BYTES = 32


class Connection:
    """A device with so many answers on flash, and a server that may already have some of them."""

    def __init__(self, records, stored_through=0, blocks=16):
        self.flash = FaultyFlash(None, blocks, 512)
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
        self.outbox = make_outbox(self.journal, nonce)
        self.buffer = bytearray(BUFFER_BYTES)
        self.exchange(self.outbox.status(encode_status(self.status())))

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
        self.exchange(self.sent_batch())

    def sent_batch(self):
        """(topic, message), out of the buffer that the next batch is made in."""
        topic, message = batch(self.journal, self.outbox, self.buffer)
        return topic, bytes(message)

    def batch(self):
        _, body = parse(self.sent_batch()[1], UP)
        return decode_batch(body)


def make_outbox(journal, nonce):
    return Outbox(IDENTITY, journal, nonce)


def refusal(outbox, topic, message):
    """The reason for which this does not count."""
    try:
        outbox.take(topic, message)
    except ValueError as error:
        return error.reason
    raise AssertionError("it counted")
