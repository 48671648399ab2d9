"""Looks at everything on a device's flash and says of each part whether it is whole: what a technician asks first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from protocol.archive import RELEASE_NAME
from tools.flashing.device import Device
from tools.flashing.errors import FirmwareError, FlashError, InputError
from tools.flashing.journal_image import read_journal
from tools.flashing.kit import SETTINGS_NAME
from tools.flashing.looking import KIND_WORDS, KNOWN, Found, look
from tools.flashing.micropython_image import HEADER_BYTES, check_image, measured
from tools.flashing.partitions import BLANK, BOOTLOADER_OFFSET, FACTORY, JOURNAL, TABLE_OFFSET, VFS
from tools.flashing.vfs_image import read_image

NEEDED_FILES = ("main.py", "starter.mpy", "choosing.mpy", SETTINGS_NAME)
SLOTS = ("a", "b")


class Finding(NamedTuple):
    """One part of a device; `words` say what it is, or what is wrong and what to do."""

    part: str
    good: bool
    words: str


def check_device(device: Device) -> list[Finding]:
    """Every part, in the order in which a device needs them."""
    found = look(device)
    table = f"{KIND_WORDS[found.kind]}, {device.flash_bytes >> 20} MB of flash, {device.mac}"
    findings = [Finding("table", found.kind == KNOWN, table)]
    if found.kind == KNOWN:
        for part, look_at in (
            ("micropython", _micropython),
            ("identity", _identity),
            ("files", _files),
            ("journal", _journal),
        ):
            try:
                findings.append(Finding(part, True, look_at(device, found)))
            except FlashError as wrong:
                findings.append(Finding(part, False, str(wrong)))
    return findings


def _micropython(device: Device, found: Found) -> str:
    """Reads bootloader and application together: a file of MicroPython is nothing else."""
    bootloader = device.read(BOOTLOADER_OFFSET, TABLE_OFFSET - BOOTLOADER_OFFSET)
    between = bytes([BLANK]) * (found.layout[FACTORY].offset - TABLE_OFFSET)
    factory = found.layout[FACTORY]
    length = measured(lambda offset, size: device.read(factory.offset + offset, size))
    application = device.read(factory.offset, min(length, factory.size) or HEADER_BYTES)
    try:
        image = check_image(bootloader + between + application)
    except FirmwareError as wrong:
        raise FlashError(f"not whole ({wrong}): say `flash`, which leaves the answers alone") from None
    return f"MicroPython {image.version}, whole"


def _identity(_: Device, found: Found) -> str:
    if found.identity is None:
        raise FlashError("none, or damaged: say `provision`")
    who = found.identity
    return f"{who.serial}, device {who.device_id:08x}, key epoch {who.key_epoch}"


def _files(device: Device, found: Found) -> str:
    area = found.layout[VFS]
    try:
        files = read_image(device.read(area.offset, area.size))
    except InputError:
        raise FlashError("the file system cannot be read: say `flash`, which leaves the answers alone") from None
    lacking = [name for name in NEEDED_FILES if name not in files]
    versions = list(_versions(files))
    if lacking or not versions:
        raise FlashError(f"{', '.join(lacking) or 'the application'} is missing: say `flash`")
    return f"{len(files)} files; {', '.join(versions)}"


def _versions(files: dict[str, bytes]) -> Iterator[str]:
    running = files.get("slot", b"a").decode(errors="replace")[:1]
    for slot in SLOTS:
        release = files.get(f"{slot}/{RELEASE_NAME}")
        if release:
            star = " (starts)" if slot == running else ""
            yield f"slot {slot}: {release.decode(errors='replace')}{star}"


def _journal(device: Device, found: Found) -> str:
    area = found.layout[JOURNAL]
    journal = read_journal(device.read(area.offset, area.size))
    if not journal.journal_id:
        return "blank"
    who = found.identity
    if who and journal.device_id != who.device_id:
        raise FlashError(
            f"belongs to device {journal.device_id:08x}, the identity is {who.device_id:08x}: save it first"
        )
    return f"{len(journal.waiting)} answers wait, acked through {journal.acked_through}, {journal.lost} unreadable"
