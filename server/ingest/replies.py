"""What devices are told after the commit: the desired state, acks for status and batch, and chunks of content.

An ack never goes beyond what its device has shown on this connection, though the ledger may be further on: of two
devices with one identity each would otherwise be told to forget records that only the other has delivered
(docs/adr/0003).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from protocol.envelope import ACK, CONTENT_CHUNK, DESIRED, Header, seal
from protocol.instants import from_unix
from protocol.messages import Ack, ContentChunk, Desired, Status, encode_ack, encode_content_chunk, encode_desired
from protocol.topics import down_topic
from server.ingest.check import Authentic
from server.ingest.connections import ConnectionKey, Met, key_of
from server.ingest.content import Chunks
from server.ingest.desired import NOTHING, DesiredState
from server.ingest.incoming import JournalKey, Reply


class Answerable(NamedTuple):
    """A message, its connection where that is known, and how far its journal is stored after the commit."""

    message: Authentic
    met: Met | None
    stored_through: int

    @property
    def shown_through(self) -> int:
        """The last sequence that the message speaks for: what was acked before, or the end of the batch."""
        body = self.message.body
        if isinstance(body, Status):
            return int(body.acked_through)
        batch = self.message.batch
        return int(batch.first_sequence) + len(batch.records) - 1

    @property
    def resend_from(self) -> int:
        """The first that the server has lost and the device may still have; 0 where it has lost nothing."""
        met = self.met
        if met is None or met.journal_id != self.message.journal.journal_id:
            return 0
        if self.stored_through >= met.acked_through:
            return 0
        return max(self.stored_through + 1, met.oldest_readable)


def answer_statuses(
    statuses: Iterable[Answerable], desired_by: Mapping[ConnectionKey, DesiredState], now: datetime
) -> list[Reply]:
    """The server's nonce and time, what is desired, and an ack that asks again for records that the server has lost."""
    replies: list[Reply] = []
    for status in statuses:
        assert status.met is not None
        state = desired_by.get(key_of(status.message), NOTHING)
        desired = encode_desired(Desired(_pet_time(now), state.revision, state.items))
        replies.append(_sealed(status.message, DESIRED, status.met.server_nonce, desired))
        replies.append(_ack(status, status.met.server_nonce, now))
    return replies


def answer_batches(batches: Iterable[Answerable], now: datetime) -> list[Reply]:
    """One ack for each journal and connection, however many of its batches the transaction holds."""
    last: dict[tuple[JournalKey, Header], Answerable] = {}
    for batch in sorted(batches, key=lambda batch: batch.shown_through):
        last[batch.message.journal, batch.message.header] = batch
    return [_ack(batch, batch.message.header.server_nonce, now) for batch in last.values()]


def answer_requests(requests: Iterable[Chunks]) -> list[Reply]:
    """The chunks asked for, in their order; one that is empty says that there is no such content for this device."""
    replies: list[Reply] = []
    for request in requests:
        nonce = request.message.header.server_nonce
        for chunk in request.chunks:
            body = encode_content_chunk(ContentChunk(*chunk))
            replies.append(_sealed(request.message, CONTENT_CHUNK, nonce, body))
    return replies


def _ack(answerable: Answerable, server_nonce: bytes, now: datetime) -> Reply:
    through = min(answerable.stored_through, answerable.shown_through)
    ack = Ack(answerable.message.journal.journal_id, through, answerable.resend_from, _pet_time(now))
    return _sealed(answerable.message, ACK, server_nonce, encode_ack(ack))


def _sealed(message: Authentic, kind: int, server_nonce: bytes, body: bytes) -> Reply:
    device_id = message.device.device_id
    header = Header(kind, device_id, message.header.key_epoch, message.header.device_nonce, server_nonce)
    return Reply(down_topic(device_id, kind), seal(header, body, message.key))


def _pet_time(instant: datetime) -> int:
    return from_unix(int(instant.timestamp()))
