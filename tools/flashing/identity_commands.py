"""The commands that give a flashed device its identity: provision, and rotate for its next keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from protocol.identity import Identity
from tools.flashing.bench import FOLDER, Bench
from tools.flashing.device import Device
from tools.flashing.enrolment import Token, enrol, read_identity_file
from tools.flashing.errors import CutError, DeviceError, FlashError, InputError, NoAnswerError
from tools.flashing.grouping import grouped
from tools.flashing.identifying import check_identity, check_same_device, write_identity
from tools.flashing.journal_image import JournalImage, read_journal
from tools.flashing.ledger import Ledger
from tools.flashing.looking import KNOWN, Found, look
from tools.flashing.options import AtPort, Enrolling, Folder, IdentityFile, Manner, Serial
from tools.flashing.partitions import JOURNAL
from tools.flashing.saving import save_journal
from tools.flashing.saying import Speaker

commands = typer.Typer()
PROVISION, ROTATE = "provision", "rotate"

NextKeys = Annotated[
    Path | None,
    typer.Option("--identity", help="As `pet device rotate-key --identity-file` wrote it; delete it afterwards."),
]


@commands.command("provision")
@grouped
def provision_command(
    at: AtPort,
    enrolling: Enrolling,
    identity: IdentityFile = None,
    serial: Serial = None,
    bench: Folder = FOLDER,
    *,
    manner: Manner,
) -> None:
    """Give a flashed device its identity.

    From a file, or from the server with a one-use token.
    """
    _Giving(PROVISION, at, enrolling, identity, serial, Bench(bench), manner.speaker).carry_out(dry_run=manner.dry_run)


@commands.command("rotate")
@grouped
def rotate_command(
    at: AtPort,
    enrolling: Enrolling,
    identity: NextKeys = None,
    bench: Folder = FOLDER,
    *,
    manner: Manner,
) -> None:
    """Give a device in your hand new keys, by cable.

    It stays the same device, and answers that wait on it stay.
    """
    _Giving(ROTATE, at, enrolling, identity, None, Bench(bench), manner.speaker).carry_out(dry_run=manner.dry_run)


@dataclass(frozen=True)
class _Giving:
    """What was asked for. `command` is its name, for remedies; `file` holds an identity, else the server is asked."""

    command: str
    at: AtPort
    enrolling: Enrolling
    file: Path | None
    serial: str | None
    place: Bench
    speaker: Speaker

    def carry_out(self, *, dry_run: bool) -> None:
        """Raises FlashError."""
        server = self.enrolling.asked
        if (self.file is None) == (server is None):
            raise InputError("name either --identity FILE, or --server with --authority and --token-file.")
        identity = read_identity_file(self.file) if self.file else None
        if dry_run:
            self.at.work(lambda device: self._say_plan(device, identity))
            return
        token = self.enrolling.tokens[0] if server else None

        def give(device: Device) -> None:
            found = self._look(device)
            journal = save_journal(device, found.layout, self.place).journal
            who = identity or (
                enrol(server, token, device.mac, self._serial(found), journal) if server and token else None
            )
            assert who is not None
            self._write(device, found, journal, who)

        at = replace(self.at, port=self.at.name)
        try:
            at.work(give)
        except (CutError, NoAnswerError) as cut:
            raise self._in_words(cut, at.name, token) from cut
        if self.file:
            words = f"{self.file} holds the device's keys: delete it now."
            self.speaker.say("reminder", words, delete=str(self.file))

    def _look(self, device: Device) -> Found:
        found = look(device)
        if found.kind != KNOWN:
            raise DeviceError(f"{device.mac} is not flashed yet: say `flash`.")
        if self.command == ROTATE and found.identity is None:
            raise DeviceError(f"{device.mac} has no identity whose keys could be changed: say `provision`.")
        return found

    def _check(self, device: Device, found: Found, journal: JournalImage, who: Identity) -> None:
        if self.file or self.command == ROTATE:  # else the server has said that this board is that device
            check_same_device(device.mac, found, who)
        check_identity(device.mac, found, journal, who, Ledger(self.place.ledger))

    def _write(self, device: Device, found: Found, journal: JournalImage, who: Identity) -> None:
        self._check(device, found, journal, who)
        changed = write_identity(device, found, who, Ledger(self.place.ledger))
        device.restart()
        self.speaker.say(
            "identified",
            self._words(device, found, journal, who)
            if changed
            else f"{_named(device, who)} already: nothing was written.",
            mac=device.mac,
            serial=who.serial,
            device=f"{who.device_id:08x}",
            key_epoch=who.key_epoch,
            old_key_epoch=found.identity.key_epoch if found.identity else None,
            waiting=len(journal.waiting),
            changed=changed,
        )

    def _words(self, device: Device, found: Found, journal: JournalImage, who: Identity) -> str:
        words = f"{_named(device, who)} now"
        if found.identity and found.identity.key_epoch != who.key_epoch:
            words += f", in place of epoch {found.identity.key_epoch}, which the server refuses"
        waits = len(journal.waiting)
        return f"{words}. {waits} answers wait on it; they stay, and go out under these keys." if waits else f"{words}."

    def _say_plan(self, device: Device, identity: Identity | None) -> None:
        found = self._look(device)
        area = found.layout[JOURNAL]
        journal = read_journal(device.read(area.offset, area.size))
        now = f"{device.mac} is {found.serial or 'without an identity'}"
        if identity:
            self._check(device, found, journal, identity)
            words = f"{now}; it would get {identity.serial} ({identity.device_id:08x}, key epoch {identity.key_epoch})."
        else:
            name = self._serial(found) or "its MAC as its serial"
            words = f"{now}; {self.enrolling.server} would be asked for keys for {name}. No token was used."
        self.speaker.say(
            "would-identify",
            words,
            mac=device.mac,
            serial=identity.serial if identity else self._serial(found),
            key_epoch=identity.key_epoch if identity else None,
            waiting=len(journal.waiting),
        )

    def _serial(self, found: Found) -> str | None:
        return self.serial or found.serial or None

    def _in_words(self, cut: FlashError, port: str, token: Token | None) -> FlashError:
        """What helps here: `resume` is for what `flash` began."""
        if token and token.answers:
            return CutError(
                f"the server gave the device on {port} new keys and refuses its old ones, but they could not be "
                f"written. Plug it in and say `{self.command}` again, with a new token."
            )
        if isinstance(cut, CutError):
            return CutError(
                f"the device on {port} was cut off while its identity was written. Plug it in and say "
                f"`{self.command}` again."
            )
        return cut


def _named(device: Device, who: Identity) -> str:
    return f"{device.mac} is {who.serial} ({who.device_id:08x}) with the keys of epoch {who.key_epoch}"
