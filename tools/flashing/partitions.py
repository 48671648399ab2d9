"""The flash of a device, area by area: what a new one gets, and what a table read from one says.

Only vfs, factory and the bootloader are ever written on a device that is known. The journal lies at the same place on
every size of flash, so that the answers of a device can be found even when nothing else of it is readable.
"""

from __future__ import annotations

from dataclasses import dataclass

from esp_idf_defs.partitions import InputError as TableError
from esp_idf_defs.partitions import PartitionTable

from tools.flashing.errors import DeviceError

MIB = 1 << 20
BOOTLOADER_OFFSET = 0x1000
TABLE_OFFSET = 0x8000
TABLE_BYTES = 0xC00  # of its sector; the bootloader reads no more
SECTOR_BYTES = 0x1000
BLANK = 0xFF

FACTORY = "factory"
VFS = "vfs"
IDENTITY = "pet_id"
JOURNAL = "journal"
NEEDED = (FACTORY, VFS, IDENTITY, JOURNAL)
OF_PET = (IDENTITY, JOURNAL)  # no other firmware has these

_HEAD = """
nvs,      data, nvs,     0x9000,   0x5000
pet_id,   data, 0x06,    0xE000,   0x1000
phy_init, data, phy,     0xF000,   0x1000
"""
_SMALL = (
    _HEAD
    + """
factory,  app,  factory, 0x10000,  0x1F0000
vfs,      data, fat,     0x200000, 0x100000
journal,  data, 0x82,    0x300000, 0x100000
"""
)
# More room for MicroPython, and twice the files; all of a larger flash would only take longer to erase.
_LARGE = (
    _HEAD
    + """
factory,  app,  factory, 0x10000,  0x2F0000
journal,  data, 0x82,    0x300000, 0x100000
vfs,      data, fat,     0x400000, 0x200000
"""
)
LAYOUTS = {4 * MIB: _SMALL, 8 * MIB: _LARGE, 16 * MIB: _LARGE}


@dataclass(frozen=True)
class Area:
    """Some of the flash, in bytes."""

    name: str
    offset: int
    size: int

    @property
    def end(self) -> int:
        """The first offset behind it."""
        return self.offset + self.size


@dataclass(frozen=True)
class Layout:
    """A partition table: its areas by name, and the bytes it is on the flash."""

    areas: dict[str, Area]
    binary: bytes

    def __getitem__(self, name: str) -> Area:
        return self.areas[name]

    @property
    def is_pet(self) -> bool:
        """Whether it has all that a device of ours needs."""
        return all(name in self.areas for name in NEEDED)

    @property
    def is_stock(self) -> bool:
        """Whether nothing in it is ours: a table as MicroPython comes with."""
        return not any(name in self.areas for name in OF_PET)


def layout_for(flash_bytes: int) -> Layout:
    """What a new device with this much flash gets. Raises DeviceError for a size that there is no layout for."""
    if flash_bytes not in LAYOUTS:
        known = ", ".join(f"{size // MIB} MB" for size in sorted(LAYOUTS))
        raise DeviceError(
            f"this device has {flash_bytes / MIB:g} MB of flash; there are layouts for {known}. Use another device."
        )
    table = PartitionTable.from_csv(LAYOUTS[flash_bytes])
    table.verify()
    table.verify_size_fits(flash_bytes)
    return _layout(table, table.to_binary())


def read_layout(binary: bytes, flash_bytes: int) -> Layout | None:
    """The layout in these bytes of the table's sector; None when they are blank.

    Raises DeviceError when they are no table, or one that does not fit into the flash.
    """
    binary = binary[:TABLE_BYTES]
    if binary == bytes([BLANK]) * len(binary):
        return None
    try:
        table = PartitionTable.from_binary(binary)
        table.verify()
        table.verify_size_fits(flash_bytes)
    except (TableError, ValueError) as wrong:
        raise DeviceError(f"the partition table on this device cannot be read: {wrong}") from None
    return _layout(table, binary)


def _layout(table: PartitionTable, binary: bytes) -> Layout:
    return Layout({each.name: Area(each.name, each.offset, each.size) for each in table}, binary)
