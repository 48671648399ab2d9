"""The command that erases a device, or its journal: never without a backup that is proven, and the serial typed."""

from __future__ import annotations

from enum import StrEnum
from hashlib import md5
from pathlib import Path
from typing import Annotated

import typer

from tools.flashing.bench import FOLDER, Bench
from tools.flashing.confirming import confirm
from tools.flashing.device import Device
from tools.flashing.errors import CutError, DeviceError, InputError
from tools.flashing.grouping import grouped
from tools.flashing.ledger import ERASED, EVERYTHING, Ledger
from tools.flashing.looking import KNOWN, Found, look
from tools.flashing.options import AtPort, Confirmed, Folder, Manner
from tools.flashing.partitions import BLANK, JOURNAL, Area

commands = typer.Typer()


class What(StrEnum):
    """How much is erased."""

    JOURNAL = "journal"
    EVERYTHING = EVERYTHING


SAVED_BY = {What.JOURNAL: "`backup-journal`", What.EVERYTHING: "`backup-journal --whole`"}
NOTHING = "nothing was erased"

Backup = Annotated[Path | None, typer.Option("--backup", help="The copy of it: what `backup-journal` said.")]


@commands.command("erase")
@grouped
def erase_command(
    at: AtPort,
    what: Annotated[What, typer.Argument(help="The answers alone, or all of its flash.")],
    backup: Backup = None,
    confirmed: Confirmed = None,
    bench: Folder = FOLDER,
    *,
    manner: Manner,
) -> None:
    """Erase a device, or only its journal.

    Only with a backup that is what the device holds now, and its serial typed.
    """
    speaker, ledger = manner.speaker, Ledger(Bench(bench).ledger)

    def carry_out(device: Device) -> None:
        found = look(device)
        area, name = _area(device, found, what), found.serial or device.mac
        told: dict[str, object] = {"mac": device.mac, "serial": found.serial, "what": what.value, "bytes": area.size}
        if device.holds(area.offset, _blank(area)):
            speaker.say("erased", f"{device.mac}: its {area.name} is blank already.", **told, changed=False)
            return
        copy = check_backup(device, area, backup, what)
        if manner.dry_run:
            speaker.say("would-erase", f"{device.mac}: its {area.name} would be erased; {copy} has it all.", **told)
            return
        question = "This erases it. Type its serial, as its label has it" + ("" if found.serial else " (none: its MAC)")
        confirm(name, confirmed, question, NOTHING)
        _erase(device, area)
        ledger.append(ERASED, mac=device.mac, serial=found.serial, kind=what.value, backup=str(copy))
        device.restart()
        speaker.say("erased", f"{device.mac}: its {area.name} is blank; {copy} has it all.", **told, changed=True)

    try:
        at.work(carry_out)
    except CutError as cut:
        words = f"it was cut off while it was erased: what was on it is in {backup}. Plug it in, save what is left "
        raise CutError(f"{words}({SAVED_BY[what]}) and say `erase` again.") from cut


def check_backup(device: Device, area: Area, backup: Path | None, what: What) -> Path:
    """A file that holds exactly what the device has there now. Raises InputError; nothing has been written by then."""
    saved_by = SAVED_BY[what]
    if backup is None:
        raise InputError(f"erasing needs a backup: say {saved_by}, then name its file by --backup; {NOTHING}.")
    try:
        copy = backup.read_bytes()
    except OSError as wrong:
        raise InputError(f"the backup {backup} cannot be read ({wrong.strerror}): say {saved_by}; {NOTHING}.") from None
    if len(copy) != area.size:
        raise InputError(
            f"{backup} is a backup of something else: it has {len(copy)} bytes, the {area.name} {area.size}; {NOTHING}."
        )
    if md5(copy, usedforsecurity=False).hexdigest() != device.md5(area.offset, area.size):
        raise InputError(
            f"{backup} is not what {device.mac} holds now: it is of another device, older, or damaged. Say {saved_by} "
            f"again; {NOTHING}."
        )
    return backup


def _area(device: Device, found: Found, what: What) -> Area:
    if what is What.EVERYTHING:
        return Area("flash", 0, device.flash_bytes)
    if found.kind != KNOWN:
        raise DeviceError(f"{device.mac} has no journal of ours: it is not a device of PET, or its table is damaged.")
    return found.layout[JOURNAL]


def _erase(device: Device, area: Area) -> None:
    device.erase(area.offset, area.size)
    if not device.holds(area.offset, _blank(area)):
        raise DeviceError(f"the flash does not become blank: {device.mac} is worn or damaged, set it aside.")


def _blank(area: Area) -> bytes:
    return bytes([BLANK]) * area.size
