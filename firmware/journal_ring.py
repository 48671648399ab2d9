"""Which blocks of the ring hold the log, and which are free."""

from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware.journal_blocks import Blocks


class Ring:
    """`first[block]`: the sequence that the block begins with, 0 when it is not in the log."""

    def __init__(self, blocks: "Blocks") -> None:
        self.blocks = blocks
        self.first = array("I", bytes(4 * blocks.count))
        self.epoch = -1  # of the current block; -1: there is none yet
        self.next_slot = blocks.slots  # of the current block: the first that is free
        self.last_sequence = 0

    @property
    def current(self) -> int:
        """The block that is being written."""
        return self.epoch % self.blocks.count

    def after(self, block: int) -> int:
        """The next block of the ring."""
        return (block + 1) % self.blocks.count

    def enter(self, epoch: int) -> None:
        """Take a block with nothing but its header as the current one."""
        self.epoch = epoch
        self.next_slot = 1
        self.first[self.current] = self.last_sequence + 1

    def slots_left(self) -> int:
        """Free slots of the current block."""
        return self.blocks.slots - self.next_slot

    def end_of(self, block: int) -> int:
        """The first sequence behind a block of the log."""
        while block != self.current:
            block = self.after(block)
            if self.first[block]:
                return self.first[block]
        return self.last_sequence + 1

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

    def oldest_readable(self) -> int:
        """The first sequence that the log still holds; one beyond the last when it holds none."""
        return self.first[next(self.log())]

    def log(self) -> "Iterator[int]":
        """The blocks of the log, oldest first."""
        block = self.current
        for _ in range(self.blocks.count):
            block = self.after(block)
            if self.first[block]:
                yield block
