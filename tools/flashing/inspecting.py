"""The commands that only look: selftest, verify, and a device's journal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from protocol.record import decode_record
from tools.flashing.bench import Bench
from tools.flashing.connecting import Link, with_device
from tools.flashing.device import Device
from tools.flashing.errors import PARTLY, InputError
from tools.flashing.journal_image import JournalImage, read_journal
from tools.flashing.ledger import BACKED_UP, Ledger
from tools.flashing.looking import KNOWN, look
from tools.flashing.options import (
    DEFAULT_BAUD,
    DEFAULT_BEFORE,
    DEFAULT_BENCH,
    DEFAULT_KIT,
    DEFAULT_LOCK,
    AsJson,
    Before,
    Folder,
    KitFile,
    LockFile,
    PortName,
    Speed,
    Unpinned,
    load,
    only_port,
)
from tools.flashing.planning import make_plan
from tools.flashing.saving import save_journal
from tools.flashing.saying import Speaker, shown_by
from tools.flashing.testing import check_device

commands = typer.Typer()


@commands.command("selftest")
def selftest_command(
    port: PortName = None, before: Before = DEFAULT_BEFORE, baud: Speed = DEFAULT_BAUD, json: AsJson = False
) -> None:
    """Look at everything on a device's flash: is it whole, and what does it hold?"""
    speaker = Speaker(as_json=json)
    findings = with_device(only_port(port), Link(before, baud), check_device)
    for finding in findings:
        mark = "ok  " if finding.good else "BAD "
        speaker.say("finding", f"{mark} {finding.part}: {finding.words}", **finding._asdict())
    if not all(finding.good for finding in findings):
        raise typer.Exit(PARTLY)


@commands.command("verify")
def verify_command(
    kit: KitFile = DEFAULT_KIT,
    port: PortName = None,
    bench: Folder = DEFAULT_BENCH,
    lock: LockFile = DEFAULT_LOCK,
    allow_unpinned: Unpinned = False,
    before: Before = DEFAULT_BEFORE,
    baud: Speed = DEFAULT_BAUD,
    json: AsJson = False,
) -> None:
    """Compare a device with the kit, part by part. The file system differs once the device has run."""
    speaker = Speaker(as_json=json)
    read, image = load(kit, Bench(bench), lock, allow_unpinned=allow_unpinned)

    def compare(device: Device) -> bool:
        found = look(device)
        same = found.kind == KNOWN
        for part in make_plan(found, read, image, device.flash_bytes).parts:
            there = device.holds(part.offset, part.data)
            same = same and there
            speaker.say("part", f"{part.name}: {'the same' if there else 'DIFFERENT'}", name=part.name, same=there)
        return same

    if not with_device(only_port(port), Link(before, baud), compare):
        raise typer.Exit(PARTLY)


@commands.command("backup-journal")
def backup_journal_command(
    port: PortName = None,
    bench: Folder = DEFAULT_BENCH,
    before: Before = DEFAULT_BEFORE,
    baud: Speed = DEFAULT_BAUD,
    json: AsJson = False,
) -> None:
    """Save a device's journal, proven by the device's own MD5; nothing is written to the device."""
    place, speaker = Bench(bench), Speaker(as_json=json)

    def save(device: Device) -> None:
        found = look(device)
        with speaker.progress() as bars:
            show = shown_by(bars, device.mac)
            saved = save_journal(device, found.layout, place, lambda done, total: show("saving", done, total))
        waiting = len(saved.journal.waiting)
        Ledger(place.ledger).append(
            BACKED_UP, mac=device.mac, backup=str(saved.path or ""), journal_md5=saved.md5, waiting=waiting
        )
        words = f"{waiting} answers wait; saved in {saved.path}" if saved.path else "its journal is blank"
        speaker.say(
            "saved",
            f"{device.mac}: {words}.",
            mac=device.mac,
            waiting=waiting,
            file=str(saved.path or ""),
            md5=saved.md5,
        )

    with_device(only_port(port), Link(before, baud), save)


@commands.command("read-journal")
def read_journal_command(
    file: Annotated[Path, typer.Argument(help="As backup-journal saved it.")],
    every: Annotated[bool, typer.Option("--all", help="Also what the server has already.")] = False,
    json: AsJson = False,
) -> None:
    """Show the answers in a saved journal."""
    speaker = Speaker(as_json=json)
    try:
        journal = read_journal(file.read_bytes())
    except OSError as wrong:
        raise InputError(f"{file}: {wrong.strerror}.") from None
    _say_journal(journal, speaker)
    for sequence in sorted(journal.records) if every else journal.waiting:
        record = decode_record(journal.records[sequence])
        speaker.say("record", f"{sequence:8}  {record}", **record._asdict())


def _say_journal(journal: JournalImage, speaker: Speaker) -> None:
    speaker.say(
        "journal",
        f"device {journal.device_id:08x}, journal {journal.journal_id.hex()}: {len(journal.waiting)} answers wait, the "
        f"server has all up to {journal.acked_through}, {journal.lost} cannot be read.",
        device=f"{journal.device_id:08x}",
        journal_id=journal.journal_id.hex(),
        waiting=len(journal.waiting),
        acked_through=journal.acked_through,
        last_sequence=journal.last_sequence,
        lost=journal.lost,
    )
