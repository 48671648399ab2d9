"""The bench's own folder: what was fetched, what was saved from devices, and what was done to which.

Backups hold answers, and those of a whole flash whatever was on it, so nobody but their owner may read any of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

OWNER_ONLY = 0o600
OWNER_ONLY_FOLDER = 0o700
FOLDER = Path("flash-bench")


@dataclass(frozen=True)
class Bench:
    """The folder; its parts are made when they are needed."""

    directory: Path = FOLDER

    @property
    def ledger(self) -> Path:
        """What was done, a line an event (tools/flashing/ledger.py)."""
        return self._folder() / "ledger.jsonl"

    @property
    def firmware(self) -> Path:
        """MicroPython images, each under its SHA-256."""
        return self._folder("firmware")

    def backups(self, mac: str) -> Path:
        """What was read from one device."""
        return self._folder("backups", mac.replace(":", ""))

    def _folder(self, *parts: str) -> Path:
        folder = self.directory.joinpath(*parts)
        folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        return folder


def write_safely(path: Path, content: bytes) -> None:
    """Put a file there at once and for good: after a loss of power it is whole or not there."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
