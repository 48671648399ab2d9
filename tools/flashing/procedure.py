"""Flashes one device, in an order that a pulled cable cannot hurt: look, save, write, prove, identify, tell the ledger.

It can be said again at any point: what is right already is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5
from pathlib import Path

from protocol.identity import Identity
from tools.flashing.bench import Bench
from tools.flashing.device import Device, Tell
from tools.flashing.enrolment import Token, enrol
from tools.flashing.errors import DeviceError, NoJournalError
from tools.flashing.identifying import check_identity, check_same_device, write_identity
from tools.flashing.journal_image import JournalImage
from tools.flashing.kit import Kit
from tools.flashing.ledger import BACKED_UP, BEGUN, DONE, ENROLLED, WRITTEN, Ledger
from tools.flashing.looking import KNOWN, NEW, Found, look, read_identity
from tools.flashing.micropython_image import MicroPythonImage
from tools.flashing.partitions import BLANK, IDENTITY, JOURNAL
from tools.flashing.planning import Plan, make_plan
from tools.flashing.saving import SavedJournal, extract_old_files, prove_unchanged, save_all, save_journal
from tools.flashing.server import Server

Show = Callable[[str, int, int], None]  # what is being done, bytes done, bytes in all


@dataclass(frozen=True)
class Order:
    """What is wanted. `identity`, or a `token` to get one from `server`, or neither: the device keeps the one it has.

    `replace`: another program, or a damaged table, may be overwritten (after its flash was saved).
    """

    kit: Kit = field(repr=False)
    micropython: MicroPythonImage = field(repr=False)
    serial: str | None = None
    identity: Identity | None = field(default=None, repr=False)
    server: Server | None = None
    token: Token | None = None
    replace: bool = False


@dataclass(frozen=True)
class Outcome:
    """What was done to a device."""

    mac: str
    kind: str
    serial: str
    written: tuple[str, ...]
    journal_md5: str
    waiting: int
    backup: Path | None


def flash(device: Device, order: Order, bench: Bench, ledger: Ledger, show: Show) -> Outcome:
    """Carry an order out on the device that is connected. Raises FlashError; `resume` may go on after any of them."""
    found = look(device)
    begun = ledger.unfinished().get(device.mac)
    ours_half = begun is not None and begun["kind"] != KNOWN  # what is on it now was put there by us, or saved before
    if found.kind not in (KNOWN, NEW) and not order.replace and not ours_half:
        raise DeviceError(_other_words(device, found))
    _check_serial(device, order, found)
    plan = make_plan(found, order.kit, order.micropython, device.flash_bytes)
    saved = _save(device, found, bench, ledger, show, known_copy=ours_half)
    if order.identity:
        check_same_device(device.mac, found, order.identity)
        check_identity(device.mac, found, saved.journal, order.identity, ledger)
    ledger.append(
        BEGUN,
        mac=device.mac,
        serial=order.serial or found.serial,
        row=order.serial,
        port=device.port,
        kind=found.kind,
        image=plan.digest,
        micropython=order.micropython.version,
        journal_md5=saved.md5,
        waiting=len(saved.journal.waiting),
    )
    written = _write(device, plan, found, saved, show)
    prove_unchanged(device, found.layout, saved)
    ledger.append(WRITTEN, mac=device.mac, image=plan.digest, journal_md5=saved.md5)
    serial = _identify(device, order, found, saved.journal, ledger)
    prove_unchanged(device, found.layout, saved)
    ledger.append(DONE, mac=device.mac, serial=serial, image=plan.digest, row=order.serial)
    return Outcome(device.mac, found.kind, serial, tuple(written), saved.md5, len(saved.journal.waiting), saved.path)


def _save(device: Device, found: Found, bench: Bench, ledger: Ledger, show: Show, *, known_copy: bool) -> SavedJournal:
    """Copies of what may be lost; what is no journal counts as a blank one, once all of the flash was saved."""
    if found.kind != KNOWN and not known_copy:
        path = save_all(device, bench, _told(show, "saving all"))
        if path and found.old:
            extract_old_files(path, found.old)
        if path:
            ledger.append(BACKED_UP, mac=device.mac, backup=str(path), kind=found.kind)
    try:
        saved = save_journal(device, found.layout, bench, _told(show, "saving the journal"))
    except NoJournalError:
        if found.kind == KNOWN:
            raise
        blank = _blank(found.layout[JOURNAL].size)
        saved = SavedJournal(None, md5(blank, usedforsecurity=False).hexdigest(), JournalImage())  # made so in _write
    if saved.path:
        ledger.append(
            BACKED_UP,
            mac=device.mac,
            backup=str(saved.path),
            journal_md5=saved.md5,
            waiting=len(saved.journal.waiting),
            device_id=saved.journal.device_id,
        )
    return saved


def _write(device: Device, plan: Plan, found: Found, saved: SavedJournal, show: Show) -> list[str]:
    """The names of the parts that were not there yet."""
    journal = found.layout[JOURNAL]
    if plan.whole and saved.path is None and device.md5(journal.offset, journal.size) != saved.md5:
        device.erase(journal.offset, journal.size)
    area = found.layout[IDENTITY]
    if plan.whole and read_identity(device, found.layout) is None and not device.holds(area.offset, _blank(area.size)):
        device.erase(area.offset, area.size)
    written = []
    for part in plan.parts:
        if not device.holds(part.offset, part.data):
            device.write(part.offset, part.data, _told(show, part.name))
            written.append(part.name)
    for part in plan.parts:
        if not device.holds(part.offset, part.data):
            raise DeviceError(f"the flash does not keep {part.name}: this device is worn or damaged, set it aside.")
    return written


def _identify(device: Device, order: Order, found: Found, journal: JournalImage, ledger: Ledger) -> str:
    """The serial that it has then. A new identity is asked for when nothing but writing it is left to do."""
    identity = order.identity
    if identity is None and order.server and order.token:
        identity = enrol(order.server, order.token, device.mac, order.serial or found.serial or None, journal)
        told = {"serial": identity.serial, "device_id": identity.device_id, "key_epoch": identity.key_epoch}
        ledger.append(ENROLLED, mac=device.mac, **told)
        check_identity(device.mac, found, journal, identity, ledger)
    if identity is None:
        _check_keys(device, found, ledger)
        return found.serial
    write_identity(device, found, identity, ledger)
    return str(identity.serial)


def _check_serial(device: Device, order: Order, found: Found) -> None:
    """That a device which keeps its identity is the one that is meant. Raises DeviceError."""
    if order.serial and found.serial not in ("", order.serial) and not (order.identity or order.token):
        raise DeviceError(f"{device.mac} is {found.serial} and not {order.serial}: is the wrong device plugged in?")


def _check_keys(device: Device, found: Found, ledger: Ledger) -> None:
    """That the server still believes the keys on it, as far as the ledger knows. Raises DeviceError."""
    given, has = ledger.last(device.mac, ENROLLED), found.identity
    if given and has and given["device_id"] == has.device_id and given["key_epoch"] > has.key_epoch:
        raise DeviceError(
            f"{device.mac} ({has.serial}) is flashed, but has the keys of epoch {has.key_epoch}, which the server "
            f"refuses since it gave those of epoch {given['key_epoch']}: say `provision` with a new token."
        )


def _told(show: Show, words: str) -> Tell:
    return lambda done, total: show(words, done, total)


def _blank(size: int) -> bytes:
    return bytes([BLANK]) * size


def _other_words(device: Device, found: Found) -> str:
    has = "another program's partition table" if found.old else "a partition table that cannot be read"
    return (
        f"{device.mac} has {has}. If nothing on it is needed, or to take over its files, say `migrate`: it saves all "
        "of its flash first."
    )
