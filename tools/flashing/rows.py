"""The list of a bench: one row a device, as CSV, and which of them are still to be done."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tools.flashing.errors import InputError
from tools.flashing.ledger import DONE, Ledger

COLUMNS = {"serial", "port", "mac", "identity"}
SERIAL = re.compile(r"[!-~]{1,64}")
MAC = re.compile(r"([0-9A-F]{2}:){5}[0-9A-F]{2}")


@dataclass(frozen=True)
class Row:
    """What is wanted of one device; `fault` says why the row cannot be carried out. Empty texts: not given."""

    serial: str
    port: str = ""
    mac: str = ""
    identity: Path | None = None
    fault: str = ""


def read_rows(path: Path) -> list[Row]:
    """The rows of a file with the columns serial, and port, mac, identity where they are known. Raises InputError."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            unknown = set(reader.fieldnames or ()) - COLUMNS
            if unknown or "serial" not in (reader.fieldnames or ()):
                raise InputError(f"{path}: the first line names the columns: serial, and of port, mac, identity.")
            rows = [_row(path.parent, fields) for fields in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise InputError(f"{path} cannot be read: {wrong}") from None
    if not rows:
        raise InputError(f"{path} has no devices.")
    return _without_twins(rows)


def to_do(rows: Iterable[Row], ledger: Ledger) -> list[Row]:
    """Those that the ledger does not know as done."""
    done = set(ledger.rows(DONE).values())
    return [row for row in rows if row.serial not in done]


def _row(directory: Path, fields: dict[str, str | None]) -> Row:
    text = {name: (fields.get(name) or "").strip() for name in COLUMNS}
    mac = text["mac"].upper().replace("-", ":")
    fault = ""
    if not SERIAL.fullmatch(text["serial"]):
        fault = "a serial has 1 to 64 letters, digits and signs, and no spaces"
    elif mac and not MAC.fullmatch(mac):
        fault = f"{text['mac']} is not a MAC: write it like 24:0A:C4:00:00:01"
    identity = directory / text["identity"] if text["identity"] else None
    return Row(text["serial"], text["port"], mac, identity, fault)


def _without_twins(rows: list[Row]) -> list[Row]:
    """The same rows; of two that name the same device the later has a fault."""
    seen: set[tuple[str, str]] = set()
    judged = []
    for row in rows:
        names = {("serial", row.serial), ("port", row.port), ("mac", row.mac)}
        names = {(kind, name) for kind, name in names if name}
        twins = sorted(f"{kind} {name}" for kind, name in names & seen)
        fault = f"{', '.join(twins)} stands in a row before: twice" if twins else ""
        seen |= names
        judged.append(replace(row, fault=row.fault or fault))
    return judged
