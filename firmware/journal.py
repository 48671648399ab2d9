"""The journal: every response on flash, in order and numbered, until the server has it and its place is needed.

A ring of blocks (firmware/journal_blocks.py). Records are appended to the current block; when it has no slot left, the next
block of the ring is erased and becomes the current one, but only if everything in it has been acked. So nothing that
the server may lack is ever overwritten, and what is acked stays readable until its block is needed.

Why a raw ring log and not a file: docs/adr/0001-journal-is-a-raw-ring-log.md.
"""

from struct import pack_into

from firmware.journal_blocks import (
    HEADER_FORMAT,
    MAGIC,
    SLOT_BYTES,
    Blocks,
    crc_is_good,
    put_crc,
    sequence_of,
)
from firmware.journal_mount import Foreign, JournalError, find
from protocol.record import KIND_MARK, PAYLOAD_BYTES, SEQUENCE_OFFSET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firmware.board.interface import BlockDevice
