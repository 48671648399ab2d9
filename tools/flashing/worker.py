"""One device of a bulk in a process of its own: what esptool keeps in its modules is then this device's alone."""

from __future__ import annotations

from dataclasses import dataclass
from multiprocessing.connection import Connection
from time import monotonic

from tools.flashing.bench import Bench
from tools.flashing.connecting import Link, with_device
from tools.flashing.cores import leave_none
from tools.flashing.device import Device
from tools.flashing.errors import DeviceError, FlashError
from tools.flashing.ledger import DONE, FAILED, Ledger
from tools.flashing.procedure import Order, Outcome, flash

TELL_EVERY_S = 0.2  # the parent draws no faster


@dataclass(frozen=True)
class Job:
    """Everything that the process needs; it arrives by a pipe, never as arguments of a program."""

    order: Order
    port: str
    mac: str
    link: Link
    bench: Bench


@dataclass(frozen=True)
class Progress:
    """What a device is at."""

    words: str
    done: int
    total: int


@dataclass(frozen=True)
class Failure:
    """Why a device is not done; `code` as tools/flashing/errors.py has it."""

    reason: str
    code: int


Message = Progress | Failure | Outcome


def work(job: Job, parent: Connection) -> None:
    """Flash, telling the parent; the last message is the Outcome or a Failure."""
    leave_none()
    ledger = Ledger(job.bench.ledger)
    done_as = ledger.rows(DONE)
    told_s = 0.0

    def show(words: str, done: int, total: int) -> None:
        nonlocal told_s
        if done in (0, total) or monotonic() - told_s > TELL_EVERY_S:
            told_s = monotonic()
            parent.send(Progress(words, done, total))

    def begin(device: Device) -> Outcome:
        if job.mac and device.mac != job.mac:
            raise DeviceError(f"{job.mac} was expected on {job.port}, and {device.mac} is there: swap the cables.")
        owner = done_as.get(device.mac)
        if owner and owner != job.order.serial:
            raise DeviceError(f"{device.mac}, on {job.port}, is {owner} already: plug {job.order.serial} in there.")
        return flash(device, job.order, job.bench, ledger, show)

    try:
        parent.send(with_device(job.port, job.link, begin))
    except FlashError as failure:
        ledger.append(FAILED, row=job.order.serial, port=job.port, reason=str(failure), code=failure.code)
        parent.send(Failure(str(failure), failure.code))
