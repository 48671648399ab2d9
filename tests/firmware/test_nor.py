"""The NOR flash that boards without one are given, against what the chip and `esp32.Partition` do."""

import os

from firmware.board.faulty_nor import FaultyFlash, PowerCut
from firmware.board.nor import PAST_THE_END, NorFlash


def small():
    return FaultyFlash(None, 4, 64)


def read(flash, block, length, offset=0):
    buffer = bytearray(length)
    flash.readblocks(block, buffer, offset)
    return bytes(buffer)


def raised(error, call, *arguments):
    try:
        call(*arguments)
    except error as caught:
        return caught
    raise AssertionError("no " + error.__name__)


def scratch_path():
    return "/tmp/pet-nor-" + "".join([f"{byte:02x}" for byte in os.urandom(8)])  # no tempfile there


def test_new_flash_is_erased_and_tells_its_geometry():
    flash = small()
    assert flash.ioctl(4, 0) == 4
    assert flash.ioctl(5, 0) == 64
    assert read(flash, 0, 256) == b"\xff" * 256
    assert flash.ioctl(3, 0) == 0
    assert flash.ioctl(99, 0) is None


def test_programming_only_clears_bits_and_counts_what_it_could_not_set():
    flash = small()
    flash.writeblocks(1, b"\x0f\xf0", 10)
    flash.writeblocks(1, b"\x0f\xff", 10)
    assert read(flash, 1, 2, 10) == b"\x0f\xf0"
    assert flash.violations == 1
    assert flash.programs == 2
    assert flash.programmed_bytes == 4
    assert flash.erases == 0


def test_erasing_sets_one_whole_block():
    flash = small()
    for block in range(4):
        flash.writeblocks(block, bytes(64), 0)
    assert flash.ioctl(6, 2) == 0
    assert read(flash, 0, 256) == bytes(128) + b"\xff" * 64 + bytes(64)
    assert flash.erases == 1


def test_writing_without_an_offset_erases_first():
    flash = small()
    flash.writeblocks(0, bytes(256), 0)
    flash.writeblocks(1, b"\xa5" * 70)
    assert read(flash, 0, 256) == bytes(64) + b"\xa5" * 70 + b"\xff" * 58 + bytes(64)
    assert flash.erases == 2
    assert flash.violations == 0


def test_a_write_runs_on_into_the_next_block_and_fails_past_the_end():
    flash = small()
    flash.writeblocks(0, b"\x00" * 8, 60)
    assert read(flash, 0, 12, 58) == b"\xff\xff" + bytes(8) + b"\xff\xff"
    for call, *arguments in (
        (flash.writeblocks, 3, bytes(8), 60),
        (flash.readblocks, 3, bytearray(8), 60),
        (flash.ioctl, 6, 4),
        (flash.writeblocks, 3, bytes(65)),
    ):
        assert raised(OSError, call, *arguments).args[0] == PAST_THE_END
    assert read(flash, 3, 64) == b"\xff" * 64


def test_the_content_outlives_the_process_and_operations_are_counted():
    path = scratch_path()
    try:
        flash = FaultyFlash(path, 4, 64)
        flash.writeblocks(2, b"kept", 5)
        flash.ioctl(6, 0)
        counted = {"programmed_bytes": 4, "programs": 1, "erases": 1, "reads": 0, "read_bytes": 0, "violations": 0}
        assert flash.counters() == dict(counted, operations=2)
        again = FaultyFlash(path, 4, 64)  # the first one was never closed: its process was killed
        assert read(again, 2, 4, 5) == b"kept"
        assert (again.reads, again.read_bytes) == (1, 4)
        again.close()
        flash.close()
        plain = NorFlash(path, 4, 64)  # as on the simulated device
        plain.writeblocks(2, b"\xf0\xff", 5)
        assert read(plain, 2, 4, 5) == bytes([ord("k") & 0xF0]) + b"ept"
        plain.ioctl(6, 2)
        assert read(plain, 2, 4, 5) == b"\xff" * 4
        plain.close()
        assert "has 256 bytes, not the flash's 512" in str(raised(ValueError, FaultyFlash, path, 8, 64))
    finally:
        os.remove(path)  # no pathlib there


def test_the_power_goes_in_the_operation_asked_for_after_the_bytes_asked_for():
    for torn_bytes, kept in (
        (0, b"\xff\xff\xff\xff"),
        (1, b"\x00\xaa\xff\xff"),
        (3, b"\x00\x00\x00\xaa"),
        (4, b"\x00\x00\x00\x00"),
        (9, b"\x00\x00\x00\x00"),
    ):
        flash = small()
        flash.cut_after(1, torn_bytes)
        flash.writeblocks(0, bytes(4), 0)
        raised(PowerCut, flash.writeblocks, 1, bytes(4), 0)
        raised(PowerCut, flash.readblocks, 0, bytearray(1))
        raised(PowerCut, flash.ioctl, 6, 0)
        flash.power_on()
        assert read(flash, 0, 4) == bytes(4)
        assert read(flash, 1, 4) == kept
        flash.writeblocks(2, bytes(4), 0)
        assert flash.operations == 3


def test_a_torn_erase_leaves_the_rest_as_it_was():
    for from_end, kept in ((False, b"\xff" * 16 + bytes(48)), (True, bytes(48) + b"\xff" * 16)):
        flash = small()
        flash.writeblocks(1, bytes(64), 0)
        flash.cut_after(0, 16, from_end=from_end)
        raised(PowerCut, flash.ioctl, 6, 1)
        flash.power_on()
        assert read(flash, 1, 64) == kept


def test_a_weak_program_says_nothing():
    flash = small()
    flash.weaken_after(1, 2, 0x0F)
    flash.writeblocks(0, bytes(4), 0)
    flash.writeblocks(0, bytes(4), 8)
    flash.writeblocks(0, bytes(4), 16)
    assert [read(flash, 0, 4, offset) for offset in (0, 8, 16)] == [bytes(4), b"\x00\x00\x0f\x00", bytes(4)]


def test_an_image_can_be_taken_put_back_and_damaged():
    flash = small()
    flash.writeblocks(0, b"abc", 0)
    image = flash.image()
    flash.damage(1, b"\xff")
    assert read(flash, 0, 3) == b"a\xffc"
    flash.restore(image)
    assert read(flash, 0, 3) == b"abc"
    assert flash.operations == 1
    raised(ValueError, flash.restore, bytes(3))
