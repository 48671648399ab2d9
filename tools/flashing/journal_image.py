"""Reads a journal out of a copy of its flash area: the answers of a device that cannot send them itself.

The same log as the device mounts (firmware/journal_mount.py), found by a program that may look at everything at once.
Nothing here writes. The layout of slots stands in firmware/journal_blocks.py.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import unpack_from

from protocol.record import KIND_MARK, PAYLOAD_BYTES, RECORD_BYTES, SEQUENCE_OFFSET
from tools.flashing.errors import JournalDangerError, NoJournalError

BLOCK_BYTES = 4096
HEADER_FORMAT = "<4sIIII8s"
MAGIC = b"PETJ"
BLANK = b"\xff" * RECORD_BYTES


@dataclass(frozen=True)
class Header:
    """The first slot of a block."""

    epoch: int
    first: int
    acked: int
    device_id: int
    journal_id: bytes


@dataclass
class JournalImage:
    """What a journal holds; `records` by sequence, 32 bytes each. Of a blank area `journal_id` is empty."""

    journal_id: bytes = b""
    device_id: int = 0
    acked_through: int = 0
    last_sequence: int = 0
    records: dict[int, bytes] = field(default_factory=dict)

    @property
    def waiting(self) -> list[int]:
        """The sequences that the server has not acked and that can be read."""
        return [sequence for sequence in sorted(self.records) if sequence > self.acked_through]

    @property
    def lost(self) -> int:
        """How many of those that the server lacks cannot be read any more."""
        return max(0, self.last_sequence - self.acked_through - len(self.waiting))


def read_journal(image: bytes, block_bytes: int = BLOCK_BYTES) -> JournalImage:
    """The journal in the bytes of its area. Raises JournalDangerError; NoJournalError when it is something else."""
    if len(image) % block_bytes:
        raise JournalDangerError(f"{len(image)} bytes are not a journal area: it is made of blocks of {block_bytes}.")
    blocks = [image[at : at + block_bytes] for at in range(0, len(image), block_bytes)]
    headers = {number: header for number, block in enumerate(blocks) if (header := _header(block, number, len(blocks)))}
    if not headers:
        if any(any(slot != BLANK for slot in _slots(block)) for block in blocks):
            raise NoJournalError("the journal area holds data but no readable journal: keep the backup.")
        return JournalImage()
    newest = max(headers.values(), key=lambda header: header.epoch)
    if any((each.device_id, each.journal_id) != (newest.device_id, newest.journal_id) for each in headers.values()):
        raise JournalDangerError("the journal area holds blocks of two journals: keep the backup, and ask.")
    journal = JournalImage(newest.journal_id, newest.device_id, newest.acked)
    current = newest.epoch % len(blocks)
    for slot in _slots(blocks[current]):
        if _is_good(slot) and slot[0] == KIND_MARK:
            journal.acked_through = max(journal.acked_through, _sequence(slot))
    _collect(journal, blocks, headers, newest)
    return journal


def _collect(journal: JournalImage, blocks: list[bytes], headers: dict[int, Header], newest: Header) -> None:
    """Take the records out of the blocks of the log, oldest first, and out of blocks whose header alone is lost."""
    count = len(blocks)
    journal.last_sequence = max(journal.acked_through, newest.first - 1)
    for epoch in range(max(0, newest.epoch - count + 1), newest.epoch + 1):
        number = epoch % count
        header = headers.get(number)
        if header is not None and header.epoch != epoch:
            continue  # stale: it could not be opened in this lap
        for slot in _slots(blocks[number]):
            if not _is_good(slot) or slot[0] == KIND_MARK:
                continue
            sequence = _sequence(slot)
            if header is not None or sequence > journal.acked_through:
                journal.records[sequence] = slot
                journal.last_sequence = max(journal.last_sequence, sequence)


def _slots(block: bytes) -> Iterator[bytes]:
    """The slots behind the header."""
    for at in range(RECORD_BYTES, len(block), RECORD_BYTES):
        yield block[at : at + RECORD_BYTES]


def _header(block: bytes, number: int, count: int) -> Header | None:
    magic, epoch, first, acked, device_id, journal_id = unpack_from(HEADER_FORMAT, block)
    if magic != MAGIC or not _is_good(block[:RECORD_BYTES]) or epoch % count != number:
        return None
    return Header(epoch, first, acked, device_id, journal_id)


def _is_good(slot: bytes) -> bool:
    return bool(crc32(slot[:PAYLOAD_BYTES]) == unpack_from("<I", slot, PAYLOAD_BYTES)[0])


def _sequence(slot: bytes) -> int:
    return int(unpack_from("<I", slot, SEQUENCE_OFFSET)[0])
