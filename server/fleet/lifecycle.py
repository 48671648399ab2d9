"""A device's life beside its keys: registered, moved, lent, lost and found again, revoked, retired."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.errors import OperatorError
from server.fleet import devices
from server.fleet.device_settings import open_settings, setting_rows
from server.fleet.keys import OpenKeyRing
from server.fleet.macs import mac_in, normal_mac
from server.fleet.placements import cut_placement, end_placement, lock_device, place
from server.fleet.roster import Wanted, roster
from server.fleet.scope import scopes_around
from server.fleet.tables import ACTIVE, LOST, RETIRED, REVOKED, Device, Location, Organisation, Placement, Team
from server.fleet.turns import take_turn
from server.ingest.replay import replay

NO_KEYS_YET = 0  # the key epoch of a device that was registered and not enrolled


class Changed(NamedTuple):
    """What a change of state came to. `networks`: of a lost device, the Wi-Fi networks whose passwords it knows."""

    delivered: int = 0
    left: int = 0
    networks: tuple[str, ...] = ()


def register(session: Session, organisation: Organisation, serial: str, at: datetime, mac: str | None = None) -> Device:
    """A device that can be placed before it is there; enrolled at a bench, it gets its keys."""
    devices.check_serial(serial)
    mac = normal_mac(mac) if mac else mac_in(serial)
    take_turn(session, organisation.organisation_id)  # so that of two who register one board, one is told
    same = [Device.serial == serial, *([Device.mac == mac] if mac else [])]
    known = session.scalar(select(Device).where(Device.organisation_id == organisation.organisation_id, or_(*same)))
    if known is not None:
        raise OperatorError(f"{known.serial} is device {device_name(known.device_id)} already, and keeps that number.")
    device = Device(
        organisation_id=organisation.organisation_id,
        serial=serial,
        mac=mac,
        state=ACTIVE,
        enrolled_at=at,
        key_epoch=NO_KEYS_YET,
    )
    session.add(device)
    session.flush()
    return device


def change_state(
    session: Session, organisation: Organisation, device: Device, state: str, now: datetime, open_key_ring: OpenKeyRing
) -> Changed:
    """Raises OperatorError for a state that this device cannot come to. The caller makes desired states anew."""
    if state == LOST:
        devices.mark_lost(device)
        return Changed(networks=networks_known_to(session, device, now, open_key_ring))
    if state == REVOKED:
        devices.revoke(device)
        return Changed()
    if state == RETIRED:
        _refuse_while_answers_wait(session, organisation, device, now)
        devices.retire(device)
        _leave(session, device, now)
        return Changed()
    devices.reinstate(device)
    session.flush()
    return Changed(*replay(session.connection(), now, device_id=device.device_id))


def move(
    session: Session,
    device: Device,
    team: Team,
    location: Location,
    at: datetime,
    team_choices: Sequence[Team] = (),
) -> Placement:
    """From `at` on it stands elsewhere: the placement that is open ends there, and another begins."""
    end_placement(session, device, at)
    session.flush()
    return place(session, device, team, location, at, team_choices=team_choices)


def lend(
    session: Session,
    device: Device,
    team: Team,
    location: Location,
    from_at: datetime,
    until_at: datetime,
    team_choices: Sequence[Team] = (),
) -> tuple[Placement, Placement]:
    """For a time it stands elsewhere, and then where it stood before: both placements."""
    if until_at <= from_at:
        raise OperatorError(f"it would be back ({until_at}) before it is lent ({from_at}).")
    home = end_placement(session, device, from_at)
    session.flush()
    lent = place(session, device, team, location, from_at, to_at=until_at, team_choices=team_choices)
    here = home.organisation_id
    back = place(
        session,
        device,
        session.get_one(Team, (here, home.team_id)),
        session.get_one(Location, (here, home.location_id)),
        until_at,
        team_choices=[session.get_one(Team, (here, each)) for each in home.team_choices],
    )
    return lent, back


def networks_known_to(session: Session, device: Device, now: datetime, open_key_ring: OpenKeyRing) -> tuple[str, ...]:
    """The names of the Wi-Fi networks that its settings hold; none where no settings, or no key file, say them."""
    placed = _placed_with(session, device, now)
    team_id = placed.team_id if placed else None
    service_id = session.get_one(Team, (device.organisation_id, team_id)).service_id if team_id is not None else None
    rows = [row for row in setting_rows(session, device.organisation_id) if row.name == "wifi"]
    try:
        known = open_settings(rows, device.organisation_id, open_key_ring)
    except OperatorError:
        return ()  # to mark a device lost must work without it
    found: list[dict[str, Any]] = known.resolve(scopes_around(device.device_id, team_id, service_id)).get("wifi", [])
    return tuple(network["ssid"] for network in found)


def _placed_with(session: Session, device: Device, now: datetime) -> Placement | None:
    """Where it stands, or stood last: its settings are those of that team."""
    return session.scalar(
        select(Placement)
        .where(
            Placement.organisation_id == device.organisation_id,
            Placement.device_id == device.device_id,
            Placement.from_at <= now,
        )
        .order_by(Placement.from_at.desc())
        .limit(1)
    )


def _refuse_while_answers_wait(session: Session, organisation: Organisation, device: Device, now: datetime) -> None:
    [entry] = roster(session, organisation, now, None, Wanted(device_id=device.device_id))
    if device.state in (ACTIVE, LOST) and entry.waiting:
        name = f"device {device_name(device.device_id)}"
        raise OperatorError(
            f"{name} still holds {entry.waiting} answers: let it sync first, or revoke it where they are lost."
        )


def _leave(session: Session, device: Device, now: datetime) -> None:
    """It is placed nowhere from now on: what has begun ends, also where it was lent; what was to come is not."""
    here = (Placement.organisation_id == device.organisation_id, Placement.device_id == device.device_id)
    lock_device(session, device)
    session.execute(delete(Placement).where(*here, Placement.from_at >= now))
    begun = session.scalar(select(Placement).where(*here, or_(Placement.to_at.is_(None), Placement.to_at > now)))
    if begun is not None:
        cut_placement(session, device, begun, now)
