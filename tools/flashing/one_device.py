"""The commands that write to the device on one port: flash, migrate, provision, rotate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tools.flashing.bench import Bench
from tools.flashing.connecting import Link, with_device
from tools.flashing.device import Device
from tools.flashing.enrolment import Token, enrol, read_identity_file, read_tokens
from tools.flashing.errors import DeviceError, InputError
from tools.flashing.identifying import check_identity, write_identity
from tools.flashing.ledger import Ledger
from tools.flashing.looking import KNOWN, look
from tools.flashing.options import (
    DEFAULT_BAUD,
    DEFAULT_BEFORE,
    DEFAULT_BENCH,
    DEFAULT_KIT,
    DEFAULT_LOCK,
    AsJson,
    Authority,
    Before,
    DryRun,
    Folder,
    IdentityFile,
    KitFile,
    LockFile,
    PortName,
    ServerAddress,
    Speed,
    TokenFile,
    Unpinned,
    load,
    only_port,
    server_of,
)
from tools.flashing.planning import make_plan
from tools.flashing.procedure import Order, Outcome, flash
from tools.flashing.saving import save_journal
from tools.flashing.saying import Speaker, shown_by

commands = typer.Typer()
STDIN = "-"


@commands.command("flash")
def flash_command(
    kit: KitFile = DEFAULT_KIT,
    port: PortName = None,
    identity: IdentityFile = None,
    serial: Annotated[str | None, typer.Option(help="What it is called; with --server.")] = None,
    server: ServerAddress = None,
    authority: Authority = None,
    token_file: TokenFile = None,
    dry_run: DryRun = False,
    bench: Folder = DEFAULT_BENCH,
    lock: LockFile = DEFAULT_LOCK,
    allow_unpinned: Unpinned = False,
    before: Before = DEFAULT_BEFORE,
    baud: Speed = DEFAULT_BAUD,
    json: AsJson = False,
) -> None:
    """Put MicroPython and the application on a device; answers that wait on it stay."""
    asked = server_of(server, authority)
    order = Order(
        *load(kit, Bench(bench), lock, allow_unpinned=allow_unpinned),
        serial=serial,
        identity=read_identity_file(identity) if identity else None,
        server=asked,
        token=read_token_file(token_file)[0] if asked else None,
    )
    _carry_out(order, only_port(port), Link(before, baud), Bench(bench), Speaker(as_json=json), dry_run=dry_run)


@commands.command("migrate")
def migrate_command(
    kit: KitFile = DEFAULT_KIT,
    port: PortName = None,
    identity: IdentityFile = None,
    dry_run: DryRun = False,
    bench: Folder = DEFAULT_BENCH,
    lock: LockFile = DEFAULT_LOCK,
    allow_unpinned: Unpinned = False,
    before: Before = DEFAULT_BEFORE,
    baud: Speed = DEFAULT_BAUD,
    json: AsJson = False,
) -> None:
    """As flash, for a device with stock MicroPython or another program: all of its flash is saved first."""
    order = Order(
        *load(kit, Bench(bench), lock, allow_unpinned=allow_unpinned),
        identity=read_identity_file(identity) if identity else None,
        replace=True,
    )
    _carry_out(order, only_port(port), Link(before, baud), Bench(bench), Speaker(as_json=json), dry_run=dry_run)


def _carry_out(order: Order, port: str, link: Link, bench: Bench, speaker: Speaker, *, dry_run: bool) -> None:
    if dry_run:
        with_device(port, link, lambda device: _say_plan(device, order, speaker))
        return
    with speaker.progress() as bars:
        show = shown_by(bars, port)
        outcome = with_device(port, link, lambda device: _flash_and_start(device, order, bench, show))
    say_done(outcome, speaker)


def _flash_and_start(device: Device, order: Order, bench: Bench, show: Any) -> Outcome:
    outcome = flash(device, order, bench, Ledger(bench.ledger), show)
    device.restart()
    return outcome


def say_done(outcome: Outcome, speaker: Speaker) -> None:
    """What was done to a device, in a line."""
    written = ", ".join(outcome.written) or "nothing: it was all there"
    waiting = f"; {outcome.waiting} answers wait on it, saved in {outcome.backup}" if outcome.waiting else ""
    name = outcome.serial or "no identity yet: say `provision`"
    speaker.say(
        "done",
        f"{outcome.mac} ({name}) is flashed and verified. Written: {written}{waiting}.",
        mac=outcome.mac,
        serial=outcome.serial,
        kind=outcome.kind,
        written=outcome.written,
        waiting=outcome.waiting,
        journal_md5=outcome.journal_md5,
        backup=str(outcome.backup) if outcome.backup else None,
    )


def _say_plan(device: Device, order: Order, speaker: Speaker) -> None:
    found = look(device)
    plan = make_plan(found, order.kit, order.micropython, device.flash_bytes)
    speaker.say(
        "plan",
        f"{device.mac} ({found.serial or 'no identity'}) is {found.kind}, with {device.flash_bytes >> 20} MB of flash.",
        mac=device.mac,
        serial=found.serial,
        kind=found.kind,
        flash_mb=device.flash_bytes >> 20,
    )
    for part in plan.parts:
        there = device.holds(part.offset, part.data)
        speaker.say(
            "part",
            f"  {part.offset:#08x}  {len(part.data):8} bytes  {part.name}{'  (there already)' if there else ''}",
            name=part.name,
            offset=part.offset,
            bytes=len(part.data),
            there=there,
        )


@commands.command("provision")
def provision_command(
    port: PortName = None,
    identity: IdentityFile = None,
    serial: Annotated[str | None, typer.Option(help="What it is called; with --server.")] = None,
    server: ServerAddress = None,
    authority: Authority = None,
    token_file: TokenFile = None,
    bench: Folder = DEFAULT_BENCH,
    before: Before = DEFAULT_BEFORE,
    baud: Speed = DEFAULT_BAUD,
    json: AsJson = False,
) -> None:
    """Give a flashed device its identity: from a file, or from the server with a one-use token."""
    asked = server_of(server, authority)
    if (identity is None) == (asked is None):
        raise InputError("name either --identity FILE, or --server with --authority and --token-file.")
    token = read_token_file(token_file)[0] if asked else None
    place, speaker = Bench(bench), Speaker(as_json=json)

    def give(device: Device) -> None:
        found = look(device)
        if found.kind != KNOWN:
            raise DeviceError(f"{device.mac} is not flashed yet: say `flash`.")
        ledger = Ledger(place.ledger)
        journal = save_journal(device, found.layout, place).journal
        who = read_identity_file(identity) if identity else None
        if who is None and asked and token:
            who = enrol(asked, token, device.mac, serial or found.serial or None, journal)
        assert who is not None
        check_identity(device.mac, found, journal, who, ledger)
        changed = write_identity(device, found, who, ledger)
        device.restart()
        words = "now" if changed else "already"
        speaker.say(
            "identified",
            f"{device.mac} is {words} {who.serial} ({who.device_id:08x}, key epoch {who.key_epoch}).",
            mac=device.mac,
            serial=who.serial,
            device=f"{who.device_id:08x}",
            key_epoch=who.key_epoch,
            changed=changed,
        )

    with_device(only_port(port), Link(before, baud), give)
    if identity:
        speaker.say("reminder", f"{identity} holds the device's keys: delete it now.", delete=str(identity))


commands.command("rotate", help="Give a device its next keys (by cable): the same as provision.")(provision_command)


def read_token_file(source: str | None) -> list[Token]:
    """From a file or standard input: a secret is never an argument."""
    if source is None:
        raise InputError("name the file of one-use tokens by --token-file, or - for standard input.")
    try:
        return read_tokens(sys.stdin.read() if source == STDIN else Path(source).read_text())
    except OSError as wrong:
        raise InputError(f"{source}: {wrong.strerror}.") from None
