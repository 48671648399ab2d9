"""The commands for a whole bench: bulk, and resume for what was not done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tools.flashing.bulk import AT_A_TIME
from tools.flashing.connecting import Link, find_ports, with_device
from tools.flashing.device import Device
from tools.flashing.enrolment import read_identity_file
from tools.flashing.errors import PARTLY, FlashError, InputError
from tools.flashing.grouping import grouped
from tools.flashing.ledger import Ledger
from tools.flashing.one_device import say_done
from tools.flashing.options import Enrolling, IdentityFile, Manner, WhatToPutOn, Wire
from tools.flashing.procedure import Order, Outcome, flash
from tools.flashing.saying import Speaker
from tools.flashing.whole_list import WholeList, sum_up

commands = typer.Typer()

A_ROW_A_DEVICE = "A row a device: serial, and port, mac, identity where known."
ListFile = Annotated[Path, typer.Option("--csv", help=A_ROW_A_DEVICE)]
ListLeft = Annotated[Path | None, typer.Option("--csv", help="The list of a bulk: what is not done of it.")]
Ports = Annotated[list[str] | None, typer.Option("--port", help="May be given several times. Left out: every port.")]
AtATime = Annotated[int, typer.Option("--at-a-time", min=1, help="How many devices at a time.")]
Replace = Annotated[bool, typer.Option("--migrate", help="Also devices with another program (saved first).")]


@commands.command("bulk")
@grouped
def bulk_command(
    list_file: ListFile,
    what: WhatToPutOn,
    wire: Wire,
    enrolling: Enrolling,
    migrate: Replace = False,
    at_a_time: AtATime = AT_A_TIME,
    *,
    manner: Manner,
) -> None:
    """Flash every device of a list, several at a time.

    Those that the ledger knows as done are left alone.
    """
    order = Order(*what.load(), replace=migrate)
    ports = [each.name for each in find_ports()]
    whole = WholeList(list_file, ports, order, what, wire.link, enrolling, manner.speaker, anywhere=False)
    whole.carry_out(at_a_time, dry_run=manner.dry_run)


@commands.command("resume")
@grouped
def resume_command(
    what: WhatToPutOn,
    wire: Wire,
    enrolling: Enrolling,
    list_file: ListLeft = None,
    port: Ports = None,
    identity: IdentityFile = None,
    migrate: Replace = False,
    at_a_time: AtATime = AT_A_TIME,
    *,
    manner: Manner,
) -> None:
    """Finish what was cut off, or what is left of a list.

    Devices that were begun are found in whatever port they are now.
    """
    speaker, order = manner.speaker, Order(*what.load(), replace=migrate)
    ports = port or [each.name for each in find_ports()]
    if list_file is None:
        if enrolling.server or migrate:
            raise InputError("--server and --migrate are for what is left of a list: name it by --csv.")
        order = replace(order, identity=read_identity_file(identity) if identity else None)
        _resume_begun(ports, order, what, wire.link, speaker, dry_run=manner.dry_run)
        return
    if identity:
        raise InputError("--identity is for one device; a list names the identity of each in its own column.")
    whole = WholeList(list_file, ports, order, what, wire.link, enrolling, speaker, anywhere=True)
    whole.carry_out(at_a_time, dry_run=manner.dry_run)


def _resume_begun(
    ports: list[str], order: Order, what: WhatToPutOn, link: Link, speaker: Speaker, *, dry_run: bool
) -> None:
    """What was begun, without a list."""
    ledger = Ledger(what.place.ledger)
    unfinished = ledger.unfinished()
    if not unfinished:
        speaker.say("summary", "nothing was cut off: there is nothing to resume.", done=0, failed=0)
        return
    if dry_run:
        for mac, line in unfinished.items():
            words = f"{_named(mac, line)} was begun at {line['at']}: it would be finished."
            speaker.say("would-resume", words, mac=mac, serial=line.get("serial") or "", at=line["at"])
        return
    finished = 0
    for name in ports:
        try:
            outcome = with_device(name, link, lambda device: _finish(device, order, what, unfinished.keys()))
        except FlashError as failure:
            speaker.fail(f"{name}: {failure}", failure.code, port=name)
            continue
        if outcome:
            finished += 1
            say_done(outcome, speaker)
    left = ledger.unfinished()
    for mac, line in left.items():
        speaker.fail(f"{_named(mac, line)} is still not finished: plug it in, or see above.", PARTLY, mac=mac)
    sum_up(speaker, finished, len(left))


def _named(mac: str, line: dict[str, object]) -> str:
    return f"{mac} ({line.get('serial') or 'no serial'})"


def _finish(device: Device, order: Order, what: WhatToPutOn, unfinished: Collection[str]) -> Outcome | None:
    if device.mac not in unfinished:
        return None
    outcome = flash(device, order, what.place, Ledger(what.place.ledger), lambda *_: None)
    device.restart()
    return outcome
