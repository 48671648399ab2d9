"""Puts a record into the next slot of the ring, and opens its next block. In memory while answers are given."""

from struct import pack_into

from firmware.journal_blocks import ACK_SLOTS, ACK_SLOTS_FREEING, WHOLE
from firmware.journal_errors import Damaged, Full, JournalError
from firmware.journal_slots import put_crc
from protocol.record import KIND_MARK, PAYLOAD_BYTES, SEQUENCE_OFFSET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.journal import Journal
    from firmware.journal_room import WritableRing

WRITE_TRIES_MAX = 8  # slots that fail one after the other mean a dead chip, not a bad cell
KINDS_NOT_RECORDS = (0, KIND_MARK, 0xFF)  # void, mark, blank


def append(journal: "Journal", ring: "WritableRing", slot: bytearray, payload: "bytes | bytearray") -> int:
    """As `Journal.append`. `slot`: what the journal programs next."""
    if len(payload) != PAYLOAD_BYTES or payload[0] in KINDS_NOT_RECORDS:
        raise ValueError("no payload of a record: %d bytes that begin with %r" % (len(payload), bytes(payload[:1])))
    sequence = ring.last_sequence + 1
    slot[:PAYLOAD_BYTES] = payload
    pack_into("<I", slot, SEQUENCE_OFFSET, sequence)
    put_crc(slot)
    try:
        _write(journal, ring)
    except JournalError:
        raise
    except OSError:
        ring.last_sequence = sequence  # it may be on flash: its number is never given to another
        raise
    ring.last_sequence = sequence
    return sequence


def _write(journal: "Journal", ring: "WritableRing") -> None:
    keep_slots = ACK_SLOTS
    for _ in range(WRITE_TRIES_MAX):
        if ring.slots_left() <= keep_slots:
            _make_room(journal, ring)
        if journal.program_next(WHOLE):
            return
        keep_slots = ACK_SLOTS_FREEING  # a slot that was promised free is replaced from those kept for acks
    raise Damaged("%d slots in a row do not keep what is written" % WRITE_TRIES_MAX)


def _make_room(journal: "Journal", ring: "WritableRing") -> None:
    """Let a record have one of the last slots if the next block is free, and open that one when all are used."""
    if ring.is_free(ring.after(ring.current), journal.acked_through) and (
        ring.slots_left() or journal.open_next(journal.acked_through)
    ):
        return
    raise Full("%d records wait for an ack, none can be added" % (ring.last_sequence - journal.acked_through))
