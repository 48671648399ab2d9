"""The ring and its blocks as whoever writes to them needs them: what is free, what is taken, what has become of a slot.

In memory while answers are given, and while acks are kept; not while records are only read.
"""

from firmware.journal_blocks import BLANK, SLOT_BYTES, VOID, Blocks
from firmware.journal_ring import Ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import BlockDevice
    from firmware.journal_blocks import Slot
    from firmware.journal_ring import State


class WritableRing(Ring):
    """`blocks` are writable too."""

    def __init__(self, blocks: "WritableBlocks", state: "State | None" = None) -> None:
        super().__init__(blocks, state)
        self.blocks: WritableBlocks = blocks

    def enter(self, epoch: int) -> None:
        """Take a block with nothing but its header as the current one."""
        self.epoch = epoch
        self.next_slot = 1
        self.first[self.current] = self.last_sequence + 1

    def slots_left(self) -> int:
        """Free slots of the current block."""
        return self.blocks.slots - self.next_slot

    def is_free(self, block: int, acked_through: int) -> bool:
        """Whether the block may be erased: the server has all that is in it."""
        if block == self.current:
            return False
        return self.first[block] == 0 or self.end_of(block) <= acked_through + 1

    def free_blocks(self, acked_through: int) -> int:
        """How many blocks can be opened one after the other."""
        block = self.after(self.current)
        count = 0
        while self.is_free(block, acked_through):
            block = self.after(block)
            count += 1
        return count


class WritableBlocks(Blocks):
    """Whatever is written is read back."""

    def __init__(self, device: "BlockDevice", buffer: bytearray | None = None) -> None:
        super().__init__(device, buffer)
        self._check = bytearray(SLOT_BYTES)

    def is_blank(self, block: int, slot: int) -> bool:
        """Whether this slot and all after it in the block are erased."""
        return all(content == BLANK for _, content in self.each(block, slot))

    def program(self, block: int, slot: int, content: "Slot", spans: "tuple[tuple[int, int], ...]" = ()) -> bool:
        """Program one slot, or these spans of it. Whether it reads back as meant: flash reports no error of its own."""
        if not spans:
            self._device.writeblocks(block, content, slot * SLOT_BYTES)
        for start, end in spans:
            self._device.writeblocks(block, content[start:end], slot * SLOT_BYTES + start)
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
