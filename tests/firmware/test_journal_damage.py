"""What the journal makes of flash that has aged: unreadable records and headers, cells and blocks that fail."""

from firmware.board.nor import NorFlash
from firmware.journal import Damaged, Full, Journal, Unformatted
from tests.firmware.journals import (
    ALL,
    BLOCK_BYTES,
    BLOCKS,
    PAYLOAD,
    SLOTS,
    address,
    append,
    check_rows,
    fill,
    mount,
    payload,
    raised,
    ring,
)


def flip(flash, place, bits=0x10):
    cell = bytearray(1)
    flash.readblocks(0, cell, place)
    flash.damage(place, bytes([cell[0] ^ bits]))


def test_an_unreadable_record_is_named_and_leaves_no_hole():
    for unreadable in ([5], [1], [14, 15, 16, 17], [15], [16], [30], [20, 22], list(range(16, 31))):
        flash = ring()
        journal = mount(flash)
        append(journal, 40)
        for sequence in unreadable:
            flip(flash, address(sequence) + 12)
        for reader in (journal, mount(flash)):
            check_rows(reader.pending(ALL), 1, 40, unreadable)
            check_rows(reader.records(1, ALL), 1, 40, unreadable)
            check_rows(reader.records(unreadable[-1], 3), unreadable[-1], unreadable[-1] + 2, unreadable)
            check_rows(reader.pending(unreadable[0]), 1, unreadable[0], unreadable)
        assert reader.append(payload(41)) == 41


def test_any_single_bit_is_noticed():
    flash = ring()
    append(mount(flash), 3)
    good = flash.image()
    for bit in range(256):
        flash.restore(good)
        flip(flash, address(2) + bit // 8, 1 << bit % 8)
        check_rows(Journal(flash, after_power_loss=False).pending(ALL), 1, 3, [2])


def test_the_last_record_unreadable_after_a_restart_keeps_its_sequence():
    for count in (1, 2, 20):
        flash = ring()
        append(mount(flash), count)
        flip(flash, address(count) + 12)
        journal = mount(flash)
        assert journal.last_sequence == count
        check_rows(journal.pending(ALL), 1, count, [count])
        assert journal.append(payload(count + 1)) == count + 1
        check_rows(mount(flash).pending(ALL), 1, count + 1, [count])


def test_an_acked_sequence_is_never_given_again_though_its_record_is_gone():
    flash = ring()
    journal = mount(flash)
    append(journal, 6)
    journal.acknowledge(6)
    flash.damage(address(6), bytes([0x55] * 32))
    again = mount(flash)
    assert (again.last_sequence, again.acked_through) == (6, 6)
    assert again.append(payload(7)) == 7
    check_rows(again.pending(ALL), 7, 7)


def test_an_unreadable_header_hides_no_record():
    for block in range(4):
        for damage in (lambda flash, place: flip(flash, place + 9), lambda flash, place: flash.damage(place, bytes(32))):
            flash = ring()
            append(mount(flash), 3 * SLOTS + 5)
            damage(flash, block * BLOCK_BYTES)
            journal = mount(flash)
            check_rows(journal.pending(ALL), 1, 3 * SLOTS + 5)
            append(journal, 30)
            check_rows(mount(flash).pending(ALL), 1, 3 * SLOTS + 35)
            mount(flash).acknowledge(3 * SLOTS + 30)
            check_rows(mount(flash).pending(ALL), 3 * SLOTS + 31, 3 * SLOTS + 35)


def test_the_newest_two_headers_unreadable_hide_no_record():
    flash = ring()
    append(mount(flash), 3 * SLOTS + 5)
    flip(flash, 2 * BLOCK_BYTES)
    flip(flash, 3 * BLOCK_BYTES)
    journal = mount(flash)
    check_rows(journal.pending(ALL), 1, 3 * SLOTS + 5)
    append(journal, 5)
    check_rows(mount(flash).pending(ALL), 1, 3 * SLOTS + 10)


def test_a_full_ring_with_an_unreadable_header_overwrites_nothing():
    for block in range(BLOCKS):
        flash = ring()
        full = fill(mount(flash))
        flip(flash, block * BLOCK_BYTES + 4)
        journal = mount(flash)
        raised(Full, journal.append, PAYLOAD)
        check_rows(journal.pending(ALL), 1, full)
        journal.acknowledge(2 * SLOTS)
        append(journal, 5)
        check_rows(mount(flash).pending(ALL), 2 * SLOTS + 1, full + 5)


def test_all_headers_unreadable_is_for_a_technician():
    flash = ring()
    append(mount(flash), 40)
    for block in range(3):
        flip(flash, block * BLOCK_BYTES)
    image = flash.image()
    raised(Unformatted, mount, flash)
    assert flash.image() == image


def test_headers_torn_while_the_journal_was_made_do_not_stop_it():
    flash = ring()
    for block in (0, 1):
        flash.damage(block * BLOCK_BYTES, b"PETJ" + bytes([0] * 11))
    journal = mount(flash)
    for _ in range(12):
        append(journal, 15)
        journal.acknowledge(journal.last_sequence - 1)
    check_rows(mount(flash).records(1, ALL), journal.oldest_readable, 180)
    for block in range(BLOCKS):
        flash.damage(block * BLOCK_BYTES, b"\xff" * BLOCK_BYTES)
        flash.damage(block * BLOCK_BYTES, b"torn")
    raised(Unformatted, mount, flash)


class UnerasableFlash(NorFlash):
    """One block that no longer erases, and says nothing."""

    worn_block = 3

    def _erase(self, block):
        if block != self.worn_block:
            super()._erase(block)


def test_a_block_that_does_not_erase_is_passed_over():
    flash = UnerasableFlash(None, BLOCKS, BLOCK_BYTES)
    journal = mount(flash)
    for _ in range(60):
        append(journal, 9)
        journal.acknowledge(journal.last_sequence - 2)
        journal = mount(flash)
        check_rows(journal.pending(ALL), journal.acked_through + 1, journal.last_sequence)
        check_rows(journal.records(1, ALL), journal.oldest_readable, journal.last_sequence)
        assert journal.oldest_readable > journal.last_sequence - BLOCKS * SLOTS
    assert journal.last_sequence == 540


def test_slots_that_fail_are_passed_over():
    flash = ring()
    journal = mount(flash)
    for number in (0, 1, 2, 9):
        flash.weaken_after(2 * number, 9, 0xFF)
    append(journal, 40)
    check_rows(journal.pending(ALL), 1, 40)
    check_rows(mount(flash).pending(ALL), 1, 40)


class DeadFlash(NorFlash):
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


class FailingFlash(NorFlash):
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
