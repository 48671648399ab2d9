"""What a device is, by what its flash says: new, one of ours, one with another program, or unreadable."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.errors import ProtocolError
from protocol.identity import AREA_BYTES, Identity, decode_identity
from tools.flashing.device import Device
from tools.flashing.errors import DeviceError
from tools.flashing.partitions import IDENTITY, TABLE_BYTES, TABLE_OFFSET, Layout, layout_for, read_layout

NEW = "new"  # no partition table
KNOWN = "known"  # ours
OTHER = "other"  # stock MicroPython, or any other program
BROKEN = "broken"  # a table that is none: half written, or damaged
KIND_WORDS = {
    NEW: "new",
    KNOWN: "a device of PET",
    OTHER: "a device with another program",
    BROKEN: "a device whose partition table cannot be read",
}


@dataclass(frozen=True)
class Found:
    """`layout` is the one on the device when it is known, else the one that it would get. `old`: another's table."""

    kind: str
    layout: Layout
    old: Layout | None = None
    identity: Identity | None = None

    @property
    def serial(self) -> str:
        """Empty when it has no identity."""
        return self.identity.serial if self.identity else ""


def look(device: Device) -> Found:
    """Read the table and the identity. Raises DeviceError for a size of flash that there is no layout for."""
    ours = layout_for(device.flash_bytes)
    try:
        layout = read_layout(device.read(TABLE_OFFSET, TABLE_BYTES), device.flash_bytes)
    except DeviceError:
        return Found(BROKEN, ours)
    if layout is None:
        return Found(NEW, ours)
    if not layout.is_pet:
        return Found(OTHER, ours, old=layout)
    return Found(KNOWN, layout, identity=read_identity(device, layout))


def read_identity(device: Device, layout: Layout) -> Identity | None:
    """Who it is; None when its area is blank or damaged."""
    try:
        return decode_identity(device.read(layout[IDENTITY].offset, AREA_BYTES))
    except ProtocolError:
        return None
