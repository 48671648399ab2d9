"""Prints what is left of the heap of 56 kwords after 10,000 passes in one go, seven languages and every feature on."""

from tests.firmware_program.test_heap import worn_by

PASSES = 10000


def test_print_the_heap_after_10000_passes(tmp_path, micropython):
    worn_by(tmp_path / "device", PASSES)
