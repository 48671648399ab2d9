"""What the journal makes of flash that fails while it is written: cells, blocks, the chip, the driver."""

from firmware.board.faulty_nor import FaultyFlash
from firmware.journal import Damaged
from tests.firmware.journals import (
    ALL,
    BLOCK_BYTES,
    BLOCKS,
    PAYLOAD,
    SLOTS,
    append,
    check_rows,
    mount,
    payload,
    raised,
    ring,
)


class WornFlash(FaultyFlash):
    """One block that, after a lap, no longer erases, or neither erases nor programs, and says nothing."""

    worn_block = 3
    erases_only = True

    def _erase(self, block):
        if block != self.worn_block or self.erases < BLOCKS:
            super()._erase(block)

    def _program(self, address, wanted):
        if address // BLOCK_BYTES != self.worn_block or self.erases < BLOCKS or self.erases_only:
            super()._program(address, wanted)


def test_a_block_that_wears_out_is_passed_over():
    for erases_only in (True, False):
        flash = WornFlash(None, BLOCKS, BLOCK_BYTES)
        flash.erases_only = erases_only
        journal = mount(flash)
        for _ in range(60):
            append(journal, 9)
            journal.acknowledge(journal.last_sequence - 2)
            for reader in (journal, mount(flash)):
                check_rows(reader.pending(ALL), reader.acked_through + 1, reader.last_sequence)
                check_rows(reader.records(1, ALL), reader.oldest_readable, reader.last_sequence)
                assert reader.oldest_readable > reader.last_sequence - BLOCKS * SLOTS
            journal = reader
        assert journal.last_sequence == 540


def test_a_first_header_that_fails_does_not_stop_a_new_journal():
    flash = ring()
    flash.weaken_after(0, 9, 0xFF)
    append(mount(flash), 40)
    check_rows(mount(flash).pending(ALL), 1, 40)


def test_slots_that_fail_are_passed_over():
    flash = ring()
    journal = mount(flash)
    for number in (0, 1, 2, 9):
        flash.weaken_after(2 * number, 9, 0xFF)
    append(journal, 40)
    check_rows(journal.pending(ALL), 1, 40)
    check_rows(mount(flash).pending(ALL), 1, 40)
    flash.weaken_after(0, 9, 0xFF)
    flash.weaken_after(1, 9, 0xFF)  # and so does voiding it
    before = flash.image()
    append(journal, 1)
    written = [index for index in range(0, len(before), 32) if flash.image()[index] != before[index]]
    assert [flash.image()[index : index + 32] == bytes(32) for index in written] == [True, False]


class DeadFlash(FaultyFlash):
    """Takes everything, keeps nothing."""

    dead = False

    def _program(self, address, wanted):
        if not self.dead:
            super()._program(address, wanted)


def test_flash_that_keeps_nothing_is_reported_and_keeps_its_sequence_free():
    flash = DeadFlash(None, BLOCKS, BLOCK_BYTES)
    journal = mount(flash)
    append(journal, 2)
    flash.dead = True
    raised(Damaged, journal.append, payload(3))
    assert journal.last_sequence == 2
    flash.dead = False
    assert journal.append(payload(3)) == 3
    check_rows(mount(flash).pending(ALL), 1, 3)
    flash.dead = True
    raised(Damaged, mount, DeadBlankFlash(None, BLOCKS, BLOCK_BYTES))


class DeadBlankFlash(DeadFlash):
    dead = True


class FailingFlash(FaultyFlash):
    """A driver that raises after the chip has done its work."""

    failing = False

    def writeblocks(self, block, buffer, offset=None):
        super().writeblocks(block, buffer, offset)
        if self.failing:
            raise OSError(5)


def test_a_sequence_that_may_be_on_flash_is_never_given_again():
    flash = FailingFlash(None, BLOCKS, BLOCK_BYTES)
    journal = mount(flash)
    append(journal, 2)
    flash.failing = True
    raised(OSError, journal.append, PAYLOAD)
    flash.failing = False
    assert journal.append(payload(4)) == 4
    assert [row[0] for row in journal.pending(ALL)] == [1, 2, 3, 4]
    assert [row[0] for row in mount(flash).pending(ALL)] == [1, 2, 3, 4]
