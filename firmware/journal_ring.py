"""Which blocks of the ring hold the log, and which are free."""

from array import array

RING_MODULE = __name__  # what `firmware.memory` forgets while a connection has no use for it

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    # Of a journal: the ring's four, then acked_through, journal_id and device_id.
    State = tuple[array[int], int, int, int, int, bytes, int]

    from firmware.journal_blocks import Blocks


class Ring:
    """`first[block]`: the sequence that the block begins with, 0 when it is not in the log."""

    def __init__(self, blocks: "Blocks", state: "State | None" = None) -> None:
        self.blocks = blocks
        if state:
            self.first, self.epoch, self.next_slot, self.last_sequence = state[:4]
            return
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

    def end_of(self, block: int) -> int:
        """The first sequence behind a block of the log."""
        while block != self.current:
            block = self.after(block)
            if self.first[block]:
                return self.first[block]
        return self.last_sequence + 1

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
