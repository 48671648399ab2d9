"""Reads records back, in order and without holes. In memory while answers are sent, not while they are given."""

from firmware.journal_blocks import crc_is_good, sequence_of
from protocol.record import KIND_MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware.journal_ring import Ring


def rows(ring: "Ring", first: int, limit: int) -> "list[tuple[int, bytes | None]]":
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


def _readable(ring: "Ring", sequence: int) -> "Iterator[tuple[int, memoryview]]":
    """(sequence, its 32 bytes) of every readable record from this one on; the bytes change at the next step."""
    for block in ring.log():
        end = ring.end_of(block)
        if end <= sequence:
            continue
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
