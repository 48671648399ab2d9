"""Hands over what waits in the journal, batch by batch. In memory only meanwhile."""

from protocol.envelope import BATCH, HMAC_BYTES, begin, hmac_sha256
from protocol.messages import Ack, begin_batch
from protocol.record import RECORD_BYTES
from protocol.topics import up_topic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.journal import Journal
    from firmware.journal_reading import Waiting
    from firmware.link import Link
    from firmware.outbox import Outbox

STALLS_MAX = 3  # batches that moved nothing on: the server and this device disagree, try again later
RECORDS = 80  # of a batch: 100 may be in one, each takes 32 bytes here, and fewer cost the wire more
ROOM_BYTES = 64  # before a batch: room for its MQTT header, so that the packet needs no second buffer
BUFFER_BYTES = ROOM_BYTES + 39 + RECORDS * RECORD_BYTES + HMAC_BYTES  # 39: header, and what begins a batch
READ_RECORDS = 4  # at a time: a list of a hundred records takes more memory than the message they make


def hand_over(
    journal: "Waiting",
    link: "Link",
    outbox: "Outbox",
    wait: "Callable[[], object]",
    acked: "Callable[[int, int], None]",
) -> "str | None":
    """None, or words. `wait`: as for `firmware.meeting`.

    At least one batch goes up, even an empty one: only it proves that the server's nonce arrived here.
    """
    buffer = link.lend(BUFFER_BYTES)
    stalls = 0
    start = journal.acked_through
    total = journal.last_sequence - start
    while stalls < STALLS_MAX:
        before = journal.acked_through
        resend_before = outbox.resend_from
        link.publish(*batch(journal, outbox, buffer))
        ack = wait()
        while ack is not None and not isinstance(ack, Ack):
            ack = wait()
        if ack is None:
            return "no ack: the answers stay on this device"
        if ack.stored_through > before:
            journal.acknowledge(ack.stored_through)
        acked(journal.acked_through - start, total)
        if not outbox.waiting():
            return None
        moved = journal.acked_through > before or outbox.resend_from > resend_before
        stalls = 0 if moved else stalls + 1
    return "the server does not take the answers"


def batch(journal: "Journal | Waiting", outbox: "Outbox", buffer: bytearray) -> "tuple[str, memoryview]":
    """The oldest records that the server does not have: (topic, message). Without any, an empty batch.

    The message lies in the buffer, BUFFER_BYTES of it, until the next one.
    """
    first = outbox.resend_from or journal.acked_through + 1
    end = min(first + RECORDS, journal.last_sequence + 1)
    head = begin(outbox.header(BATCH)) + begin_batch(journal.journal_id, first, end - first)
    at = len(head)
    message = memoryview(buffer)[ROOM_BYTES : ROOM_BYTES + at + RECORD_BYTES * (end - first) + HMAC_BYTES]
    message[:at] = head
    for start in range(first, end, READ_RECORDS):
        for sequence, record in journal.records(start, min(READ_RECORDS, end - start)):
            message[at : at + RECORD_BYTES] = _tombstone(sequence) if record is None else record
            at += RECORD_BYTES
    message[at:] = hmac_sha256(outbox.identity.hmac_key, message[:at])[:HMAC_BYTES]
    return up_topic(outbox.identity.device_id, BATCH), message


def _tombstone(sequence: int) -> bytes:
    from protocol.record import tombstone  # rarely, so it is not in memory for it

    return tombstone(sequence)
