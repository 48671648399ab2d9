"""The flash blocks under the journal, in slots of 32 bytes: judge a slot, read, program and read back, erase.

Slot 0 of a block is its header, the others are records and marks. All of them have their CRC-32 in the last four bytes.

    header   magic 4 | epoch u32 | next sequence u32 | acked u32 | device_id u32 | journal_id 8 | CRC-32
    record   kind 1 | 4 bytes | sequence u32 | 19 bytes | CRC-32           (the frozen layout, docs/protocol.md 2)
    mark     kind 1 = 2 | 4 zeros | acked u32 | 19 of 0xFF | CRC-32        (local: what the server has in custody)
    void     32 zeros: a program that failed or was torn; takes no sequence

The epoch counts blocks since the journal was made, so block n of N holds epochs n, n + N, n + 2N, ...
"""

from binascii import crc32
from struct import pack_into, unpack_from

from protocol.record import KIND_MARK, PAYLOAD_BYTES, RECORD_BYTES, SEQUENCE_OFFSET

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
WHOLE = ((0, SLOT_BYTES),)
MARK = ((0, SEQUENCE_OFFSET + 4), (PAYLOAD_BYTES, SLOT_BYTES))  # 13 bytes; 0xFF needs no programming
BLOCKS_MIN = 2  # one to write, one to erase
SLOTS_MIN = 8  # a header, the slots kept for acks, and some records
ACK_SLOTS = 4  # of a full ring, kept for acks
ACK_SLOTS_FREEING = 2  # of those, for an ack that frees a block: one, and one in case a slot fails
READ_BYTES = 512  # eight reads a block; 4 KB would be 7 % of the device's first heap


def crc_is_good(slot: "Slot") -> bool:
    """Whether the slot's last four bytes are the CRC-32 of the 28 before."""
    return bool(crc32(slot[:PAYLOAD_BYTES]) == unpack_from("<I", slot, PAYLOAD_BYTES)[0])


def put_crc(slot: bytearray) -> None:
    """Complete a slot."""
    pack_into("<I", slot, PAYLOAD_BYTES, crc32(memoryview(slot)[:PAYLOAD_BYTES]))


def sequence_of(slot: "Slot") -> int:
    """The sequence of a record, the acked sequence of a mark."""
    return int(unpack_from("<I", slot, SEQUENCE_OFFSET)[0])


def put_header(slot: bytearray, epoch: int, first: int, acked: int, device_id: int, journal_id: bytes) -> None:
    """Make a slot the header of a block that begins with the sequence `first`."""
    pack_into(HEADER_FORMAT, slot, 0, MAGIC, epoch, first, acked, device_id, journal_id)
    put_crc(slot)


def put_mark(slot: bytearray, acked_through: int) -> None:
    """Make a slot the mark that everything up to a sequence is acked."""
    slot[:] = BLANK
    pack_into("<BII", slot, 0, KIND_MARK, 0, acked_through)
    put_crc(slot)


def header_of(slot: "Slot") -> "tuple[int, int, int, int, bytes] | None":
    """(epoch, first sequence, acked, device_id, journal_id); None when the slot is no header."""
    magic, epoch, first, acked, device_id, journal_id = unpack_from(HEADER_FORMAT, slot)
    if magic != MAGIC or not crc_is_good(slot):
        return None
    return epoch, first, acked, device_id, journal_id


def was_whole(slot: "Slot", sequence: int) -> bool:
    """Whether a slot without a good CRC was once the record of this sequence: thanked for, and unreadable now.

    Else it was torn. What a cut leaves behind is bits not yet cleared: then the sequence is another one, or the CRC
    field has all bits that the CRC of the first 28 bytes needs, and more.
    """
    needed = crc32(slot[:PAYLOAD_BYTES])
    torn = unpack_from("<I", slot, PAYLOAD_BYTES)[0] & needed == needed
    return sequence_of(slot) == sequence and not torn


class Blocks:
    """A block device as numbered blocks of slots. `buffer`: whole slots, shared with whoever lends it."""

    def __init__(self, device: "BlockDevice", buffer: bytearray | None = None) -> None:
        self._device = device
        self.count = int(device.ioctl(4, 0) or 0)
        self.block_bytes = int(device.ioctl(5, 0) or 0)
        self.slots = self.block_bytes // SLOT_BYTES
        if self.count < BLOCKS_MIN or self.slots < SLOTS_MIN or self.block_bytes % SLOT_BYTES:
            raise ValueError("%d blocks of %d bytes cannot hold a journal" % (self.count, self.block_bytes))
        self._check = bytearray(SLOT_BYTES)
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

    def is_blank(self, block: int, slot: int) -> bool:
        """Whether this slot and all after it in the block are erased."""
        return all(content == BLANK for _, content in self.each(block, slot))

    def program(self, block: int, slot: int, content: "Slot", spans: "tuple[tuple[int, int], ...]" = WHOLE) -> bool:
        """Program one slot, these spans of it. Whether it reads back as meant: flash reports no error of its own."""
        for start, end in spans:
            piece = content if spans is WHOLE else content[start:end]
            self._device.writeblocks(block, piece, slot * SLOT_BYTES + start)
        self._device.readblocks(block, self._check, slot * SLOT_BYTES)
        return bool(self._check == content)

    def void(self, block: int, slot: int) -> None:
        """Clear every bit, so that no marginal bit can turn a failed slot into a good one later."""
        if not self.program(block, slot, VOID):
            self.program(block, slot, VOID)

    def open(self, block: int, header: "Slot") -> bool:
        """Erase the block and give it its header. Whether it holds just that: only then may it be used."""
        self._device.ioctl(6, block)
        return self.program(block, 0, header) and self.is_blank(block, 1)
