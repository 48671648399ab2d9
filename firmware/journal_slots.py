"""What is written into slots of the journal (firmware/journal_blocks.py has their layout)."""

from binascii import crc32
from struct import pack_into

from firmware.journal_blocks import BLANK, HEADER_FORMAT, MAGIC
from protocol.record import KIND_MARK, PAYLOAD_BYTES


def put_crc(slot: bytearray) -> None:
    """Complete a slot."""
    pack_into("<I", slot, PAYLOAD_BYTES, crc32(memoryview(slot)[:PAYLOAD_BYTES]))


def put_header(slot: bytearray, epoch: int, first: int, acked: int, device_id: int, journal_id: bytes) -> None:
    """Make a slot the header of a block that begins with the sequence `first`."""
    pack_into(HEADER_FORMAT, slot, 0, MAGIC, epoch, first, acked, device_id, journal_id)
    put_crc(slot)


def put_mark(slot: bytearray, acked_through: int) -> None:
    """Make a slot the mark that everything up to a sequence is acked."""
    slot[:] = BLANK
    pack_into("<BII", slot, 0, KIND_MARK, 0, acked_through)
    put_crc(slot)
