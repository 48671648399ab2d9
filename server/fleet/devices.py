"""Devices: enrolled with keys of their own, rekeyed, lost, revoked. Their numbers are never reused."""

import re
import secrets
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from protocol.envelope import KEY_BYTES
from protocol.identity import Identity
from protocol.topics import device_name
from server.errors import OperatorError
from server.fleet.keys import KeyRing
from server.fleet.macs import mac_in
from server.fleet.passwords import broker_password
from server.fleet.tables import ACTIVE, IMPORT, LOST, RETIRED, REVOKED, Device, DeviceKey, Organisation
from server.fleet.turns import take_turn

SERIAL_LENGTH_MAX = 64
FIRST_EPOCH = 1
NUMBER_LIKE = re.compile("[0-9a-fA-F]{8}")  # what names a device on the broker and in commands


def enrol(
    session: Session,
    organisation: Organisation,
    serial: str,
    enrolled_at: datetime,
    key_ring: KeyRing,
    mac: str | None = None,
) -> Identity:
    """A new device with its first keys, which the Identity holds in clear: it belongs on the device only.

    `mac`: of its board, in normal form; a serial that is one says it too.
    """
    check_serial(serial)
    mac = mac or mac_in(serial)
    take_turn(session, organisation.organisation_id)
    same = Device.serial == serial
    if mac is not None:
        same = or_(same, Device.mac == mac)
    known = session.scalar(select(Device).where(Device.organisation_id == organisation.organisation_id, same))
    if known is not None:
        raise OperatorError(
            f"{serial} is device {device_name(known.device_id)} already, and keeps that number: "
            "`pet device rotate-key` gives it new keys."
        )
    device = Device(
        organisation_id=organisation.organisation_id,
        serial=serial,
        mac=mac,
        state=ACTIVE,
        enrolled_at=enrolled_at,
        key_epoch=FIRST_EPOCH,
    )
    session.add(device)
    session.flush()
    return _issue_keys(session, device, enrolled_at, key_ring)


def rotate_key(session: Session, device: Device, now: datetime, key_ring: KeyRing) -> Identity:
    """New keys under the next epoch; from now on only messages sealed with them count."""
    if device.state in (REVOKED, RETIRED, IMPORT):
        raise OperatorError(
            f"device {device_name(device.device_id)} is {device.state}: say `pet device reinstate` first."
        )
    session.execute(
        update(DeviceKey)
        .where(
            DeviceKey.organisation_id == device.organisation_id,
            DeviceKey.device_id == device.device_id,
            DeviceKey.key_epoch == device.key_epoch,
        )
        .values(retired_at=now)
    )
    device.key_epoch += 1
    return _issue_keys(session, device, now, key_ring)


def revoke(device: Device) -> None:
    """From now on whatever it sends is refused; the broker puts it out as soon as that is committed."""
    _move(device, (ACTIVE, LOST), REVOKED)


def mark_lost(device: Device) -> None:
    """From now on whatever it sends is kept in quarantine."""
    _move(device, (ACTIVE,), LOST)


def retire(device: Device) -> None:
    """It has left service in good order: whatever it sends is refused."""
    _move(device, (ACTIVE, LOST, REVOKED), RETIRED)


def reinstate(device: Device) -> None:
    """It counts again. What it sent while lost waits in quarantine for server.ingest.replay."""
    _move(device, (LOST, REVOKED, RETIRED), ACTIVE)


def find_device(session: Session, organisation: Organisation, word: str) -> Device:
    """A device by its serial, or by the 8 hex digits that name it on the broker."""
    devices = select(Device).where(Device.organisation_id == organisation.organisation_id)
    found = session.scalar(devices.where(Device.serial == word))
    if found is None:
        named = [device for device in session.scalars(devices) if device_name(device.device_id) == word]
        if not named:
            raise OperatorError(f"there is no device {word}: name its serial, or its 8 hex digits.")
        found = named[0]
    return found


def check_serial(serial: str) -> None:
    """Raises OperatorError for what no handheld may be called."""
    if not serial or len(serial) > SERIAL_LENGTH_MAX or not serial.isascii() or not serial.isprintable():
        raise OperatorError(f"a serial is 1 to {SERIAL_LENGTH_MAX} printable ASCII characters, like the MAC.")
    if NUMBER_LIKE.fullmatch(serial):
        raise OperatorError(f"{serial} reads like a device's 8 hex digits, and would hide that device: add a sign.")


def _issue_keys(session: Session, device: Device, now: datetime, key_ring: KeyRing) -> Identity:
    key = secrets.token_bytes(KEY_BYTES)
    session.add(
        DeviceKey(
            organisation_id=device.organisation_id,
            device_id=device.device_id,
            key_epoch=device.key_epoch,
            wrapped_key=key_ring.wrap(key, device.organisation_id, device.device_id, device.key_epoch),
            created_at=now,
        )
    )
    session.flush()
    return Identity(device.serial, device.device_id, device.key_epoch, key, broker_password(key))


def _move(device: Device, allowed: tuple[str, ...], state: str) -> None:
    if device.state not in allowed:
        so = "already" if device.state == state else f"and cannot become {state}"
        raise OperatorError(f"device {device_name(device.device_id)} ({device.serial}) is {device.state} {so}.")
    device.state = state
