"""A device as the server sees it: it seals messages with the real protocol, and believes what really counts."""

from datetime import timedelta
from random import Random

from protocol.envelope import ACK, BATCH, DESIRED, DOWN, NO_NONCE, STATUS, Header, parse, seal, verify
from protocol.instants import from_unix
from protocol.messages import Status, decode_ack, decode_desired, encode_batch, encode_status
from protocol.record import KIND_RESPONSE, QUALITY_SERVER, Record, encode_record, tombstone
from protocol.topics import up_topic
from server.ingest.incoming import IncomingMessage

BATCH_RECORDS = 100


def pet_time(instant):
    return from_unix(int(instant.timestamp()))


class Handheld:
    """`records[n - 1]` is the record of sequence n; `clock` is its idea of now."""

    def __init__(self, identity, clock, seed=1):
        self.identity = identity
        self.clock = clock
        self.random = Random(seed * 1000 + identity.device_id)
        self.journal_id = self.random.randbytes(8)
        self.records = []
        self.session, self.seconds = 1, 1000
        self.acked_through, self.oldest_readable = 0, 1
        self.resend_from = 0
        self.device_nonce, self.server_nonce = NO_NONCE, NO_NONCE
        self.acks = []

    @property
    def last(self):
        return len(self.records)

    def answer(self, *answers, seconds=60, **changes):
        """A patient answers, `seconds` after the one before; the sequence."""
        self.clock += timedelta(seconds=seconds)
        self.seconds += seconds
        fields = {
            "kind": KIND_RESPONSE,
            "flags": 0,
            "questionnaire": 1,
            "sequence": self.last + 1,
            "session": self.session,
            "seconds": self.seconds,
            "clock": pet_time(self.clock),
            "language": 0,
            "quality": QUALITY_SERVER,
            "team": 0,
            "stage": 0,
            "duration": 9,
            "answers": answers or (1, 2, 1),
        }
        self.records.append(encode_record(Record(**(fields | changes))))
        return self.last

    def status(self, **changes):
        """The first message of a new connection."""
        self.device_nonce, self.server_nonce = self.random.randbytes(8), NO_NONCE
        fields = {
            "session": self.session,
            "seconds": self.seconds,
            "clock": pet_time(self.clock),
            "quality": QUALITY_SERVER,
            "journal_id": self.journal_id,
            "acked_through": self.acked_through,
            "last_sequence": self.last,
            "oldest_readable": self.oldest_readable,
            "desired_revision": 0,
            "battery_mv": 3900,
            "free_slots": 30000,
            "all_slots": 32000,
            "application": "0.1.0",
            "base": "1.29",
            "counters": ((1, 3),),
        }
        return self.sealed(STATUS, encode_status(Status(**(fields | changes))))

    def batch(self, first=None, count=BATCH_RECORDS, records=None, journal_id=None):
        """Records from `first` on, as on flash; what is no longer readable goes as a tombstone."""
        if first is None:
            first = max(self.resend_from, self.oldest_readable) if self.resend_from else self.acked_through + 1
        if records is None:
            records = [
                data if data is not None else tombstone(sequence)
                for sequence, data in list(enumerate(self.records, 1))[first - 1 : first - 1 + count]
            ]
        return self.sealed(BATCH, encode_batch(journal_id or self.journal_id, first, records))

    def sealed(self, kind, body, key=None, key_epoch=None, topic=None):
        """A message at its own clock, with whatever is said put in place of what belongs there."""
        identity = self.identity
        header = Header(kind, identity.device_id, key_epoch or identity.key_epoch, self.device_nonce, self.server_nonce)
        payload = seal(header, body, key or identity.hmac_key)
        return IncomingMessage(topic or up_topic(identity.device_id, kind), payload, self.clock)

    def take(self, replies):
        """Believe the replies that are for this connection, as the firmware's outbox does; how many there were."""
        believed = 0
        for reply in replies:
            header, body = parse(reply.payload, DOWN)
            if header.device_id != self.identity.device_id or header.device_nonce != self.device_nonce:
                continue
            verify(reply.payload, self.identity.hmac_key)
            believed += 1
            if header.type == DESIRED:
                decode_desired(body)
                self.server_nonce = header.server_nonce
                continue
            assert header.type == ACK
            assert header.server_nonce == self.server_nonce
            self._believe(decode_ack(body))
        return believed

    def _believe(self, ack):
        assert ack.journal_id == self.journal_id
        if ack.stored_through > self.last:
            return
        self.acks.append(ack)
        if ack.resend_from:
            self.resend_from = max(ack.resend_from, self.oldest_readable)
        elif self.resend_from:
            self.resend_from = ack.stored_through + 1
        if self.resend_from > self.acked_through:
            self.resend_from = 0
        self.acked_through = max(self.acked_through, ack.stored_through)
