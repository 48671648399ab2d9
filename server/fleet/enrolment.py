"""Enrolment at a bench: a one-use token admits one board, which gets its number and keys, or keeps its number."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.identity import Identity
from protocol.topics import device_name
from server.accounts.credentials import ENROLMENT, hash_secret, is_secret, make_secret
from server.accounts.grants import reach_of
from server.accounts.rights import Right
from server.accounts.tables import ACTIVE, Person
from server.errors import OperatorError
from server.fleet import devices
from server.fleet.enrolment_tables import EnrolmentToken
from server.fleet.keys import KeyRing
from server.fleet.macs import normal_mac
from server.fleet.tables import IMPORT, RETIRED, REVOKED, Device, Organisation
from server.fleet.turns import take_turn

TOKEN_LASTS = timedelta(minutes=15)  # long enough for a device on the bench, too short for a note that is found
TOKENS_MAX = 100  # at once: a tray of devices


class WrongTokenError(OperatorError):
    """A token that admits nobody."""


class RefusedError(OperatorError):
    """This board cannot be enrolled like this; `field` of what was sent is in the way."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Waiting(NamedTuple):
    """What lies in the journal on the board: whose records, and how many no server has acked."""

    device_id: int
    records: int


class Enrolled(NamedTuple):
    """`known`: the board had been enrolled before, and keeps its number."""

    identity: Identity
    mac: str | None
    known: bool


def make_tokens(session: Session, organisation_id: int, made_by: str, at: datetime, count: int = 1) -> list[str]:
    """So many new tokens, in clear here and nowhere else."""
    secrets = [make_secret(ENROLMENT) for _ in range(count)]
    for secret in secrets:
        session.add(
            EnrolmentToken(
                organisation_id=organisation_id,
                secret_hash=hash_secret(secret),
                made_by=made_by,
                created_at=at,
                expires_at=at + TOKEN_LASTS,
            )
        )
    session.flush()
    return secrets


def find_token(session: Session, secret: str, at: datetime) -> EnrolmentToken:
    """The token, locked: of two who show it at once the second finds it used. Raises WrongTokenError in words."""
    row = None
    if is_secret(secret, ENROLMENT):
        row = session.scalar(
            select(EnrolmentToken).where(EnrolmentToken.secret_hash == hash_secret(secret)).with_for_update()
        )
    if row is None:
        raise WrongTokenError("This is no enrolment token of this server: `pet enrolment token` makes one.")
    if row.used_at is not None:
        raise WrongTokenError(f"This token was used at {row.used_at:%Y-%m-%d %H:%M} UTC: each enrols one device.")
    if row.expires_at <= at:
        raise WrongTokenError(f"This token ended at {row.expires_at:%Y-%m-%d %H:%M} UTC: make a new one.")
    maker = session.scalar(
        select(Person).where(Person.organisation_id == row.organisation_id, Person.email == row.made_by.split(",")[0])
    )
    if maker is not None and not _may_enrol(session, maker, at):
        raise WrongTokenError("Whoever made this token may enrol devices no more: ask somebody who may for a new one.")
    return row


def _may_enrol(session: Session, maker: Person, at: datetime) -> bool:
    """Whether they still may, for the whole fleet; of one made on the command line nobody asks."""
    reach = reach_of(session, maker.organisation_id, maker.person_id, at)
    return maker.state == ACTIVE and Right.MANAGE_FLEET in reach and reach[Right.MANAGE_FLEET] is None


def enrol_by_token(
    session: Session,
    token: EnrolmentToken,
    mac: str,
    serial: str | None,
    waiting: Waiting | None,
    at: datetime,
    key_ring: KeyRing,
) -> Enrolled:
    """As `enrol_device`, and the token is used up. Whatever is refused raises, and with the transaction is undone."""
    organisation = session.get_one(Organisation, token.organisation_id)
    made = enrol_device(session, organisation, serial, at, key_ring, mac=mac, waiting=waiting)
    token.used_at, token.device_id = at, made.identity.device_id
    session.flush()
    return made


def enrol_device(
    session: Session,
    organisation: Organisation,
    serial: str | None,
    at: datetime,
    key_ring: KeyRing,
    *,
    mac: str | None = None,
    waiting: Waiting | None = None,
) -> Enrolled:
    """The board of this MAC as a device with new keys: its own number where it had one, else a new one.

    Without a MAC the serial alone names a new device. `at`: when it was enrolled, of one that is new. Raises
    RefusedError, OperatorError. The caller makes the desired states anew and commits.
    """
    # One at a time in an organisation: two benches that enrol one board at once get one device.
    take_turn(session, organisation.organisation_id)
    if mac is None:
        if serial is None:
            raise OperatorError("name a serial or a MAC.")
        return Enrolled(devices.enrol(session, organisation, serial, at, key_ring), None, known=False)
    mac = normal_mac(mac)
    device = _device_of(session, organisation, mac, serial)
    if waiting is not None and waiting.records and (device is None or device.device_id != waiting.device_id):
        raise RefusedError(
            "journal",
            f"{waiting.records} records of device {device_name(waiting.device_id)} wait on this board, and could never "
            "be sent under another number: let that device deliver them first, or back its journal up and erase it.",
        )
    if device is None:
        return Enrolled(devices.enrol(session, organisation, serial or mac, at, key_ring, mac), mac, known=False)
    known = device.key_epoch > 0
    device.mac = mac
    device.enrolled_at = device.enrolled_at if known else at
    return Enrolled(devices.rotate_key(session, device, at, key_ring), mac, known=known)


def _device_of(session: Session, organisation: Organisation, mac: str, serial: str | None) -> Device | None:
    """The device that this board is already; or the one of this serial, where that has no board yet."""
    found = session.scalar(select(Device).where(Device.mac == mac))
    if found is not None:
        if found.organisation_id != organisation.organisation_id:
            raise RefusedError("mac", f"the board {mac} is enrolled at another organisation of this server.")
        if serial is not None and serial != found.serial:
            raise RefusedError(
                "serial",
                f"the board {mac} is {found.serial}, device {device_name(found.device_id)}, and keeps that number: "
                f"enrol it as {found.serial}.",
            )
    elif serial is not None:
        here = Device.organisation_id == organisation.organisation_id
        found = session.scalar(select(Device).where(here, Device.serial == serial))
        if found is not None and found.mac is not None:
            raise RefusedError(
                "serial",
                f"{serial} is device {device_name(found.device_id)}, which has the board {found.mac}, not {mac}: a "
                "device keeps its board. Give this one a serial of its own.",
            )
    if found is not None and found.state in (REVOKED, RETIRED, IMPORT):
        name = f"device {device_name(found.device_id)} ({found.serial})"
        raise RefusedError("mac", f"{name} is {found.state}: say `pet device reinstate` first.")
    return found
