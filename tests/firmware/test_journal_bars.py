"""What the journal may cost: wear, room, reads at a mount, memory. `make bench` prints the figures themselves."""

import gc

from firmware.journal import Journal
from tests.firmware.journal_figures import RECORDS_A_BLOCK, filled, garbage, memory, mounted_at, wear
from tests.firmware.journals import check_rows, remove, scratch_path

PROGRAMMED_BYTES_MAX = 33
ERASES_MAX = 0.01
RECORDS_MIN = 32_000
MOUNT_READ_BYTES_MAX = 16 * 1024
# On 64 bit; half of it on the device.
KEPT_BYTES_MAX = 3072
GARBAGE_BYTES_MAX = 512


def test_a_response_wears_the_flash_no_more_than_promised():
    programmed, erases, programs = wear(blocks=16, wraps=3, ack_every=100)
    assert 32 < programmed <= PROGRAMMED_BYTES_MAX
    assert 1 / RECORDS_A_BLOCK <= erases <= ERASES_MAX
    assert 1 < programs < 1.04


def test_one_mebibyte_holds_what_was_promised_and_gives_all_of_it_back():
    path = scratch_path()
    try:
        flash, records = filled(path)
        assert records >= RECORDS_MIN
        assert flash.violations == 0
        journal = Journal(flash)
        for first in range(1, records + 1, 500):
            check_rows(journal.records(first, 500), first, min(records, first + 499))
        flash.close()
    finally:
        remove(path)


def test_a_mount_reads_little():
    path = scratch_path()
    try:
        assert 8192 < mounted_at(path, 10_000, 500)[0] <= MOUNT_READ_BYTES_MAX
    finally:
        remove(path)


def test_the_journal_keeps_and_leaves_little_in_memory():
    if hasattr(gc, "mem_alloc"):  # MicroPython
        assert memory()[0] <= KEPT_BYTES_MAX
        assert 0 < garbage() <= GARBAGE_BYTES_MAX
