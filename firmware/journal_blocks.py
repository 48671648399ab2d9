"""The flash blocks under the journal, in slots of 32 bytes: judge a slot, read, program and read back, erase.

Slot 0 of a block is its header, the others are records and marks. All of them have their CRC-32 in the last four bytes.

    header   magic 4 | epoch u32 | next sequence u32 | acked u32 | device_id u32 | journal_id 8 | CRC-32
    record   kind 1 | 4 bytes | sequence u32 | 19 bytes | CRC-32           (the frozen layout, docs/protocol.md 2)
    mark     kind 1 = 2 | 4 zeros | acked u32 | 19 of 0xFF | CRC-32        (local: what the server has in custody)
    void     32 zeros: a program that failed or was torn; takes no sequence

The epoch counts blocks since the journal was made, so block n of N holds epochs n, n + N, n + 2N, ...
"""

from binascii import crc32
from struct import unpack_from

from protocol.record import PAYLOAD_BYTES, RECORD_BYTES, SEQUENCE_OFFSET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware.board.interface import BlockDevice

    Slot = bytes | bytearray | memoryview

SLOT_BYTES = RECORD_BYTES
MAGIC = b"PETJ"
HEADER_FORMAT = "<4sIIII8s"
BLANK = b"\xff" * SLOT_BYTES
VOID = bytes(SLOT_BYTES)
WHOLE = ()  # no spans of a slot: all of it
MARK = ((0, SEQUENCE_OFFSET + 4), (PAYLOAD_BYTES, SLOT_BYTES))  # 13 bytes; 0xFF needs no programming
BLOCKS_MIN = 2  # one to write, one to erase
SLOTS_MIN = 8  # a header, the slots kept for acks, and some records
ACK_SLOTS = 4  # of a full ring, kept for acks
ACK_SLOTS_FREEING = 2  # of those, for an ack that frees a block: one, and one in case a slot fails
READ_BYTES = 512  # eight reads a block; 4 KB would be 7 % of the device's first heap


def crc_is_good(slot: "Slot") -> bool:
    """Whether the slot's last four bytes are the CRC-32 of the 28 before."""
    return bool(crc32(slot[:PAYLOAD_BYTES]) == unpack_from("<I", slot, PAYLOAD_BYTES)[0])


def sequence_of(slot: "Slot") -> int:
    """The sequence of a record, the acked sequence of a mark."""
    return int(unpack_from("<I", slot, SEQUENCE_OFFSET)[0])


class Blocks:
    """A block device as numbered blocks of slots. `buffer`: whole slots, shared with whoever lends it."""

    def __init__(self, device: "BlockDevice", buffer: bytearray | None = None) -> None:
        self._device = device
        self.count = int(device.ioctl(4, 0) or 0)
        self.block_bytes = int(device.ioctl(5, 0) or 0)
        self.slots = self.block_bytes // SLOT_BYTES
        if self.count < BLOCKS_MIN or self.slots < SLOTS_MIN or self.block_bytes % SLOT_BYTES:
            raise ValueError("%d blocks of %d bytes cannot hold a journal" % (self.count, self.block_bytes))
        if buffer is None:
            buffer = bytearray(min(READ_BYTES, self.block_bytes))
        self._buffer = memoryview(buffer)
        self._slots_a_read = len(buffer) // SLOT_BYTES
        if self._slots_a_read == 0:
            raise ValueError("the buffer has %d bytes, a slot has %d" % (len(buffer), SLOT_BYTES))

    def read(self, block: int, slot: int, into: bytearray) -> None:
        """One slot into a buffer of 32 bytes."""
        self._device.readblocks(block, into, slot * SLOT_BYTES)

    def each(self, block: int, slot: int) -> "Iterator[tuple[int, memoryview]]":
        """(slot, its bytes) from this slot to the end of the block; the bytes are good until the next step only."""
        while slot < self.slots:
            count = min(self._slots_a_read, self.slots - slot)
            self._device.readblocks(block, self._buffer[: count * SLOT_BYTES], slot * SLOT_BYTES)
            for offset in range(0, count * SLOT_BYTES, SLOT_BYTES):
                yield slot, self._buffer[offset : offset + SLOT_BYTES]
                slot += 1
