"""The commands that put PET on the device on one port: flash, migrate."""

from __future__ import annotations

from typing import Any

import typer

from tools.flashing.device import Device
from tools.flashing.enrolment import read_identity_file
from tools.flashing.errors import InputError
from tools.flashing.grouping import grouped
from tools.flashing.ledger import Ledger
from tools.flashing.looking import KIND_WORDS, look
from tools.flashing.options import AtPort, Enrolling, IdentityFile, Manner, Serial, WhatToPutOn
from tools.flashing.planning import make_plan
from tools.flashing.procedure import Order, Outcome, flash
from tools.flashing.saying import Speaker, shown_by

commands = typer.Typer()


@commands.command("flash")
@grouped
def flash_command(
    at: AtPort,
    what: WhatToPutOn,
    enrolling: Enrolling,
    identity: IdentityFile = None,
    serial: Serial = None,
    *,
    manner: Manner,
) -> None:
    """Put MicroPython and the application on a device.

    Answers that wait on it stay.
    """
    if identity and enrolling.asked:
        raise InputError("name --identity FILE, or --server: an identity comes from one of them.")
    order = Order(
        *what.load(),
        serial=serial,
        identity=read_identity_file(identity) if identity else None,
        server=enrolling.asked,
        token=enrolling.tokens[0] if enrolling.asked else None,
    )
    _carry_out(order, at, what, manner.speaker, dry_run=manner.dry_run)


@commands.command("migrate")
@grouped
def migrate_command(at: AtPort, what: WhatToPutOn, identity: IdentityFile = None, *, manner: Manner) -> None:
    """Flash a device that has another program on it.

    Stock MicroPython, say. All of its flash is saved first.
    """
    order = Order(*what.load(), identity=read_identity_file(identity) if identity else None, replace=True)
    _carry_out(order, at, what, manner.speaker, dry_run=manner.dry_run)


def _carry_out(order: Order, at: AtPort, what: WhatToPutOn, speaker: Speaker, *, dry_run: bool) -> None:
    if dry_run:
        at.work(lambda device: _say_plan(device, order, speaker))
        return
    with speaker.progress() as bars:
        show = shown_by(bars, at.name)
        outcome = at.work(lambda device: _flash_and_start(device, order, what, show))
    say_done(outcome, speaker)


def _flash_and_start(device: Device, order: Order, what: WhatToPutOn, show: Any) -> Outcome:
    outcome = flash(device, order, what.place, Ledger(what.place.ledger), show)
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
    name, megabytes = found.serial or "no identity", device.flash_bytes >> 20
    speaker.say(
        "plan",
        f"{device.mac} ({name}) is {KIND_WORDS[found.kind]}, with {megabytes} MB of flash.",
        mac=device.mac,
        serial=found.serial,
        kind=found.kind,
        flash_mb=megabytes,
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
