"""The commands for a whole bench: bulk, and resume for what was not done."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tools.flashing.bench import Bench
from tools.flashing.bulk import AT_A_TIME, flash_all
from tools.flashing.connecting import Link, find_ports, with_device
from tools.flashing.device import Device
from tools.flashing.enrolment import Server, Token, read_identity_file
from tools.flashing.errors import PARTLY, WRONG_INPUT, FlashError, InputError
from tools.flashing.ledger import Ledger
from tools.flashing.one_device import read_token_file, say_done
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
    server_of,
)
from tools.flashing.procedure import Order, Outcome, Show, flash
from tools.flashing.rows import Row, read_rows, to_do
from tools.flashing.saying import Speaker, shown_by
from tools.flashing.worker import Failure, Job, Message, Progress

commands = typer.Typer()

ListFile = Annotated[Path, typer.Option("--csv", help="A row a device: serial, and port, mac, identity where known.")]
AtATime = Annotated[int, typer.Option("--at-a-time", min=1, help="How many devices at a time.")]
Replace = Annotated[bool, typer.Option("--migrate", help="Also devices with another program (saved first).")]


@commands.command("bulk")
def bulk_command(
    list_file: ListFile,
    kit: KitFile = DEFAULT_KIT,
    server: ServerAddress = None,
    authority: Authority = None,
    token_file: TokenFile = None,
    migrate: Replace = False,
    at_a_time: AtATime = AT_A_TIME,
    dry_run: DryRun = False,
    bench: Folder = DEFAULT_BENCH,
    lock: LockFile = DEFAULT_LOCK,
    allow_unpinned: Unpinned = False,
    before: Before = DEFAULT_BEFORE,
    baud: Speed = DEFAULT_BAUD,
    json: AsJson = False,
) -> None:
    """Flash every device of a list, several at a time. Those that the ledger knows as done are left alone."""
    speaker, place = Speaker(as_json=json), Bench(bench)
    rows = to_do(read_rows(list_file), Ledger(place.ledger))
    common = Order(*load(kit, place, lock, allow_unpinned=allow_unpinned), replace=migrate)
    asked = server_of(server, authority)
    tokens = read_token_file(token_file) if asked else []
    link = Link(before, baud)
    jobs, refused = _jobs(rows, common, asked, tokens, link, place)
    for row, words in refused:
        speaker.fail(f"{row.serial}: {words}", WRONG_INPUT, serial=row.serial)
    if dry_run:
        for job in jobs:
            speaker.say("would-flash", f"{job.order.serial} on {job.port}", serial=job.order.serial, port=job.port)
        return
    failures = _carry_out(jobs, at_a_time, speaker)
    _sum_up(speaker, len(jobs) - failures, failures + len(refused))


@commands.command("resume")
def resume_command(
    kit: KitFile = DEFAULT_KIT,
    port: PortName = None,
    identity: IdentityFile = None,
    bench: Folder = DEFAULT_BENCH,
    lock: LockFile = DEFAULT_LOCK,
    allow_unpinned: Unpinned = False,
    before: Before = DEFAULT_BEFORE,
    baud: Speed = DEFAULT_BAUD,
    json: AsJson = False,
) -> None:
    """Finish what was cut off: devices that are plugged in, and begun in the ledger. (A list: say bulk again.)"""
    speaker, place, link = Speaker(as_json=json), Bench(bench), Link(before, baud)
    order = Order(
        *load(kit, place, lock, allow_unpinned=allow_unpinned),
        identity=read_identity_file(identity) if identity else None,
    )
    unfinished = Ledger(place.ledger).unfinished()
    failures = finished = 0
    for name in [port] if port else [each.name for each in find_ports()]:
        try:
            outcome = with_device(name, link, lambda device: _finish(device, order, place, unfinished.keys()))
        except FlashError as failure:
            failures += 1
            speaker.fail(f"{name}: {failure}", failure.code, port=name)
            continue
        if outcome:
            finished += 1
            say_done(outcome, speaker)
    for mac, line in Ledger(place.ledger).unfinished().items():
        failures += 1
        speaker.fail(f"{mac} ({line.get('serial') or 'no serial'}) is still not finished: plug it in.", PARTLY, mac=mac)
    _sum_up(speaker, finished, failures)


def _finish(device: Device, order: Order, place: Bench, unfinished: Collection[str]) -> Outcome | None:
    if device.mac not in unfinished:
        return None
    outcome = flash(device, order, place, Ledger(place.ledger), lambda *_: None)
    device.restart()
    return outcome


def _jobs(
    rows: Iterable[Row], common: Order, asked: Server | None, tokens: list[Token], link: Link, place: Bench
) -> tuple[list[Job], list[tuple[Row, str]]]:
    """What can be begun, and the rows that cannot, with the reason."""
    jobs, refused = [], []
    rows = list(rows)
    ports = _ports_for(rows, link)
    for row in rows:
        port = row.port or ports.get(row.serial, "")
        try:
            if row.fault or not port:
                raise InputError(row.fault or "no port is left for it: plug it in, or name its port in the list.")
            identity = read_identity_file(row.identity) if row.identity else None
            token = None
            if asked and identity is None:
                if not tokens:
                    raise InputError("no token is left for it: take more from the server.")
                token = tokens.pop(0)
        except FlashError as wrong:
            refused.append((row, str(wrong)))
            continue
        order = replace(common, serial=row.serial, identity=identity, server=asked, token=token)
        jobs.append(Job(order, port, row.mac, link, place))
    return jobs, refused


def _ports_for(rows: list[Row], link: Link) -> dict[str, str]:
    """{serial: port} for rows that name none: by their MAC, else in the order of the ports that nobody named."""
    homeless = [row for row in rows if not row.port and not row.fault]
    if not homeless:
        return {}
    named = {row.port for row in rows}
    free = [each.name for each in find_ports() if each.name not in named]
    found = {}
    if any(row.mac for row in homeless):
        macs = {_mac_at(port, link): port for port in free}
        found = {row.serial: macs[row.mac] for row in homeless if row.mac in macs}
        free = [port for port in free if port not in found.values()]
    found |= zip((row.serial for row in homeless if not row.mac), free, strict=False)
    return found


def _mac_at(port: str, link: Link) -> str:
    try:
        return with_device(port, link, lambda device: device.mac)
    except FlashError:
        return ""


def _carry_out(jobs: list[Job], at_a_time: int, speaker: Speaker) -> int:
    """How many failed."""
    failures = 0
    with speaker.progress() as bars:
        shows: dict[str, Show] = {}

        def show(job: Job, message: Message) -> None:
            if isinstance(message, Progress):
                name = job.order.serial or job.port
                shows.setdefault(name, shown_by(bars, name))(message.words, message.done, message.total)

        for job, message in flash_all(jobs, show, at_a_time):
            if isinstance(message, Failure):
                failures += 1
                serial = job.order.serial
                speaker.fail(f"{serial}: {message.reason}", message.code, serial=serial, port=job.port)
            elif isinstance(message, Outcome):
                say_done(message, speaker)
    return failures


def _sum_up(speaker: Speaker, done: int, failed: int) -> None:
    words = f"{done} done, {failed} not done" + ("; mend what is said above and say it again." if failed else ".")
    speaker.say("summary", words, done=done, failed=failed)
    if failed:
        raise typer.Exit(PARTLY)
