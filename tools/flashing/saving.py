"""Saves what is on a device before anything is written to it, and proves the copy by the device's own MD5."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

from tools.flashing.bench import Bench, write_safely
from tools.flashing.device import Device, Tell
from tools.flashing.errors import InputError, JournalDangerError
from tools.flashing.journal_image import JournalImage, read_journal
from tools.flashing.partitions import BLANK, JOURNAL, VFS, Layout
from tools.flashing.vfs_image import read_image


@dataclass(frozen=True)
class SavedJournal:
    """`path` is None for a blank journal: there was nothing to save."""

    path: Path | None
    md5: str
    journal: JournalImage


def save_journal(device: Device, layout: Layout, bench: Bench, tell: Tell | None = None) -> SavedJournal:
    """The journal, copied and understood. Raises JournalDangerError when the copy is not what the device has."""
    area = layout[JOURNAL]
    digest = device.md5(area.offset, area.size)
    if digest == _md5(bytes([BLANK]) * area.size):
        return SavedJournal(None, digest, JournalImage())
    path = bench.backups(device.mac) / f"journal-{digest}.bin"
    if not path.exists() or _md5(path.read_bytes()) != digest:
        _save(device, path, area.offset, area.size, tell)
    if _md5(path.read_bytes()) != digest:
        path.unlink()
        raise JournalDangerError(
            "the journal changed, or was read wrongly, while it was saved. Nothing was written to it: try again."
        )
    try:
        return SavedJournal(path, digest, read_journal(path.read_bytes()))
    except JournalDangerError as wrong:
        raise type(wrong)(f"{wrong} (The copy: {path})") from None


def prove_unchanged(device: Device, layout: Layout, saved: SavedJournal) -> None:
    """Raises JournalDangerError when the journal is not byte for byte what was saved."""
    area = layout[JOURNAL]
    if device.md5(area.offset, area.size) != saved.md5:
        kept = f"what it was is in {saved.path}" if saved.path else "it was blank before"
        raise JournalDangerError(f"the journal on the device is not what it was; {kept}. Set this device aside.")


def save_all(device: Device, bench: Bench, tell: Tell | None = None) -> Path | None:
    """The whole flash, copied; None when it is blank. Raises JournalDangerError for a copy that is not the same."""
    digest = device.md5(0, device.flash_bytes)
    if digest == _md5(bytes([BLANK]) * device.flash_bytes):
        return None
    path = bench.backups(device.mac) / f"flash-{digest}.bin"
    if not path.exists() or _md5(path.read_bytes()) != digest:
        _save(device, path, 0, device.flash_bytes, tell)
    if _md5(path.read_bytes()) != digest:
        path.unlink()
        raise JournalDangerError("the flash was read wrongly. Nothing was written to the device: try again.")
    return path


def extract_old_files(backup: Path, old: Layout) -> list[Path]:
    """The files of the file system that another MicroPython left in a copy of the flash, written beside the copy.

    Stock builds have no row for it: it lies from the end of the last partition to the end of the flash.
    """
    data = backup.read_bytes()
    last = max(area.end for area in old.areas.values())
    start, end = (old[VFS].offset, old[VFS].end) if VFS in old.areas else (last, len(data))
    try:
        files = read_image(data[start:end])
    except InputError:
        return []
    folder = backup.with_suffix(".files")
    written = []
    for name, content in files.items():
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            continue
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_safely(target, content)
        written.append(target)
    return written


def _save(device: Device, path: Path, offset: int, size: int, tell: Tell | None) -> None:
    write_safely(path, device.read(offset, size, tell))


def _md5(data: bytes) -> str:
    return md5(data, usedforsecurity=False).hexdigest()
