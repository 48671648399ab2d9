"""The run ledger: one JSON object a line, only ever appended to, keyed by a device's MAC.

A device whose last line is `begun` was cut off in the middle, and `resume` finishes it. No line holds a secret.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.flashing.bench import OWNER_ONLY

BEGUN = "begun"  # from here on the device may be half written
BACKED_UP = "backed-up"
WRITTEN = "written"
ENROLLED = "enrolled"  # the server gave keys, and refuses older ones; they are not on the device yet
IDENTIFIED = "identified"
DONE = "done"
ERASED = "erased"
FAILED = "failed"
EVERYTHING = "everything"  # of what was erased
# What a line may say. Anything else is a mistake, and might be a secret.
FIELDS = frozenset(
    [
        *("mac", "port", "row", "serial", "device_id", "key_epoch"),
        *("kind", "image", "micropython", "journal_md5", "waiting", "backup"),
        *("reason", "code"),
    ]
)


class Ledger:
    """The file at `path`. Many processes may append at the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, event: str, **fields: object) -> None:
        """Add a line, on the disk when this returns."""
        unknown = fields.keys() - FIELDS
        if unknown:
            raise ValueError(f"the ledger has no field {', '.join(sorted(unknown))}")
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **fields})
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
        try:
            size = os.fstat(descriptor).st_size
            whole = not size or os.pread(descriptor, 1, size - 1) == b"\n"
            text = f"{line}\n" if whole else f"\n{line}\n"  # a line that was cut short takes no other with it
            os.write(descriptor, text.encode())  # one write: lines of two processes never mix
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every line, oldest first; one that a loss of power cut short is left out."""
        if not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue

    def unfinished(self) -> dict[str, dict[str, Any]]:
        """By MAC: the line that began what was never done."""
        begun: dict[str, dict[str, Any]] = {}
        for line in self.lines():
            if line["event"] == BEGUN:
                begun[line["mac"]] = line
            elif line["event"] == DONE or (line["event"] == ERASED and line["kind"] == EVERYTHING):
                begun.pop(line["mac"], None)
        return begun

    def rows(self, *events: str) -> dict[str, str]:
        """By MAC: the row of a list, or the serial, that a device was begun or done as; an erased one is nobody."""
        found: dict[str, str] = {}
        for line in self.lines():
            if line["event"] == ERASED and line["kind"] == EVERYTHING:
                found.pop(line["mac"], None)
            elif line["event"] in events and line.get("row"):
                found[line["mac"]] = line["row"]
        return found

    def last(self, mac: str, event: str) -> dict[str, Any] | None:
        """The newest line of this kind about a device."""
        found = None
        for line in self.lines():
            if line["event"] == event and line.get("mac") == mac:
                found = line
        return found
