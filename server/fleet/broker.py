"""The broker's accounts and access rules, written from the database; whoever is not in there stays out."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.topics import ALL_UP, PREFIX, device_name
from server.database import on_keys
from server.fleet.files import replace_file
from server.fleet.passwords import hash_password
from server.fleet.tables import ACTIVE, LOST, Device, DeviceKey

# One for each listener. Where ingest connects, client ids are free: a device let in there could take ingest's.
DEVICE_PASSWORDS_FILE = "device-passwords"
INGEST_PASSWORDS_FILE = "ingest-passwords"
ACCESS_FILE = "acl"
# Readable by the group of the directory, so that Mosquitto can read them again after it has given up root.
FILE_MODE = 0o640

ACCESS_HEAD = """\
# Written by `pet broker write`; changes made here are lost. What is not named is refused: Mosquitto denies by
# default once it has an acl_file. Each device reaches its own topics and nothing else.
"""


def write_broker_files(session: Session, directory: Path, ingest_user: str, ingest_password: str) -> int:
    """Replace the files; the number of devices in them. The broker reads them again when sent SIGHUP.

    Active and lost devices are let in (what a lost one sends is evidence); revoked and retired ones are not.
    """
    accounts = list(
        session.execute(
            select(Device.device_id, DeviceKey.password_hash)
            .join(DeviceKey, on_keys(DeviceKey, Device, "device_id", "key_epoch"))
            .where(Device.state.in_((ACTIVE, LOST)))
            .order_by(Device.device_id)
        )
    )
    devices = {device_name(device_id): password_hash for device_id, password_hash in accounts}
    write_accounts(directory, ingest_user, hash_password(ingest_password), devices)
    return len(accounts)


def write_accounts(directory: Path, ingest_user: str, ingest_hash: str, devices: dict[str, str]) -> None:
    """Replace the files: ingest's account, and the devices' by name, each with its password's hash."""
    passwords = [f"{name}:{password_hash}" for name, password_hash in devices.items()]
    access = [ACCESS_HEAD, *_rules(ingest_user, f"{PREFIX}/+/down/#", ALL_UP)]
    for name in devices:
        access += _rules(name, f"{PREFIX}/{name}/up/#", f"{PREFIX}/{name}/down/#")
    # Accounts first: rules without an account open nothing, an account without rules may do nothing.
    replace_file(directory / INGEST_PASSWORDS_FILE, _text([f"{ingest_user}:{ingest_hash}"]), FILE_MODE)
    replace_file(directory / DEVICE_PASSWORDS_FILE, _text(passwords), FILE_MODE)
    replace_file(directory / ACCESS_FILE, _text(access), FILE_MODE)


def _rules(user: str, may_write: str, may_read: str) -> list[str]:
    return [f"user {user}", f"topic write {may_write}", f"topic read {may_read}", ""]


def _text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
