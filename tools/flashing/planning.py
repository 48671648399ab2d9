"""Decides what is written where. Does no I/O, so the same plan is shown by --dry-run and carried out by flash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from tools.flashing.kit import Kit
from tools.flashing.looking import KNOWN, Found
from tools.flashing.micropython_image import MicroPythonImage, check_fits
from tools.flashing.partitions import (
    BOOTLOADER_OFFSET,
    FACTORY,
    IDENTITY,
    JOURNAL,
    TABLE_BYTES,
    TABLE_OFFSET,
    VFS,
    Layout,
)
from tools.flashing.vfs_image import build_image


@dataclass(frozen=True)
class Part:
    """Bytes and where on the flash they belong."""

    name: str
    offset: int
    data: bytes

    @property
    def end(self) -> int:
        """The first offset behind it."""
        return self.offset + len(self.data)


@dataclass(frozen=True)
class Plan:
    """The parts in the order in which they are written; `whole` when the device also gets a table and blank areas."""

    parts: tuple[Part, ...]
    whole: bool

    @property
    def digest(self) -> str:
        """What is put on, in short: two devices with the same digest hold the same."""
        digest = sha256()
        for part in self.parts:
            digest.update(part.offset.to_bytes(4, "little") + sha256(part.data).digest())
        return digest.hexdigest()[:16]


def make_plan(found: Found, kit: Kit, micropython: MicroPythonImage, flash_bytes: int) -> Plan:
    """What this device gets. Raises FirmwareError and InputError for what does not fit it.

    The table comes last: until it is there, a device that was cut off shows that it is not finished.
    """
    layout = found.layout
    check_fits(micropython, layout[FACTORY].size)
    whole = found.kind != KNOWN
    parts = [
        Part("bootloader", BOOTLOADER_OFFSET, micropython.bootloader_for(flash_bytes)),
        Part(FACTORY, layout[FACTORY].offset, micropython.application),
        Part(VFS, layout[VFS].offset, build_image(kit.files, layout[VFS].size)),
    ]
    if whole:
        parts.append(Part("table", TABLE_OFFSET, layout.binary[:TABLE_BYTES]))
    plan = Plan(tuple(parts), whole)
    check_plan(plan, layout, flash_bytes)
    return plan


def check_plan(plan: Plan, layout: Layout, flash_bytes: int) -> None:
    """The last guard before writing: nothing reaches into journal or identity, nothing overlaps or leaves the flash.

    Only a bug can fail here, so it is an assertion in words.
    """
    for part in plan.parts:
        for name in (JOURNAL, IDENTITY):
            if part.offset < layout[name].end and layout[name].offset < part.end:
                raise AssertionError(f"{part.name} would overwrite {name}: nothing was written")
        if part.end > flash_bytes:
            raise AssertionError(f"{part.name} would end behind the flash: nothing was written")
    for first, second in _neighbours(plan):
        if first.end > second.offset:
            raise AssertionError(f"{first.name} would overwrite {second.name}: nothing was written")


def _neighbours(plan: Plan) -> Iterator[tuple[Part, Part]]:
    ordered = sorted(plan.parts, key=lambda part: part.offset)
    return pairwise(ordered)
