"""The layouts for each size of flash, and tables as they are read from devices."""

from itertools import pairwise

import pytest

from tools.flashing.errors import DeviceError
from tools.flashing.partitions import (
    FACTORY,
    IDENTITY,
    JOURNAL,
    LAYOUTS,
    MIB,
    TABLE_BYTES,
    VFS,
    layout_for,
    read_layout,
)

# As MicroPython's partitions-4MiBplus.csv has them.
STOCK = """
nvs,      data, nvs,     0x9000,  0x6000
phy_init, data, phy,     0xf000,  0x1000
factory,  app,  factory, 0x10000, 0x1F0000
"""


@pytest.mark.parametrize("flash_bytes", LAYOUTS)
def test_a_layout_reads_back_and_has_the_journal_at_its_one_place(flash_bytes):
    layout = layout_for(flash_bytes)
    assert read_layout(layout.binary + b"\xff" * 1024, flash_bytes) == layout
    assert layout.is_pet
    assert not layout.is_stock
    assert (layout[JOURNAL].offset, layout[JOURNAL].size) == (3 * MIB, MIB)
    assert (layout[IDENTITY].offset, layout[IDENTITY].size) == (0xE000, 0x1000)
    ordered = sorted(layout.areas.values(), key=lambda area: area.offset)
    assert all(first.end <= second.offset for first, second in pairwise(ordered))
    assert ordered[-1].end <= flash_bytes


def test_larger_flash_has_more_room_for_files_and_firmware():
    small, large = layout_for(4 * MIB), layout_for(16 * MIB)
    assert large[VFS].size == 2 * small[VFS].size
    assert large[FACTORY].size > small[FACTORY].size


def test_a_stock_table_is_told_from_ours():
    from esp_idf_defs import PartitionTable  # noqa: PLC0415 - only here

    stock = read_layout(PartitionTable.from_csv(STOCK).to_binary(), 4 * MIB)
    assert stock.is_stock
    assert not stock.is_pet


def test_blank_is_no_table_and_noise_is_refused():
    assert read_layout(b"\xff" * TABLE_BYTES, 4 * MIB) is None
    with pytest.raises(DeviceError, match="cannot be read"):
        read_layout(b"\x00" * TABLE_BYTES, 4 * MIB)
    torn = layout_for(4 * MIB).binary[:64] + b"\xff" * (TABLE_BYTES - 64)
    assert not read_layout(torn, 4 * MIB).is_pet
    damaged = bytearray(layout_for(4 * MIB).binary)
    damaged[20] ^= 1
    with pytest.raises(DeviceError, match="MD5"):
        read_layout(bytes(damaged), 4 * MIB)


def test_a_table_for_a_larger_flash_and_an_unknown_size_are_refused():
    with pytest.raises(DeviceError, match="does not fit"):
        read_layout(layout_for(8 * MIB).binary, 4 * MIB)
    with pytest.raises(DeviceError, match="2 MB of flash; there are layouts for 4 MB, 8 MB, 16 MB"):
        layout_for(2 * MIB)
