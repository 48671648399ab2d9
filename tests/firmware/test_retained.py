"""The parts of the RTC's memory: each keeps to its place, and garbage is nothing."""

from firmware.board.retained import PARTS_BYTES, read_part, write_part

SIZES = {"clock": 32, "schedule": 32, "visit": 32, "wifi": 96, "words": 96}
KEPT_BY_MICROPYTHON = 2048


def test_each_part_takes_its_size_and_leaves_the_others_alone():
    memory = b""
    kept = {}
    for number, (part, most) in enumerate(sorted(SIZES.items())):
        assert read_part(memory, part) == b""
        for size in (most, 0, 3, most):
            kept[part] = bytes([number + 1]) * size
            memory = write_part(memory, part, kept[part])
            for other, data in kept.items():
                assert read_part(memory, other) == data
    assert len(memory) == PARTS_BYTES <= KEPT_BY_MICROPYTHON


def test_more_than_its_size_or_an_unknown_part_is_a_bug():
    for part, size in (("clock", 33), ("wifi", 97), ("other", 1)):
        try:
            write_part(b"", part, bytes(size))
        except AssertionError:
            continue
        raise AssertionError(part)


def test_memory_of_another_length_or_a_length_that_cannot_be_holds_nothing():
    for garbage in (b"", b"\x05hello", b"\xff" * PARTS_BYTES, b"\xff" * (PARTS_BYTES + 1)):
        for part in SIZES:
            assert read_part(garbage, part) == b""
