"""The journal as its callers see it: what it keeps, numbers, gives back and refuses."""

from binascii import crc32

from firmware.board.faulty_nor import FaultyFlash
from firmware.journal import Foreign, Full, Journal, Unformatted
from tests.firmware.journals import (
    ALL,
    BLOCK_BYTES,
    BLOCKS,
    DEVICE_ID,
    JOURNAL_ID,
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


def test_a_blank_area_becomes_a_new_journal():
    flash = ring()
    journal = mount(flash)
    assert (journal.device_id, journal.journal_id, journal.foreign) == (DEVICE_ID, JOURNAL_ID, False)
    assert (journal.last_sequence, journal.acked_through, journal.oldest_readable) == (0, 0, 1)
    assert journal.pending(10) == []
    assert journal.records(1, 10) == []
    assert flash.erases == 0
    again = mount(flash)
    assert (again.journal_id, again.free_slots) == (JOURNAL_ID, journal.free_slots)


def test_records_are_numbered_completed_with_a_crc_and_given_back_in_order():
    journal = mount(ring())
    assert [journal.append(PAYLOAD) for _ in range(40)] == list(range(1, 41))
    rows = journal.pending(3)
    assert [row[0] for row in rows] == [1, 2, 3]
    for sequence, record in rows:
        body = PAYLOAD[:5] + sequence.to_bytes(4, "little") + PAYLOAD[9:]
        assert record == body + crc32(body).to_bytes(4, "little")


def test_everything_is_found_again_with_nothing_but_the_flash():
    flash = ring()
    journal = mount(flash)
    append(journal, 50)
    journal.acknowledge(20)
    again = Journal(flash)
    assert again.free_slots == journal.free_slots
    assert (again.device_id, again.journal_id, again.foreign) == (DEVICE_ID, JOURNAL_ID, False)
    assert (again.last_sequence, again.acked_through) == (50, 20)
    check_rows(again.pending(ALL), 21, 50)
    check_rows(again.records(1, ALL), 1, 50)
    check_rows(again.records(33, 5), 33, 37)
    assert again.append(payload(51)) == 51


def test_a_record_is_on_flash_before_append_returns():
    flash = ring()
    append(mount(flash), 1)
    check_rows(Journal(flash, after_power_loss=False).pending(ALL), 1, 1)


def test_only_the_28_bytes_of_a_record_that_can_be_sent_are_taken():
    journal = mount(ring())
    for wrong in (b"", PAYLOAD[:27], PAYLOAD + b"x", b"\x00" + PAYLOAD[1:], b"\x02" + PAYLOAD[1:], b"\xff" * 28):
        assert "payload" in str(raised(ValueError, journal.append, wrong))
    assert journal.append(bytearray(PAYLOAD)) == 1
    assert journal.append(b"\x04" + PAYLOAD[1:]) == 2


def test_an_ack_moves_on_only_and_never_beyond_the_last():
    flash = ring()
    journal = mount(flash)
    append(journal, 10)
    journal.acknowledge(4)
    operations = flash.operations
    journal.acknowledge(4)
    journal.acknowledge(3)
    journal.acknowledge(0)
    assert (journal.acked_through, flash.operations) == (4, operations)
    assert "last record is 10" in str(raised(ValueError, journal.acknowledge, 11))
    assert journal.acked_through == 4
    check_rows(journal.pending(ALL), 5, 10)
    journal.acknowledge(10)
    assert journal.pending(ALL) == []


def test_an_ack_takes_no_sequence():
    journal = mount(ring())
    append(journal, 1)
    journal.acknowledge(1)
    assert journal.append(payload(2)) == 2
    check_rows(journal.records(1, ALL), 1, 2)


def test_what_is_acked_stays_readable_until_its_block_is_needed():
    flash = ring()
    journal = mount(flash)
    for _ in range(30):
        append(journal, 10)
        journal.acknowledge(journal.last_sequence - 3)
    assert 300 - BLOCKS * SLOTS < journal.oldest_readable < 300 - (BLOCKS - 3) * SLOTS
    check_rows(journal.records(1, ALL), journal.oldest_readable, 300)
    check_rows(Journal(flash).records(0, ALL), journal.oldest_readable, 300)
    check_rows(journal.records(290, 4), 290, 293)
    assert journal.records(301, 4) == []


def test_a_full_journal_refuses_and_overwrites_nothing():
    flash = ring()
    journal = mount(flash)
    assert (journal.free_slots, journal.capacity) == (BLOCKS * SLOTS - 4, BLOCKS * SLOTS - 4)
    for free in range(journal.capacity, 0, -1):
        assert journal.free_slots == free
        append(journal, 1)
    image = flash.image()
    assert f"{journal.capacity} records wait" in str(raised(Full, journal.append, PAYLOAD))
    assert journal.free_slots == 0
    assert flash.image() == image
    check_rows(journal.pending(ALL), 1, journal.capacity)


def test_a_full_journal_takes_an_ack_and_frees_space_before_and_after_a_restart():
    for restarted in (False, True):
        flash = ring()
        journal = mount(flash)
        full = fill(journal)
        if restarted:
            journal = mount(flash)
            raised(Full, journal.append, PAYLOAD)
        journal.acknowledge(SLOTS)
        assert journal.free_slots >= SLOTS - 1
        append(journal, SLOTS - 1)
        check_rows(mount(flash).pending(ALL), SLOTS + 1, full + SLOTS - 1)


def test_a_full_journal_takes_any_number_of_acks_that_free_nothing():
    flash = ring()
    journal = mount(flash)
    full = fill(journal)
    for through in range(1, SLOTS):
        journal.acknowledge(through)
        assert journal.acked_through == through
        assert journal.free_slots == 0
        raised(Full, journal.append, PAYLOAD)
    assert 1 <= mount(flash).acked_through < SLOTS  # the others cost sending again, if the power goes
    journal.acknowledge(SLOTS)
    assert mount(flash).acked_through == SLOTS
    append(journal, 3)
    check_rows(mount(flash).pending(ALL), SLOTS + 1, full + 3)


def test_a_full_journal_whose_last_slots_all_fail_still_takes_the_ack():
    flash = ring()
    journal = mount(flash)
    full = fill(journal)
    for number in range(4):
        flash.weaken_after(2 * number, 20, 0xFF)  # each second one is the voiding of the slot before
    for through in (1, 2, 3, SLOTS):
        journal.acknowledge(through)
    assert mount(flash).acked_through == SLOTS
    append(journal, SLOTS - 4)
    check_rows(mount(flash).pending(ALL), SLOTS + 1, full + SLOTS - 4)


def test_everything_acked_empties_the_ring():
    journal = mount(ring())
    full = fill(journal)
    journal.acknowledge(full)
    assert journal.free_slots >= (BLOCKS - 1) * SLOTS - 4
    assert fill(journal) == (BLOCKS - 1) * SLOTS - 1  # the ack took one of the four slots kept for acks


def test_a_journal_of_another_device_is_read_and_never_sent_or_written():
    flash = ring()
    append(mount(flash), 20)
    flash.cut_after(0)  # so much as an attempt to write would show
    other = mount(flash, 0x1234)
    assert (other.foreign, other.device_id, other.journal_id) == (True, DEVICE_ID, JOURNAL_ID)
    assert other.pending(ALL) == []
    assert other.free_slots == 0
    check_rows(other.records(1, ALL), 1, 20)
    assert "bedf00d5" in str(raised(Foreign, other.append, PAYLOAD))
    raised(Foreign, other.acknowledge, 5)


def test_an_area_with_something_else_is_never_touched():
    for content in (b"littlefs", bytes(32), b"PETJ" + bytes(28)):
        flash = ring()
        flash.damage(3 * BLOCK_BYTES + 32, content)
        image = flash.image()
        assert "block 3" in str(raised(Unformatted, mount, flash))
        assert flash.image() == image
        assert flash.operations == 0


def test_a_blank_area_without_identity_or_random_bytes_is_left_blank():
    flash = ring()
    assert "blank" in str(raised(Unformatted, Journal, flash))
    raised(Unformatted, Journal, flash, DEVICE_ID)
    raised(ValueError, Journal, flash, DEVICE_ID, lambda count: b"short"[:count])
    assert flash.operations == 0


def test_two_journals_in_one_area_are_refused():
    flash, other = ring(), ring()
    append(mount(flash), 40)
    append(Journal(other, DEVICE_ID, lambda count: b"another!"[:count]), 40)
    flash.damage(BLOCK_BYTES, other.image()[BLOCK_BYTES : 2 * BLOCK_BYTES])
    assert "block 1 belongs to another journal" in str(raised(Unformatted, mount, flash))


class WatchedFlash(FaultyFlash):
    """Notes where it is programmed."""

    programmed_at = ()

    def _program(self, address, wanted):
        self.programmed_at += (address,)
        super()._program(address, wanted)


def test_a_start_after_power_loss_programs_the_last_record_again_and_a_wake_does_not():
    for count in (0, 4, SLOTS, 20):
        flash = WatchedFlash(None, BLOCKS, BLOCK_BYTES)
        for _ in range(count):
            append(mount(flash, after_power_loss=False), 1)
        mount(flash, after_power_loss=False)
        image, flash.programmed_at = flash.image(), ()
        mount(flash, after_power_loss=False)
        assert flash.programmed_at == ()
        mount(flash)
        assert flash.programmed_at == (address(count) if count else 0,)
        assert flash.image() == image
        assert flash.violations == 0


def test_a_buffer_can_be_lent_and_strange_devices_are_refused():
    for lent in (bytearray(32), bytearray(100), bytearray(BLOCK_BYTES), bytearray(4 * BLOCK_BYTES)):
        flash = ring()
        append(mount(flash, buffer=lent), 40)
        check_rows(mount(flash, buffer=lent).pending(ALL), 1, 40)
    raised(ValueError, lambda: mount(ring(), buffer=bytearray(31)))
    for blocks, block_bytes in ((1, 512), (8, 128), (8, 500)):
        assert "cannot hold a journal" in str(raised(ValueError, mount, ring(blocks, block_bytes)))


def test_the_smallest_ring_goes_round_too():
    flash = ring(2, 256)
    journal = mount(flash)
    for _ in range(40):
        append(journal, 3)
        journal.acknowledge(journal.last_sequence)
        journal = mount(flash)
    assert (journal.last_sequence, journal.acked_through) == (120, 120)
    check_rows(journal.records(1, ALL), journal.oldest_readable, 120)
