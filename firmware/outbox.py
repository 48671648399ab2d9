"""What to send next, and what to believe of what comes back. Pure: bytes in and out, the journal only read.

One connection is one Outbox: status, then batches, one outstanding. A reply that does not echo this connection's
nonce, is not sealed with this device's key, or names another journal or a sequence beyond its last, counts for
nothing: a broker that replays everything it has ever seen does no harm.
"""

import gc

from protocol.envelope import (
    ACK,
    BATCH,
    DESIRED,
    DOWN,
    HMAC_BYTES,
    NO_NONCE,
    STATUS,
    Header,
    begin,
    finish,
    parse,
    seal,
    verify,
)
from protocol.errors import ProtocolError
from protocol.messages import (
    BATCH_RECORDS_MAX,
    Ack,
    Desired,
    Status,
    begin_batch,
    decode_ack,
    decode_desired,
    encode_status,
)
from protocol.record import RECORD_BYTES, tombstone
from protocol.topics import down_topic, up_topic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.journal import Journal
    from protocol.identity import Identity

READ_RECORDS = 8  # at a time: a list of a hundred records takes more memory than the message they make


class Outbox:
    """`device_nonce`: 8 fresh random bytes for this connection."""

    def __init__(self, identity: "Identity", journal: "Journal", device_nonce: bytes) -> None:
        self._identity = identity
        self._journal = journal
        self._device_nonce = device_nonce
        self._server_nonce = NO_NONCE
        self._resend_from = 0  # above 0 while the server, restored to an older backup, wants acked records again

    def status(self, status: Status) -> "tuple[str, bytes]":
        """The first message of a connection: (topic, message)."""
        return up_topic(self._identity.device_id, STATUS), seal(
            self._header(STATUS), encode_status(status), self._identity.hmac_key
        )

    def batch(self) -> "tuple[str, bytearray]":
        """The oldest records that the server does not have: (topic, message). Without any, an empty batch.

        As many as there is memory for, up to BATCH_RECORDS_MAX. Raises MemoryError when there is none for a single one.
        """
        records_max = BATCH_RECORDS_MAX
        while True:
            try:
                message = self._batch(records_max)
                return up_topic(self._identity.device_id, BATCH), finish(message, self._identity.hmac_key)
            except MemoryError:
                if records_max == 1:
                    raise
            records_max //= 2
            gc.collect()

    def _batch(self, records_max: int) -> bytearray:
        journal = self._journal
        first = self._resend_from or journal.acked_through + 1
        end = min(first + records_max, journal.last_sequence + 1)
        head = begin(self._header(BATCH)) + begin_batch(journal.journal_id, first, end - first)
        at = len(head)
        # Of its final size at once: a buffer that grows needs its size twice, and leaves holes in the heap.
        message = bytearray(at + RECORD_BYTES * (end - first) + HMAC_BYTES)
        message[:at] = head
        message[-HMAC_BYTES:] = b""  # MicroPython keeps the room
        for start in range(first, end, READ_RECORDS):
            for sequence, record in journal.records(start, min(READ_RECORDS, end - start)):
                message[at : at + RECORD_BYTES] = tombstone(sequence) if record is None else record
                at += RECORD_BYTES
        return message

    def waiting(self) -> bool:
        """Whether there is anything left to send."""
        return bool(self._resend_from) or self._journal.acked_through < self._journal.last_sequence

    def resending(self) -> int:
        """The sequence that is sent again next; 0 while nothing is."""
        return self._resend_from

    def take(self, topic: bytes, message: bytes) -> "Desired | Ack":
        """What the server says. Raises ProtocolError for all that does not count; the reason says why."""
        kind, body = self._open(topic, message)
        if kind == DESIRED:
            return decode_desired(body)
        if kind == ACK:
            return self._take_ack(decode_ack(body))
        raise ProtocolError("type", "message type %d was not asked for" % kind)

    def _take_ack(self, ack: Ack) -> Ack:
        journal = self._journal
        if ack.journal_id != journal.journal_id:
            raise ProtocolError("journal", "the ack is for another journal")
        if ack.stored_through > journal.last_sequence:
            raise ProtocolError("sequence", "the ack goes beyond sequence %d" % journal.last_sequence)
        if ack.resend_from or self._resend_from:
            self._resend_from = max(ack.resend_from or ack.stored_through + 1, journal.oldest_readable)
        if self._resend_from > journal.acked_through:
            self._resend_from = 0  # back to where the ordinary pending records begin
        return ack

    def _open(self, topic: bytes, message: bytes) -> "tuple[int, bytes]":
        header, body = parse(message, DOWN)
        if header.device_id != self._identity.device_id or header.key_epoch != self._identity.key_epoch:
            raise ProtocolError("device", "a message for another device or key epoch")
        if topic != down_topic(header.device_id, header.type).encode():
            raise ProtocolError("topic", "message type %d on the topic of another" % header.type)
        verify(message, self._identity.hmac_key)
        if header.device_nonce != self._device_nonce:
            raise ProtocolError("nonce", "a reply to another connection")
        if self._server_nonce == NO_NONCE:  # fresh, for it answers our fresh nonce
            self._server_nonce = header.server_nonce
        if header.server_nonce != self._server_nonce:
            raise ProtocolError("nonce", "a reply with another server nonce")
        return header.type, body

    def _header(self, kind: int) -> Header:
        identity = self._identity
        return Header(kind, identity.device_id, identity.key_epoch, self._device_nonce, self._server_nonce)
