"""Prints what is left of the heap of 56 kwords after 10,000 passes in one go, seven languages and every feature on."""

import pytest

from tests.firmware_program.test_heap import worn_by

PASSES = 10000


@pytest.mark.usefixtures("micropython")
def test_print_the_heap_after_10000_passes(tmp_path):
    worn_by(tmp_path / "device", PASSES)
