"""Finds the journal on the flash again, after anything: where it ends, what was torn, what has become unreadable.

Reads the header of every block, then the current block: 12 KB of a journal of 1 MiB. `Mount` writes nothing.

A block without a good header is not in the log (blank, or cut while it was being opened) unless records are found
in it that the server may lack: then only its header has become unreadable.
"""

from binascii import crc32
from struct import unpack_from

from firmware.journal_blocks import BLANK, HEADER_FORMAT, MAGIC, SLOT_BYTES, VOID, crc_is_good, sequence_of
from firmware.journal_errors import Unformatted
from firmware.journal_slots import put_header
from protocol.record import KIND_MARK, PAYLOAD_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.journal_blocks import Slot
    from firmware.journal_room import WritableRing


JOURNAL_ID_BYTES = 8


class Mount:
    """Fills the ring. `journal_id` stays b"" when nothing was ever kept here."""

    def __init__(self, ring: "WritableRing") -> None:
        self._ring = ring
        self.device_id = 0
        self.journal_id = b""
        self.acked_through = 0
        self.last_good_slot = 0  # of the current block
        self.torn_slot = 0  # of the current block, behind all good ones; 0: none
        self._laps = bytearray(ring.blocks.count)  # of each header around the ring, modulo 256
        suspects = self._read_headers()
        if not self.journal_id:
            ring.epoch = self._find_blank() - 1
            return
        self._forget_stale()
        ring.last_sequence = ring.first[ring.current] - 1
        self._scan_current()
        self._judge(suspects)

    def _read_headers(self) -> "list[int]":
        """The blocks that are neither blank nor have a good header."""
        ring = self._ring
        slot = bytearray(SLOT_BYTES)
        suspects = []
        for block in range(ring.blocks.count):
            ring.blocks.read(block, 0, slot)
            if slot == BLANK:
                continue
            header = header_of(slot)
            if header is None or header[0] % ring.blocks.count != block:
                suspects.append(block)
                continue
            epoch, first, acked, device_id, journal_id = header
            if not self.journal_id:
                self.device_id, self.journal_id = device_id, journal_id
            elif (device_id, journal_id) != (self.device_id, self.journal_id):
                raise Unformatted("block %d belongs to another journal; back up, then erase the journal area" % block)
            ring.first[block] = first
            self._laps[block] = epoch // ring.blocks.count & 0xFF
            if epoch > ring.epoch:
                ring.epoch = epoch
                self.acked_through = acked
        return suspects

    def _forget_stale(self) -> None:
        """A block that could not be opened in this lap may still have its header of the lap before."""
        ring = self._ring
        lap = ring.epoch // ring.blocks.count
        for block in range(ring.blocks.count):
            expected = lap if block <= ring.current else lap - 1
            if self._laps[block] != expected & 0xFF:
                ring.first[block] = 0

    def _find_blank(self) -> int:
        """The first blank block. All may be blank but for headers torn when the journal was to be made."""
        blocks = self._ring.blocks
        slot = bytearray(SLOT_BYTES)
        found = -1
        for block in range(blocks.count - 1, -1, -1):
            if not blocks.is_blank(block, 1):
                raise Unformatted(
                    "the journal area holds data in block %d but no valid header; back up, then erase it" % block
                )
            blocks.read(block, 0, slot)
            if slot == BLANK:
                found = block
        if found < 0:
            raise Unformatted("no block of the journal area takes a header; erase it")
        return found

    def _scan_current(self) -> None:
        """Find the end of the log. All slots are looked at: whatever is free is proven blank."""
        ring = self._ring
        ring.next_slot = 1
        unreadable = 0  # records behind the last good one
        for slot, content in ring.blocks.each(ring.current, 1):
            if content == BLANK:
                continue
            ring.next_slot = slot + 1
            if crc_is_good(content):
                self.last_good_slot = slot
                self.torn_slot = 0
                sequence = sequence_of(content)
                if content[0] == KIND_MARK:
                    self.acked_through = max(self.acked_through, sequence)
                elif sequence > ring.last_sequence:
                    ring.last_sequence = sequence
                    unreadable = 0
            elif was_whole(content, ring.last_sequence + unreadable + 1):
                unreadable += 1
            elif content != VOID:
                self.torn_slot = slot
        ring.last_sequence = max(ring.last_sequence + unreadable, self.acked_through)  # what was acked did exist

    def _judge(self, suspects: "list[int]") -> None:
        ring = self._ring
        block = ring.after(ring.current)
        while block in suspects and self._sequences(block)[1] > ring.last_sequence:
            # The newest block, its header unreadable: it is continued behind, never in it.
            ring.epoch += 1
            ring.first[block] = ring.last_sequence + 1
            self._scan_current()
            ring.next_slot = ring.blocks.slots
            block = ring.after(block)
        for block in suspects:
            lowest, highest = self._sequences(block)
            if highest > self.acked_through:
                ring.first[block] = lowest

    def _sequences(self, block: int) -> "tuple[int, int]":
        """The lowest and the highest sequence of the good records in a block; (0, 0) when it has none."""
        lowest = highest = 0
        for _, content in self._ring.blocks.each(block, 1):
            if content[0] != KIND_MARK and crc_is_good(content):
                highest = max(highest, sequence_of(content))
                lowest = min(lowest or highest, sequence_of(content))
        return lowest, highest


def create(ring: "WritableRing", slot: bytearray, device_id: int, journal_id: bytes) -> bool:
    """Make a journal on a blank area. False when its first block does not keep the header."""
    if len(journal_id) != JOURNAL_ID_BYTES:
        raise ValueError("a journal_id has 8 bytes, not %d" % len(journal_id))
    put_header(slot, ring.epoch + 1, 1, 0, device_id, journal_id)
    if not ring.blocks.program(ring.epoch + 1, 0, slot):  # blank as it is: an erase could only be cut
        return False
    ring.enter(ring.epoch + 1)
    return True


def mend(ring: "WritableRing", slot: bytearray, mount: Mount, after_power_loss: bool) -> None:
    """What a cut may have left: a torn slot is made void, the last record is programmed once more."""
    if mount.torn_slot:
        ring.blocks.void(ring.current, mount.torn_slot)
    if after_power_loss:
        ring.blocks.read(ring.current, mount.last_good_slot, slot)
        ring.blocks.program(ring.current, mount.last_good_slot, slot)


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
