"""What to send next, and what to believe of what comes back. Pure: bytes in and out, the journal only read.

One connection is one Outbox: status, then batches, one outstanding. A reply that does not echo this connection's
nonce, is not sealed with this device's key, or names another journal or a sequence beyond its last, counts for
nothing: a broker that replays everything it has ever seen does no harm.
"""

from collections import namedtuple

from protocol.envelope import (
    ACK,
    CONTENT_CHUNK,
    CONTENT_REQUEST,
    DESIRED,
    DOWN,
    NO_NONCE,
    STATUS,
    Header,
    parse,
    seal,
    verify,
)
from protocol.errors import ProtocolError
from protocol.messages import (
    REQUEST_FORMAT,
    Ack,
    decode_ack,
    desired_head,
)
from protocol.packing import pack_fields
from protocol.topics import down_topic, up_topic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.journal import Journal
    from firmware.journal_reading import Waiting
    from firmware.shelf import Facts
    from protocol.identity import Identity

# What the server wants to be in force: its time, the revision, and the whole body, items and all.
Wanted = namedtuple("Wanted", ("server_time", "revision", "body"))


class Outbox:
    """`device_nonce`: 8 fresh random bytes for this connection. `journal`: facts of it are enough, but for a batch."""

    def __init__(self, identity: "Identity", journal: "Journal | Waiting | Facts", device_nonce: bytes) -> None:
        self.identity = identity
        self.journal = journal
        self._device_nonce = device_nonce
        self._server_nonce = NO_NONCE
        self._asked = False
        # The sequence that is sent again next: above 0 while the server, restored to an older backup, wants acked
        # records again.
        self.resend_from = 0

    def status(self, body: bytes) -> "tuple[str, bytes]":
        """The first message of a connection: (topic, message). `body`: from protocol.status."""
        return self._sealed(STATUS, body)

    def content_request(self, digest: bytes, first_chunk: int, chunks: int) -> "tuple[str, bytes]":
        """Ask for chunks of the package with this hash: (topic, message). From now on chunks count as replies."""
        self._asked = True
        body = pack_fields("content request", REQUEST_FORMAT, (digest, first_chunk, chunks))
        return self._sealed(CONTENT_REQUEST, body)

    def waiting(self) -> bool:
        """Whether there is anything left to send."""
        return bool(self.resend_from) or self.journal.acked_through < self.journal.last_sequence

    def take(self, topic: bytes, message: bytes) -> "Wanted | Ack | memoryview":
        """What the server says; of a content chunk its body, which lies in `message`.

        Raises ProtocolError for all that does not count; the reason says why.
        """
        kind, body = self._open(topic, memoryview(message))
        if kind == DESIRED:
            server_time, revision = desired_head(body)
            return Wanted(server_time, revision, body)
        if kind == ACK:
            return self._take_ack(decode_ack(body))
        if kind == CONTENT_CHUNK and self._asked:
            return body
        raise ProtocolError("type", "message type %d was not asked for" % kind)

    def _take_ack(self, ack: Ack) -> Ack:
        journal = self.journal
        if ack.journal_id != journal.journal_id:
            raise ProtocolError("journal", "the ack is for another journal")
        if ack.stored_through > journal.last_sequence:
            raise ProtocolError("sequence", "the ack goes beyond sequence %d" % journal.last_sequence)
        if ack.resend_from or self.resend_from:
            self.resend_from = max(ack.resend_from or ack.stored_through + 1, journal.oldest_readable)
        if self.resend_from > journal.acked_through:
            self.resend_from = 0  # back to where the ordinary pending records begin
        return ack

    def _open(self, topic: bytes, message: memoryview) -> "tuple[int, memoryview]":
        header, body = parse(message, DOWN)
        if header.device_id != self.identity.device_id or header.key_epoch != self.identity.key_epoch:
            raise ProtocolError("device", "a message for another device or key epoch")
        if topic != down_topic(header.device_id, header.type).encode():
            raise ProtocolError("topic", "message type %d on the topic of another" % header.type)
        verify(message, self.identity.hmac_key)
        if header.device_nonce != self._device_nonce:
            raise ProtocolError("nonce", "a reply to another connection")
        if self._server_nonce == NO_NONCE:  # fresh, for it answers our fresh nonce
            self._server_nonce = header.server_nonce
        if header.server_nonce != self._server_nonce:
            raise ProtocolError("nonce", "a reply with another server nonce")
        return header.type, body

    def _sealed(self, kind: int, body: bytes) -> "tuple[str, bytes]":
        return up_topic(self.identity.device_id, kind), seal(self.header(kind), body, self.identity.hmac_key)

    def header(self, kind: int) -> Header:
        identity = self.identity
        return Header(kind, identity.device_id, identity.key_epoch, self._device_nonce, self._server_nonce)
