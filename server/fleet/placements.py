"""Placements: which device is where, for which team, from when to when; one place at a time."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from protocol.record import TEAM_MAX
from protocol.topics import device_name
from server.accounts.viewer import Teams
from server.database import on_keys
from server.errors import OperatorError
from server.fleet.device_settings import name_fault
from server.fleet.tables import IMPORT, Device, Location, Organisation, Placement, Team
from server.ingest.tables import Response


class PlacementRow(NamedTuple):
    """A placement with the words by which people name what it joins."""

    placement: Placement
    device_id: int
    serial: str
    team: str
    location: str


def place(
    session: Session,
    device: Device,
    team: Team,
    location: Location,
    from_at: datetime,
    *,
    to_at: datetime | None = None,
    team_choices: Sequence[Team] = (),
) -> Placement:
    """Place the device; `to_at` is exclusive, None is open. A nurse may choose of `team_choices`.

    Refused where it would overlap with another placement of the device.
    """
    if to_at is not None and to_at <= from_at:
        raise OperatorError(f"the placement would end ({to_at}) before it begins ({from_at}).")
    if len(team_choices) > TEAM_MAX:
        raise OperatorError(f"a placement offers at most {TEAM_MAX} teams to choose from.")
    for choice in team_choices:
        if name_fault(choice.name):
            raise OperatorError(f"team {choice.name} cannot be shown on a device to choose: {name_fault(choice.name)}.")
    refuse_stand_in(device)
    lock_device(session, device)
    _refuse_overlap(session, device, from_at, to_at)
    placement = Placement(
        organisation_id=device.organisation_id,
        device_id=device.device_id,
        team_id=team.team_id,
        location_id=location.location_id,
        team_choices=[team.team_id for team in team_choices],
        from_at=from_at,
        to_at=to_at,
    )
    session.add(placement)
    session.flush()
    return placement


def placements(
    session: Session,
    organisation: Organisation,
    teams: Teams,
    device_id: int | None = None,
    after: int = 0,
    limit: int = 0,
) -> list[PlacementRow]:
    """Past, present and future ones, by number from the one after `after`; with `teams`, only those for them.

    Those of imported responses are left out: no device stands anywhere there.
    """
    query = _rows(organisation).where(Placement.placement_id > after).order_by(Placement.placement_id)
    if limit:
        query = query.limit(limit)
    if teams is not None:
        query = query.where(Placement.team_id.in_(teams))
    if device_id is not None:
        query = query.where(Placement.device_id == device_id)
    return [PlacementRow(*row) for row in session.execute(query)]


def teams_since(session: Session, organisation: Organisation, device_id: int, day: date) -> frozenset[int]:
    """Every team that the device was, is or will be placed with from this local day on, and each that a nurse may
    choose there: all whose figures are of this device too.
    """
    begins = datetime.combine(day, time(), ZoneInfo(organisation.timezone))
    rows = session.scalars(
        select(Placement).where(
            Placement.organisation_id == organisation.organisation_id,
            Placement.device_id == device_id,
            or_(Placement.to_at.is_(None), Placement.to_at > begins),
        )
    )
    return frozenset(team for row in rows for team in (row.team_id, *row.team_choices))


def find_placement(session: Session, organisation: Organisation, placement_id: int) -> PlacementRow | None:
    """The placement of this number."""
    found = session.execute(_rows(organisation).where(Placement.placement_id == placement_id)).one_or_none()
    return None if found is None else PlacementRow(*found)


def end_placement(session: Session, device: Device, to_at: datetime) -> Placement:
    """End the device's open placement, so that it can be placed elsewhere from `to_at` on."""
    refuse_stand_in(device)
    lock_device(session, device)
    placement = session.scalar(_placements(device).where(Placement.to_at.is_(None)))
    if placement is None or placement.from_at >= to_at:
        name = device_name(device.device_id)
        raise OperatorError(f"device {name} has no open placement that began before {to_at}.")
    return cut_placement(session, device, placement, to_at)


def cut_placement(session: Session, device: Device, placement: Placement, to_at: datetime) -> Placement:
    """End this placement, open or not, at `to_at`, unless answers after it are counted there. The device is locked."""
    last = session.scalar(
        select(func.max(Response.answered_at)).where(
            Response.organisation_id == device.organisation_id,
            Response.device_id == device.device_id,
            Response.placement_id == placement.placement_id,
        )
    )
    if last is not None and last >= to_at:
        raise OperatorError(
            f"responses up to {last} are counted there already: end the placement after that, or, if the device was "
            "elsewhere by then, say `pet device correct-placement`, which counts them there."
        )
    placement.to_at = to_at
    return placement


def _rows(organisation: Organisation) -> Select[*tuple[Any, ...]]:
    return (
        select(Placement, Device.device_id, Device.serial, Team.code, Location.code)
        .join(Device, on_keys(Device, Placement, "device_id"))
        .join(Team, on_keys(Team, Placement, "team_id"))
        .join(Location, on_keys(Location, Placement, "location_id"))
        .where(Placement.organisation_id == organisation.organisation_id, Device.state != IMPORT)
    )


def refuse_stand_in(device: Device) -> None:
    """Raises OperatorError for what stands for imported responses."""
    if device.state == IMPORT:
        raise OperatorError(
            f"{device.serial} is no device: it stands for imported responses, whose files say the team."
        )


def lock_device(session: Session, device: Device) -> None:
    # Two operators at once: the second waits, then sees what the first one did. The same holds for ingest, which counts
    # each response where its device stands: both wait for each other, as long as one transaction takes.
    session.execute(
        select(Device.device_id)
        .where(Device.organisation_id == device.organisation_id, Device.device_id == device.device_id)
        .with_for_update(key_share=True)
    )


def _placements(device: Device) -> Select[Placement]:
    return select(Placement).where(
        Placement.organisation_id == device.organisation_id, Placement.device_id == device.device_id
    )


def _refuse_overlap(session: Session, device: Device, from_at: datetime, to_at: datetime | None) -> None:
    query = _placements(device).where(or_(Placement.to_at.is_(None), Placement.to_at > from_at))
    if to_at is not None:
        query = query.where(Placement.from_at < to_at)
    other = session.scalars(query.order_by(Placement.from_at)).first()
    if other is not None:
        until = "open" if other.to_at is None else f"until {other.to_at}"
        raise OperatorError(
            f"device {device_name(device.device_id)} is placed from {other.from_at} ({until}) already: "
            "choose another time, or end that placement with `pet device unplace`."
        )
