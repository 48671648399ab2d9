"""What the journal makes of flash that has aged: records and headers that have become unreadable."""

from firmware.journal import Full, Journal, Unformatted
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


def test_several_last_records_unreadable_keep_their_sequences():
    flash = ring()
    append(mount(flash), 12)
    for sequence in (10, 11, 12):
        flip(flash, address(sequence) + 20)
    journal = mount(flash)
    assert journal.append(payload(13)) == 13
    check_rows(mount(flash).pending(ALL), 1, 13, [10, 11, 12])


def test_a_torn_record_takes_no_sequence_and_is_made_void_for_good():
    flash = ring()
    append(mount(flash), 3)
    flash.damage(address(4), b"\x01\x00\x00\x07\x00\x04\x00")
    assert mount(flash).last_sequence == 3
    assert flash.image()[address(4) : address(5)] == bytes(32)
    operations = flash.operations
    assert mount(flash, after_power_loss=False).append(payload(4)) == 4
    assert flash.operations == operations + 1
    check_rows(mount(flash).pending(ALL), 1, 4)


def test_an_unreadable_record_before_good_ones_is_left_as_it_is():
    flash = ring()
    append(mount(flash), 12)
    flash.damage(address(8), b"\x11" * 32)
    image = flash.image()
    mount(flash)
    assert flash.image() == image


def test_a_record_that_stands_twice_is_given_once():
    flash = ring()
    append(mount(flash), 3)
    flash.damage(address(4), flash.image()[address(3) : address(4)])
    journal = mount(flash)
    append(journal, 2)
    check_rows(journal.pending(ALL), 1, 5)


def test_a_block_destroyed_whole_before_it_was_acked_is_named_record_by_record():
    flash = ring()
    append(mount(flash), 40)
    flash.damage(0, bytes(BLOCK_BYTES))
    lost = range(1, SLOTS + 1)
    journal = mount(flash)
    check_rows(journal.pending(ALL), 1, 40, lost)
    check_rows(journal.records(1, ALL), 1, 40, lost)
    check_rows(journal.records(3, 4), 3, 6, lost)
    assert journal.oldest_readable == SLOTS + 1


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
        for damage in (
            lambda flash, place: flip(flash, place + 9),
            lambda flash, place: flash.damage(place, bytes(32)),
        ):
            flash = ring()
            append(mount(flash), 3 * SLOTS + 5)
            damage(flash, block * BLOCK_BYTES)
            image = flash.image()
            journal = mount(flash)
            check_rows(journal.pending(ALL), 1, 3 * SLOTS + 5)
            append(journal, 30)
            if block == 3:  # nothing is added to a block that cannot prove what it is
                assert flash.image()[: 4 * BLOCK_BYTES] == image[: 4 * BLOCK_BYTES]
            check_rows(mount(flash).pending(ALL), 1, 3 * SLOTS + 35)
            mount(flash).acknowledge(3 * SLOTS + 30)
            check_rows(mount(flash).pending(ALL), 3 * SLOTS + 31, 3 * SLOTS + 35)


def test_an_unreadable_newest_header_with_everything_acked_gives_no_sequence_again():
    flash = ring()
    journal = mount(flash)
    append(journal, 2 * SLOTS + 5)
    journal.acknowledge(2 * SLOTS + 5)
    flip(flash, 2 * BLOCK_BYTES + 4)
    journal = mount(flash)
    assert (journal.last_sequence, journal.acked_through) == (2 * SLOTS + 5, 2 * SLOTS + 5)
    check_rows(journal.records(1, ALL), 1, 2 * SLOTS + 5)
    append(journal, 2)
    check_rows(mount(flash).pending(ALL), 2 * SLOTS + 6, 2 * SLOTS + 7)


def test_the_newest_two_headers_unreadable_hide_no_record():
    flash = ring()
    append(mount(flash), 3 * SLOTS + 5)
    flip(flash, 2 * BLOCK_BYTES)
    flip(flash, 3 * BLOCK_BYTES)
    journal = mount(flash)
    check_rows(journal.pending(ALL), 1, 3 * SLOTS + 5)
    append(journal, 5)
    check_rows(mount(flash).pending(ALL), 1, 3 * SLOTS + 10)


def test_a_torn_slot_is_not_looked_for_in_a_newer_block_whose_header_is_unreadable():
    torn = b"\x01" + b"\xff" * 31
    flash = ring()
    append(mount(flash), 2 * SLOTS - 1)
    flash.damage(2 * BLOCK_BYTES - 32, torn)
    append(mount(flash), SLOTS)
    flash.damage(2 * BLOCK_BYTES - 32, torn)
    flip(flash, 2 * BLOCK_BYTES + 4)
    check_rows(mount(flash).pending(ALL), 1, 3 * SLOTS - 1)
    check_rows(mount(flash).pending(ALL), 1, 3 * SLOTS - 1)


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
