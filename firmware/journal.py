"""The journal: every response on flash, in order and numbered, until the server has it and its place is needed.

A ring of blocks of 32-byte slots. A record goes into the next slot of the current block; when that is full, the next
block of the ring is erased and becomes the current one, but only if the server has all that is in it. So nothing
un-acked is ever overwritten, and what is acked stays readable until its block is needed.

Slots and headers: firmware/journal_blocks.py. Finding it all again after a power cut: firmware/journal_mount.py.
Why a raw ring log and not a file: docs/adr/0001-journal-is-a-raw-ring-log.md.
"""

from firmware.journal_blocks import ACK_SLOTS, ACK_SLOTS_FREEING, MARK, SLOT_BYTES
from firmware.journal_errors import Damaged, Foreign, Unformatted
from firmware.journal_errors import Full as Full  # noqa: PLC0414 - what callers catch
from firmware.journal_errors import JournalError as JournalError  # noqa: PLC0414
from firmware.journal_room import WritableBlocks, WritableRing
from firmware.journal_slots import put_header, put_mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.board.interface import BlockDevice
    from firmware.journal_ring import State

JOURNAL_ID_BYTES = 8
JOURNAL_MODULE = __name__  # what `firmware.memory` forgets while a connection has no use for it
OPEN_TRIES_MAX = 2  # erases of a block before the next one is taken


class Journal:
    """`device`: any MicroPython block device, for instance an `esp32.Partition`.

    `device_id`: who we are. A journal of another device is `foreign`: readable, never sent or written. None: take it
    as it is. `random_bytes(count)`: asked for the journal_id when the area is blank and a journal is made.
    `after_power_loss`: False on waking from deep sleep; else the last record is programmed once more, for the cut may
    have left it weak. `buffer`: lent for reading, whole slots, 512 bytes by default; nobody else may use it in a call.
    `state`: of the journal on this device that was put away; then nothing is read.

    Raises Unformatted, with nothing written, when the area is not blank and holds no journal that can be continued,
    or is blank and device_id or random_bytes is missing.
    """

    def __init__(
        self,
        device: "BlockDevice",
        device_id: int | None = None,
        random_bytes: "Callable[[int], bytes] | None" = None,
        *,
        after_power_loss: bool = True,
        buffer: bytearray | None = None,
        state: "State | None" = None,
    ) -> None:
        self._ring = WritableRing(WritableBlocks(device, buffer), state)
        self._slot = bytearray(SLOT_BYTES)
        self.foreign = False
        if state:
            self.acked_through, self.journal_id, self.device_id = state[4:]
            return
        from firmware.journal_mount import Mount, create, mend  # here: they can be forgotten when it has been found

        mount = Mount(self._ring)
        self.acked_through = mount.acked_through
        self.journal_id = mount.journal_id
        self.device_id = mount.device_id
        if not self.journal_id:
            if device_id is None or random_bytes is None:
                raise Unformatted("the journal area is blank; a new journal needs device_id and random_bytes")
            self.device_id, self.journal_id = device_id, bytes(random_bytes(JOURNAL_ID_BYTES))
            if not create(self._ring, self._slot, device_id, self.journal_id) and not self.open_next(0):
                raise Damaged("no block of the journal area keeps a header")
        elif device_id is not None and device_id != self.device_id:
            self.foreign = True
        else:
            mend(self._ring, self._slot, mount, after_power_loss)

    def state(self) -> "State":
        """All that is to be known to go on without reading the flash again, if nobody writes to it meanwhile."""
        ring = self._ring
        where = ring.first, ring.epoch, ring.next_slot, ring.last_sequence
        return where + (self.acked_through, self.journal_id, self.device_id)

    @property
    def last_sequence(self) -> int:
        """The newest record's sequence; 0 when there never was one."""
        return self._ring.last_sequence

    @property
    def oldest_readable(self) -> int:
        """The first sequence still on flash, acked or not; one beyond the last when there is none."""
        return self._ring.oldest_readable()

    @property
    def capacity(self) -> int:
        """How many un-acked records the ring holds."""
        return self._ring.blocks.count * (self._ring.blocks.slots - 1) - ACK_SLOTS

    @property
    def free_slots(self) -> int:
        """How many records can be appended before Full; marks and failing slots take from it. 0 when foreign."""
        if self.foreign:
            return 0
        ring = self._ring
        free = ring.slots_left() + ring.free_blocks(self.acked_through) * (ring.blocks.slots - 1)
        return max(0, free - ACK_SLOTS)

    def append(self, payload: "bytes | bytearray") -> int:
        """Keep a record; when this returns its sequence, it is on flash and was read back.

        `payload`: its bytes 0 to 27; the sequence in them and the CRC are filled in here. Raises Full, Foreign,
        Damaged.
        """
        from firmware.journal_writing import append  # in memory while answers are given, not while they are sent

        self._check_own()
        return append(self, self._ring, self._slot, payload)

    def pending(self, limit: int) -> "list[tuple[int, bytes | None]]":
        """The oldest `limit` un-acked records as (sequence, 32 bytes), without holes; nothing when foreign.

        None in place of the bytes: the record has become unreadable; say so to the server with a tombstone.
        """
        return [] if self.foreign else self._rows(self.acked_through + 1, limit)

    def records(self, first: int, limit: int) -> "list[tuple[int, bytes | None]]":
        """As `pending`, from sequence `first` on or the oldest still there, acked or not, foreign or not."""
        return self._rows(max(first, min(self.oldest_readable, self.acked_through + 1)), limit)

    def acknowledge(self, through: int) -> None:
        """The server has everything up to this sequence. A lower one than before changes nothing.

        Raises Foreign, and ValueError for a sequence beyond the last.
        Kept on flash when this returns, except on a ring so full that its last slots must wait for an ack which frees
        a block: then a power cut costs sending again what was acked.
        """
        self._check_own()
        ring = self._ring
        if through > ring.last_sequence:
            raise ValueError("acked through %d, but the last record is %d" % (through, ring.last_sequence))
        if through <= self.acked_through:
            return
        frees = ring.is_free(ring.after(ring.current), through)
        if not self._write_mark(through, 0 if frees else ACK_SLOTS_FREEING) and frees:
            self.open_next(through)  # its header says what is acked
        self.acked_through = through

    def _check_own(self) -> None:
        if self.foreign:
            raise Foreign("the journal belongs to device %08x; back up, then erase it" % self.device_id)

    def _rows(self, first: int, limit: int) -> "list[tuple[int, bytes | None]]":
        from firmware.journal_reading import rows  # in memory while answers are sent, not while they are given

        return rows(self._ring, first, limit)

    def _write_mark(self, through: int, keep_slots: int) -> bool:
        """Whether the mark is on flash; `keep_slots` of the current block stay free."""
        put_mark(self._slot, through)
        while self._ring.slots_left() > keep_slots:
            if self.program_next(MARK):
                return True
        return False

    def program_next(self, spans: "tuple[tuple[int, int], ...]") -> bool:
        """Whether the next slot holds `_slot`. It is used up in any case."""
        ring = self._ring
        slot = ring.next_slot
        ring.next_slot += 1
        if ring.blocks.program(ring.current, slot, self._slot, spans):
            return True
        ring.blocks.void(ring.current, slot)
        return False

    def open_next(self, acked_through: int) -> bool:
        """Make the next usable block the current one. False when none is free under this ack or keeps its header."""
        ring = self._ring
        header = bytearray(SLOT_BYTES)
        for ahead in range(1, 1 + ring.free_blocks(acked_through)):
            epoch = ring.epoch + ahead
            put_header(header, epoch, ring.last_sequence + 1, acked_through, self.device_id, self.journal_id)
            block = epoch % ring.blocks.count
            ring.first[block] = 0
            for _ in range(OPEN_TRIES_MAX):
                if ring.blocks.open(block, header):
                    ring.enter(epoch)
                    return True
        return False
