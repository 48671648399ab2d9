"""What the tests of the journal share: a small ring, 8 blocks of 15 slots for records, filled as they need it."""

import os

from firmware.board.faulty_nor import FaultyFlash
from firmware.journal import Full, Journal

BLOCKS = 8
BLOCK_BYTES = 512
SLOTS = BLOCK_BYTES // 32 - 1
DEVICE_ID = 0xBEDF00D5
JOURNAL_ID = b"\x01\x02\x03\x04\xff\xfe\xfd\xfc"
PAYLOAD = b"\x01\x00\x00\x07\x00" + bytes(4) + b"nineteen bytes here"
ALL = 1_000_000


def ring(blocks=BLOCKS, block_bytes=BLOCK_BYTES):
    return FaultyFlash(None, blocks, block_bytes)


def mount(flash, device_id=DEVICE_ID, **settings):
    return Journal(flash, device_id, lambda count: JOURNAL_ID[:count], **settings)


def payload(number):
    """28 bytes that only this number has."""
    return b"\x01\x00\x00\x07\x00" + bytes(4) + number.to_bytes(4, "little") + b"fifteen bytes.."


def append(journal, count):
    for _ in range(count):
        sequence = journal.append(payload(journal.last_sequence + 1))
    return sequence


def fill(journal):
    """Appends until Full: how many."""
    for count in range(10 * BLOCKS * SLOTS):
        try:
            append(journal, 1)
        except Full:
            return count
    raise AssertionError("never full")


def check_rows(rows, first, last, lost=()):
    """All records from first to last, each its own, None in place of those that were lost."""
    assert [row[0] for row in rows] == list(range(first, last + 1))
    for sequence, record in rows:
        if sequence in lost:
            assert record is None, f"{sequence} is readable"
        else:
            assert record is not None, f"{sequence} is unreadable"
            assert record[:5] + record[9:28] == payload(sequence)[:5] + payload(sequence)[9:]


def address(sequence, first=1, blocks=BLOCKS):
    """Where a record lies in a ring without marks that began with `first`."""
    block, slot = divmod(sequence - first, SLOTS)
    return block % blocks * BLOCK_BYTES + (slot + 1) * 32


def raised(error, call, *arguments):
    try:
        call(*arguments)
    except error as caught:
        return caught
    raise AssertionError("no " + error.__name__)


def scratch_path():
    return f"/tmp/pet-{os.urandom(8).hex()}.nor"


def remove(path):
    os.remove(path)
