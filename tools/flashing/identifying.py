"""Gives a device its identity: whether it may have this one, and writing it where only the device keeps it."""

from __future__ import annotations

from protocol.identity import Identity, encode_identity
from tools.flashing.device import Device
from tools.flashing.errors import DeviceError
from tools.flashing.journal_image import JournalImage
from tools.flashing.ledger import IDENTIFIED, Ledger
from tools.flashing.looking import Found, read_identity
from tools.flashing.partitions import IDENTITY


def check_identity(mac: str, found: Found, journal: JournalImage, identity: Identity, ledger: Ledger) -> None:
    """Whether this device may become that one. Raises DeviceError; nothing has been written by then."""
    if journal.journal_id and journal.device_id != identity.device_id:
        waits = len(journal.waiting)
        raise DeviceError(
            f"the journal holds answers of device {journal.device_id:08x} ({waits} not delivered), which the identity "
            f"of {identity.device_id:08x} could never send. Let it deliver them as the device that it is, or save them "
            "(`backup-journal`) and say `erase journal`."
        )
    old = found.identity
    if old and old.device_id == identity.device_id and identity.key_epoch < old.key_epoch:
        raise DeviceError(
            f"this identity has key epoch {identity.key_epoch}, the device has {old.key_epoch} already: the server "
            "would refuse it. Take a new one from the server."
        )
    for line in ledger.lines():
        same = line.get("device_id") == identity.device_id or line.get("serial") == identity.serial
        if line["event"] == IDENTIFIED and same and line["mac"] != mac:
            raise DeviceError(
                f"{identity.serial} is another device already ({line['mac']}, {line['at']}): two with one identity "
                "would lose answers. Enrol this one by itself."
            )


def check_same_device(mac: str, found: Found, identity: Identity) -> None:
    """That a device which has an identity keeps its number. Raises DeviceError; nothing has been written by then."""
    old = found.identity
    if old and old.device_id != identity.device_id:
        raise DeviceError(
            f"{mac} is {old.serial} (device {old.device_id:08x}) already, and this identity is of {identity.serial} "
            f"({identity.device_id:08x}): is the wrong device plugged in? To make another device of it, save all of it "
            "(`backup-journal --whole`) and say `erase everything`."
        )


def write_identity(device: Device, found: Found, identity: Identity, ledger: Ledger) -> bool:
    """Put it there and prove it; False when it was there already. No text and no line of the ledger holds a secret."""
    area = encode_identity(identity)
    offset = found.layout[IDENTITY].offset
    told = {"serial": identity.serial, "device_id": identity.device_id, "key_epoch": identity.key_epoch}
    changed = not device.holds(offset, area)
    if changed:
        device.write(offset, area)
        if read_identity(device, found.layout) != identity:
            raise DeviceError("the flash does not keep the identity: this device is worn or damaged, set it aside.")
    ledger.append(IDENTIFIED, mac=device.mac, **told)
    return changed
