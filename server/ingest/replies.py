"""What devices are told after the commit: the desired state for a status, and an ack for status and batch.

An ack never goes beyond what its device has shown on this connection, though the ledger may be further on: of two
devices with one identity each would otherwise be told to forget records that only the other has delivered
(docs/adr/0003).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from protocol.envelope import ACK, DESIRED, Header, seal
from protocol.instants import from_unix
from protocol.messages import Ack, Desired, Status, encode_ack, encode_desired
from protocol.topics import down_topic
from server.ingest.check import Authentic
from server.ingest.connections import Met
from server.ingest.incoming import JournalKey, Reply

# Rolling out questionnaires and settings is not built yet: nothing is desired, under the lowest revision.
DESIRED_REVISION = 0


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
        return int(body.first_sequence) + len(body.records) - 1

    @property
    def resend_from(self) -> int:
        """The first that the server has lost and the device may still have; 0 where it has lost nothing."""
        met = self.met
        if met is None or met.journal_id != self.message.body.journal_id:
            return 0
        if self.stored_through >= met.acked_through:
            return 0
        return max(self.stored_through + 1, met.oldest_readable)


def answer_statuses(statuses: Iterable[Answerable], now: datetime) -> list[Reply]:
    """The server's nonce and time, and an ack that asks for records again where the server has lost them."""
    replies: list[Reply] = []
    for status in statuses:
        assert status.met is not None
        desired = encode_desired(Desired(_pet_time(now), DESIRED_REVISION, ()))
        replies.append(_sealed(status.message, DESIRED, status.met.server_nonce, desired))
        replies.append(_ack(status, status.met.server_nonce, now))
    return replies


def answer_batches(batches: Iterable[Answerable], now: datetime) -> list[Reply]:
    """One ack for each journal and connection, however many of its batches the transaction holds."""
    last: dict[tuple[JournalKey, Header], Answerable] = {}
    for batch in sorted(batches, key=lambda batch: batch.shown_through):
        last[batch.message.journal, batch.message.header] = batch
    return [_ack(batch, batch.message.header.server_nonce, now) for batch in last.values()]


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
