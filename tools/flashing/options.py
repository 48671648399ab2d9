"""The options that several commands share, spelled once; those that go together are one group (grouping.py)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from tools.flashing.bench import FOLDER, Bench
from tools.flashing.connecting import Link, find_ports, with_device
from tools.flashing.device import BAUD, BEFORE, Device
from tools.flashing.enrolment import Token, read_tokens
from tools.flashing.errors import InputError, NoAnswerError
from tools.flashing.firmware_lock import LOCK, pinned_image
from tools.flashing.kit import Kit, read_kit
from tools.flashing.micropython_image import MicroPythonImage
from tools.flashing.saying import Speaker
from tools.flashing.server import Server

Result = TypeVar("Result")
STDIN = "-"
DEFAULT_KIT = Path("kit.toml")

PortName = Annotated[
    str | None, typer.Option("--port", help="The serial port. Left out: the only one that a device is at.")
]
KitFile = Annotated[Path, typer.Option("--kit", help="What goes onto the devices (docs/flashing.md).")]
Before = Annotated[
    str, typer.Option("--before", help="How the bootloader is reached: default-reset; usb-reset; no-reset: hold BOOT.")
]
Speed = Annotated[int, typer.Option("--baud", help="The highest speed; lower ones are tried by themselves.")]
Folder = Annotated[Path, typer.Option("--bench", help="The bench's folder: ledger, backups, images.")]
LockFile = Annotated[Path, typer.Option("--lock", help="Which MicroPython images are pinned.", show_default=LOCK.name)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")]
Unpinned = Annotated[bool, typer.Option("--allow-unpinned", help="Also a MicroPython that nobody has pinned.")]
IdentityFile = Annotated[
    Path | None,
    typer.Option("--identity", help="As `pet device enrol --identity-file` wrote it; delete it afterwards."),
]
Serial = Annotated[str | None, typer.Option("--serial", help="What the device is called; with --server.")]
ServerAddress = Annotated[str | None, typer.Option("--server", help="https address of the server that enrols.")]
Authority = Annotated[Path | None, typer.Option("--authority", help="The CA of the server's certificate (PEM).")]
TokenFile = Annotated[
    str | None, typer.Option("--token-file", help="One-use tokens, one a line; - for standard input.")
]
Confirmed = Annotated[
    str | None,
    typer.Option("--confirm", help="The device's serial again, for scripts; left out, you are asked for it."),
]


@dataclass(frozen=True)
class Manner:
    """Whether anything is changed, and how that is said."""

    dry_run: DryRun = False
    json: AsJson = False

    @property
    def speaker(self) -> Speaker:
        """Says what is done."""
        return Speaker(as_json=self.json)


@dataclass(frozen=True)
class Wire:
    """How devices are reached."""

    before: Before = BEFORE
    baud: Speed = BAUD

    @property
    def link(self) -> Link:
        """For those who open devices."""
        return Link(self.before, self.baud)


@dataclass(frozen=True)
class AtPort:
    """The one device that a command is about."""

    port: PortName = None
    before: Before = BEFORE
    baud: Speed = BAUD

    def work(self, work: Callable[[Device], Result]) -> Result:
        """What `work` returns for the device there. Raises FlashError."""
        return with_device(self.name, Link(self.before, self.baud), work)

    @property
    def name(self) -> str:
        """The port named, else the only one there is. Raises NoAnswerError, InputError."""
        if self.port:
            return self.port
        found = find_ports()
        if len(found) == 1:
            return found[0].name
        if not found:
            raise NoAnswerError(
                "no device is plugged in, as far as this computer sees. Does the cable carry data, or power only? "
                "`doctor` looks further."
            )
        raise InputError(
            f"{len(found)} devices are plugged in ({', '.join(each.name for each in found)}): name one by --port."
        )


@dataclass(frozen=True)
class WhatToPutOn:
    """What devices get, and where this computer keeps what was done."""

    kit: KitFile = DEFAULT_KIT
    bench: Folder = FOLDER
    lock: LockFile = LOCK
    allow_unpinned: Unpinned = False

    @property
    def place(self) -> Bench:
        """The bench's folder."""
        return Bench(self.bench)

    def load(self) -> tuple[Kit, MicroPythonImage]:
        """The kit and the MicroPython that it names, both proven. Raises InputError, FirmwareError."""
        read = read_kit(self.kit)
        return read, pinned_image(read.micropython, self.place, self.lock, allow_unpinned=self.allow_unpinned)


@dataclass(frozen=True)
class Enrolling:
    """The server that gives devices their identities."""

    server: ServerAddress = None
    authority: Authority = None
    token_file: TokenFile = None

    @property
    def asked(self) -> Server | None:
        """Where devices are enrolled; None when no server is named. Raises InputError."""
        if self.server is None and (self.authority or self.token_file):
            raise InputError("--authority and --token-file go with --server: name its https address.")
        return server_of(self.server, self.authority) if self.server else None

    @property
    def tokens(self) -> list[Token]:
        """From a file or standard input: a secret is never an argument. None without a server. Raises InputError."""
        if self.server is None:
            return []
        if self.token_file is None:
            raise InputError("name the file of one-use tokens by --token-file, or - for standard input.")
        return read_tokens(read_secret(self.token_file))


def server_of(address: str, authority: Path | None) -> Server:
    """The server there, believed by this CA alone. Raises InputError."""
    if authority is None:
        raise InputError("name the CA of the server's certificate by --authority.")
    return Server(address, authority)


def read_secret(source: str) -> str:
    """What is in a file, or comes over standard input. Raises InputError that shows none of it."""
    try:
        return sys.stdin.read() if source == STDIN else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        said = wrong.strerror if isinstance(wrong, OSError) else "is not text"
        raise InputError(f"{source}: {said}.") from None
