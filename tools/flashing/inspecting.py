"""The commands that only look: selftest, verify, and a device's journal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from protocol.instants import to_unix
from protocol.record import (
    ANSWER_NOT_SHOWN,
    ANSWER_SKIPPED,
    ANSWER_TIMED_OUT,
    KIND_AUDIT,
    KIND_DECLINED,
    KIND_RESPONSE,
    QUALITY_DRIFTING,
    QUALITY_SERVER,
    Record,
    decode_record,
)
from tools.flashing.bench import FOLDER, Bench
from tools.flashing.device import Device
from tools.flashing.errors import PARTLY, InputError
from tools.flashing.grouping import grouped
from tools.flashing.journal_image import JournalImage, read_journal
from tools.flashing.ledger import BACKED_UP, Ledger
from tools.flashing.looking import KNOWN, look
from tools.flashing.options import AsJson, AtPort, Folder, WhatToPutOn
from tools.flashing.planning import make_plan
from tools.flashing.saving import save_all, save_journal
from tools.flashing.saying import Speaker, shown_by
from tools.flashing.testing import check_device

commands = typer.Typer()
KIND_WORDS = {KIND_RESPONSE: "response", KIND_DECLINED: "declined", KIND_AUDIT: "audit"}
ANSWER_WORDS = {ANSWER_SKIPPED: "skipped", ANSWER_TIMED_OUT: "no-answer"}

Whole = Annotated[bool, typer.Option("--whole", help="All of the flash (with keys and passwords), for `erase`.")]


@commands.command("selftest")
@grouped
def selftest_command(at: AtPort, json: AsJson = False) -> None:
    """Look whether all on a device's flash is whole.

    And what it holds.
    """
    speaker = Speaker(as_json=json)
    findings = at.work(check_device)
    for finding in findings:
        mark = "ok  " if finding.good else "BAD "
        speaker.say("finding", f"{mark} {finding.part}: {finding.words}", **finding._asdict())
    if not all(finding.good for finding in findings):
        raise typer.Exit(PARTLY)


@commands.command("verify")
@grouped
def verify_command(at: AtPort, what: WhatToPutOn, json: AsJson = False) -> None:
    """Compare a device with the kit, part by part.

    The file system differs once the device has run.
    """
    speaker = Speaker(as_json=json)
    read, image = what.load()

    def compare(device: Device) -> bool:
        found = look(device)
        same = found.kind == KNOWN
        for part in make_plan(found, read, image, device.flash_bytes).parts:
            there = device.holds(part.offset, part.data)
            same = same and there
            speaker.say("part", f"{part.name}: {'the same' if there else 'DIFFERENT'}", name=part.name, same=there)
        return same

    if not at.work(compare):
        raise typer.Exit(PARTLY)


@commands.command("backup-journal")
@grouped
def backup_journal_command(at: AtPort, whole: Whole = False, bench: Folder = FOLDER, json: AsJson = False) -> None:
    """Save a device's journal; nothing is written to it.

    The copy is proven by the device's own MD5.
    """
    place, speaker = Bench(bench), Speaker(as_json=json)
    at.work(lambda device: (_save_all if whole else _save_journal)(device, place, speaker))


def _save_journal(device: Device, place: Bench, speaker: Speaker) -> None:
    found = look(device)
    with speaker.progress() as bars:
        show = shown_by(bars, device.mac)
        saved = save_journal(device, found.layout, place, lambda done, total: show("saving", done, total))
    waiting, file = len(saved.journal.waiting), str(saved.path or "")
    Ledger(place.ledger).append(BACKED_UP, mac=device.mac, backup=file, journal_md5=saved.md5, waiting=waiting)
    words = f"{waiting} answers wait; saved in {file}" if file else "its journal is blank"
    speaker.say("saved", f"{device.mac}: {words}.", mac=device.mac, waiting=waiting, file=file, md5=saved.md5)


def _save_all(device: Device, place: Bench, speaker: Speaker) -> None:
    with speaker.progress() as bars:
        show = shown_by(bars, device.mac)
        file = str(save_all(device, place, lambda done, total: show("saving all", done, total)) or "")
    Ledger(place.ledger).append(BACKED_UP, mac=device.mac, backup=file)
    words = f"all of its flash is saved in {file}" if file else "its flash is blank"
    speaker.say("saved", f"{device.mac}: {words}.", mac=device.mac, file=file)


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
        speaker.say("record", f"{sequence:8}  {_record_words(record)}", **record._asdict())


def _record_words(record: Record) -> str:
    """What it is and when, and the number of the option chosen for each question that was shown."""
    dated = record.quality in (QUALITY_DRIFTING, QUALITY_SERVER)
    when = f"{datetime.fromtimestamp(to_unix(record.clock), UTC):%Y-%m-%d %H:%M} UTC" if dated else "date not known"
    answers = (ANSWER_WORDS.get(each, str(each)) for each in record.answers if each != ANSWER_NOT_SHOWN)
    return f"{KIND_WORDS.get(record.kind, 'unknown kind')}, {when}, version {record.questionnaire}: {' '.join(answers)}"


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
