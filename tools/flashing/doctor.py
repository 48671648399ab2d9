"""Whether this computer is ready to flash: what a person at a bench would look at first, each with its remedy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from tools.flashing.bench import Bench
from tools.flashing.connecting import find_ports
from tools.flashing.diagnosis import NO_PERMISSION
from tools.flashing.errors import FlashError
from tools.flashing.firmware_lock import pinned_image
from tools.flashing.kit import read_kit
from tools.flashing.ledger import Ledger
from tools.flashing.partitions import MIB

LIBRARIES = ("esptool", "esp-idf-defs", "littlefs-python", "mpy-cross-v6.3", "segno")
ROOM_BYTES = 500 * MIB  # thirty backups of 16 MB

NO_PORTS = (
    "no USB port with a device. The cable may carry power only; Windows and old macOS need the driver of the USB chip "
    "(CH340, CP210x)"
)


class Finding(NamedTuple):
    """What was looked at; `words` say how it is, and what to do."""

    about: str
    good: bool
    words: str


def examine(kit: Path, bench: Bench, lock: Path) -> Iterator[Finding]:
    """Everything, whether good or not."""
    yield Finding("libraries", True, ", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    yield from _ports()
    yield from _kit(kit, bench, lock)
    free = shutil.disk_usage(bench.ledger.parent).free
    words = f"{free // MIB} MB free for backups in {bench.directory}"
    yield Finding("room", free >= ROOM_BYTES, words if free >= ROOM_BYTES else f"{words}: make room")
    for mac, line in Ledger(bench.ledger).unfinished().items():
        name = line.get("serial") or "no serial"
        yield Finding("unfinished", False, f"{mac} ({name}) was begun at {line['at']} and not finished: say `resume`")


def _ports() -> Iterator[Finding]:
    ports = find_ports()
    if not ports:
        yield Finding("ports", False, NO_PORTS)
    for port in ports:
        good = os.access(port.name, os.R_OK | os.W_OK)
        words = f"{port.name}: {port.usb_chip}" if good else NO_PERMISSION.format(port=port.name)
        yield Finding("port", good, words)


def _kit(kit: Path, bench: Bench, lock: Path) -> Iterator[Finding]:
    try:
        read = read_kit(kit)
        yield Finding("kit", True, f"{kit}: {len(read.files)} files for a device")
        image = pinned_image(read.micropython, bench, lock)
        yield Finding("firmware", True, f"{read.micropython}: MicroPython {image.version}, pinned and whole")
    except FlashError as wrong:
        yield Finding("kit", False, str(wrong))
