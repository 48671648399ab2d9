"""Carries out the list of a bench: what is not done of it, each row on the device that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from tools.flashing.bulk import flash_all
from tools.flashing.connecting import Link, with_device
from tools.flashing.enrolment import Token, read_identity_file
from tools.flashing.errors import PARTLY, WRONG_INPUT, FlashError, InputError
from tools.flashing.ledger import BEGUN, DONE, Ledger
from tools.flashing.matching import with_ports
from tools.flashing.one_device import say_done
from tools.flashing.options import Enrolling, WhatToPutOn
from tools.flashing.procedure import Order, Outcome, Show
from tools.flashing.rows import Row, read_rows, to_do
from tools.flashing.saying import Speaker, shown_by
from tools.flashing.server import Server
from tools.flashing.worker import Failure, Job, Message, Progress


@dataclass(frozen=True)
class WholeList:
    """A list and how it is carried out. `order`: what every device gets. `anywhere`: as tools/flashing/matching.py."""

    file: Path
    ports: Sequence[str]
    order: Order
    what: WhatToPutOn
    link: Link
    enrolling: Enrolling
    speaker: Speaker
    anywhere: bool

    def carry_out(self, at_a_time: int, *, dry_run: bool) -> None:
        """Flash what is left; ends with exit code 1 where some of it still is."""
        ledger = Ledger(self.what.place.ledger)
        asked, tokens = self.enrolling.asked, self.enrolling.tokens
        rows = read_rows(self.file)
        ports = [*self.ports, *(row.port for row in rows if row.port)] if self.anywhere else self.ports
        begun = self._begun(rows, ledger)
        jobs: list[Job] = []
        refused = 0
        for row in with_ports(to_do(rows, ledger), ports, self._mac_at, begun, anywhere=self.anywhere):
            try:
                jobs.append(self._job(row, asked, tokens))
            except FlashError as wrong:
                refused += 1
                self.speaker.fail(f"{row.serial}: {wrong}", WRONG_INPUT, serial=row.serial)
        if dry_run:
            for job in jobs:
                words = f"{job.order.serial} would be flashed on {job.port}"
                self.speaker.say("would-flash", words, serial=job.order.serial, port=job.port)
            return
        failures = carry_out(jobs, at_a_time, self.speaker)
        sum_up(self.speaker, len(jobs) - failures, failures + refused)

    def _job(self, row: Row, asked: Server | None, tokens: list[Token]) -> Job:
        """Raises InputError for a row that cannot be begun."""
        if row.fault:
            raise InputError(row.fault)
        identity = read_identity_file(row.identity) if row.identity else None
        token = None
        if asked and identity is None:
            if not tokens:
                raise InputError("no token is left for it: take more from the server.")
            token = tokens.pop(0)
        order = replace(self.order, serial=row.serial, identity=identity, server=asked, token=token)
        return Job(order, row.port, row.mac, self.link, self.what.place)

    def _begun(self, rows: list[Row], ledger: Ledger) -> dict[str, str]:
        """Whose device is whose: without those that were begun under a serial that the list has been corrected from."""
        done, wanted = ledger.rows(DONE), {row.serial for row in rows}
        begun = ledger.rows(BEGUN, DONE)
        return {mac: serial for mac, serial in begun.items() if mac in done or serial in wanted}

    def _mac_at(self, port: str) -> str:
        try:
            return with_device(port, self.link, lambda device: device.mac)
        except FlashError:
            return ""


def carry_out(jobs: list[Job], at_a_time: int, speaker: Speaker) -> int:
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


def sum_up(speaker: Speaker, done: int, failed: int) -> None:
    """The last line; ends with exit code 1 where something is left."""
    words = f"{done} done, {failed} not done" + ("; mend what is said above and say it again." if failed else ".")
    speaker.say("summary", words, done=done, failed=failed)
    if failed:
        raise typer.Exit(PARTLY)
