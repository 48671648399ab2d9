"""The host's reading of a journal, held against the journal that the device itself would mount."""

import random

import pytest

from firmware.board.faulty_nor import FaultyFlash, PowerCut
from firmware.journal import Full, Journal
from protocol.record import decode_record
from tests.firmware.journals import JOURNAL_ID, payload
from tests.tools.flashing.rehearsal import journal_of
from tools.flashing.errors import JournalDangerError, NoJournalError
from tools.flashing.journal_image import read_journal

BLOCK_BYTES = 512
BLOCKS = 6


def used(seed, cut):
    """A small flash after some days: answers and acks, for more than a lap, and perhaps a loss of power."""
    chance = random.Random(seed)
    nor = FaultyFlash(None, BLOCKS, BLOCK_BYTES)
    journal = Journal(nor, 42, lambda count: JOURNAL_ID[:count])
    if cut:
        nor.cut_after(chance.randrange(20, 260), chance.randrange(0, 32))
    try:
        for _ in range(chance.randrange(5, 260)):
            if chance.random() < 0.1 and journal.last_sequence:
                journal.acknowledge(chance.randrange(1, journal.last_sequence + 1))
            else:
                try:
                    journal.append(payload(journal.last_sequence + 1))
                except Full:
                    journal.acknowledge(journal.last_sequence)
    except PowerCut:
        assert cut
    nor.power_on()
    return nor


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_the_host_reads_what_the_device_would(seed, cut):
    nor = used(seed, cut)
    ours = read_journal(bytes(nor.image()), BLOCK_BYTES)
    device = Journal(nor, 42, lambda count: JOURNAL_ID[:count])
    rows = device.records(device.oldest_readable, 10_000)
    assert ours.journal_id == device.journal_id
    assert ours.device_id == 42
    assert ours.acked_through == device.acked_through
    assert {sequence: record for sequence, record in rows if record} == {
        sequence: record for sequence, record in ours.records.items() if sequence >= device.oldest_readable
    }
    assert len(ours.waiting) == sum(1 for _, record in device.pending(10_000) if record)


def test_a_full_sized_journal_says_what_waits():
    journal = read_journal(journal_of(7, 300, acked=100))
    assert (journal.device_id, journal.acked_through, journal.last_sequence) == (7, 100, 300)
    assert journal.waiting == list(range(101, 301))
    assert journal.lost == 0
    assert decode_record(journal.records[101]).sequence == 101


def test_a_record_that_became_unreadable_is_counted():
    image = bytearray(journal_of(7, 20))
    image[32 * 5] ^= 0xFF
    journal = read_journal(bytes(image))
    assert (len(journal.waiting), journal.lost) == (19, 1)


def test_blank_is_no_journal_and_anything_else_is_named():
    assert read_journal(b"\xff" * 8192).journal_id == b""
    with pytest.raises(NoJournalError, match="no readable journal"):
        read_journal(b"\xff" * 4096 + bytes(4096))
    two = journal_of(7, 200)[:4096] + journal_of(8, 200)[4096:]
    with pytest.raises(JournalDangerError, match="two journals"):
        read_journal(two)
    with pytest.raises(JournalDangerError, match="not a journal area"):
        read_journal(b"\xff" * 5000)
