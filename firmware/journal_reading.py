"""Reads records back, in order and without holes. In memory while answers are sent, not while they are given."""

from firmware.journal_blocks import Blocks, crc_is_good, sequence_of
from firmware.journal_ring import Ring
from protocol.record import KIND_MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware.board.interface import BlockDevice
    from firmware.journal_ring import State


def rows(ring: Ring, first: int, limit: int) -> "list[tuple[int, bytes | None]]":
    """`limit` records from this sequence on as (sequence, 32 bytes); None for one that has become unreadable."""
    found: "list[tuple[int, bytes | None]]" = []
    end = min(ring.last_sequence + 1, first + limit)
    for sequence, content in _readable(ring, first):
        found.extend([(lost, None) for lost in range(first + len(found), min(sequence, end))])
        if sequence >= end:
            break
        found.append((sequence, bytes(content)))
    found.extend([(lost, None) for lost in range(first + len(found), end)])
    return found


def _readable(ring: Ring, sequence: int) -> "Iterator[tuple[int, memoryview]]":
    """(sequence, its 32 bytes) of every readable record from this one on; the bytes change at the next step."""
    first, count = ring.first, ring.blocks.count
    back = 0  # from the current block to the one that the sequence is in, or to the oldest
    while back < count - 1 and not 0 < first[(ring.epoch - back) % count] <= sequence:
        back += 1
    for behind in range(back, -1, -1):
        block = (ring.epoch - behind) % count
        if not first[block]:
            continue
        end = ring.end_of(block)
        # A record takes one slot, so this one lies here or, behind marks and void slots, further on.
        slot = 1 + max(0, sequence - ring.first[block])
        for _, content in ring.blocks.each(block, slot):
            if content[0] != KIND_MARK and crc_is_good(content):
                found = sequence_of(content)
                if sequence <= found < end:
                    yield found, content
                    sequence = found + 1
            if sequence >= end:
                break


class Waiting:
    """What a journal that is put away holds for the server: its records, and how far they are acked by now.

    Acks are kept here alone, until the journal is taken out again: a loss of power before that costs sending again.
    """

    def __init__(self, device: "BlockDevice", state: "State", oldest_readable: int) -> None:
        self._ring = Ring(Blocks(device), state)
        self.last_sequence = self._ring.last_sequence
        self.oldest_readable = oldest_readable
        self.acked_through, self.journal_id, _ = state[4:]

    def records(self, first: int, limit: int) -> "list[tuple[int, bytes | None]]":
        """As of the journal; `first` is not before the oldest that is readable."""
        return rows(self._ring, first, limit)

    def acknowledge(self, through: int) -> None:
        """The server has everything up to this sequence; a lower one than before changes nothing."""
        self.acked_through = max(through, self.acked_through)
