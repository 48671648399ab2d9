"""The options that several commands share, spelled once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.flashing.bench import FOLDER, Bench
from tools.flashing.connecting import Link, find_ports
from tools.flashing.device import BAUD, BEFORE
from tools.flashing.enrolment import Server
from tools.flashing.errors import InputError, NoAnswerError
from tools.flashing.firmware_lock import LOCK, pinned_image
from tools.flashing.kit import Kit, read_kit
from tools.flashing.micropython_image import MicroPythonImage

PortName = Annotated[
    str | None, typer.Option("--port", help="The serial port. Left out: the only one that a device is at.")
]
KitFile = Annotated[Path, typer.Option("--kit", help="What goes onto the devices (docs/flashing.md).")]
Before = Annotated[str, typer.Option("--before", help="default-reset; usb-reset; no-reset: you hold BOOT yourself.")]
Speed = Annotated[int, typer.Option("--baud", help="The highest speed; lower ones are tried by themselves.")]
Folder = Annotated[Path, typer.Option("--bench", help="The bench's folder: ledger, backups, images.")]
LockFile = Annotated[Path, typer.Option("--lock", help="Which MicroPython images are pinned.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")]
Unpinned = Annotated[bool, typer.Option("--allow-unpinned", help="Also a MicroPython that nobody has pinned.")]
IdentityFile = Annotated[
    Path | None, typer.Option("--identity", help="As `pet device enrol --identity-file` wrote it.")
]
ServerAddress = Annotated[str | None, typer.Option("--server", help="https address of the server that enrols.")]
Authority = Annotated[Path | None, typer.Option("--authority", help="The CA of the server's certificate (PEM).")]
TokenFile = Annotated[
    str | None, typer.Option("--token-file", help="One-use tokens, one a line; - for standard input.")
]

DEFAULT_KIT = Path("kit.toml")
DEFAULT_BENCH = FOLDER
DEFAULT_LOCK = LOCK
DEFAULT_BEFORE = BEFORE
DEFAULT_BAUD = BAUD


def load(kit: Path, bench: Bench, lock: Path, *, allow_unpinned: bool) -> tuple[Kit, MicroPythonImage]:
    """The kit and the MicroPython it names, both proven."""
    read = read_kit(kit)
    return read, pinned_image(read.micropython, bench, lock, allow_unpinned=allow_unpinned)


def link_of(before: str, baud: int) -> Link:
    """How devices are reached."""
    return Link(before, baud)


def only_port(port: str | None) -> str:
    """The one named, else the only one there is. Raises NoAnswerError."""
    if port:
        return port
    found = find_ports()
    if len(found) == 1:
        return found[0].name
    if not found:
        raise NoAnswerError(
            "no device is plugged in, as far as this computer sees. Does the cable carry data, or power only? `doctor` "
            "looks further."
        )
    raise InputError(
        f"{len(found)} devices are plugged in ({', '.join(each.name for each in found)}): name one by --port."
    )


def server_of(address: str | None, authority: Path | None) -> Server | None:
    """Where devices are enrolled; None when no server is named."""
    if address is None:
        return None
    if authority is None:
        raise InputError("name the CA of the server's certificate by --authority.")
    return Server(address, authority)
