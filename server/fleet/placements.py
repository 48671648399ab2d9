"""Placements: which device is where, for which team, from when to when; one place at a time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from protocol.record import TEAM_MAX
from protocol.topics import device_name
from server.errors import OperatorError
from server.fleet.device_settings import name_fault
from server.fleet.tables import Device, Location, Placement, Team
from server.ingest.tables import Response


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
    _lock(session, device)
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


def end_placement(session: Session, device: Device, to_at: datetime) -> Placement:
    """End the device's open placement, so that it can be placed elsewhere from `to_at` on."""
    _lock(session, device)
    placement = session.scalar(_placements(device).where(Placement.to_at.is_(None)))
    if placement is None or placement.from_at >= to_at:
        name = device_name(device.device_id)
        raise OperatorError(f"device {name} has no open placement that began before {to_at}.")
    last = session.scalar(
        select(func.max(Response.answered_at)).where(
            Response.organisation_id == device.organisation_id,
            Response.device_id == device.device_id,
            Response.placement_id == placement.placement_id,
        )
    )
    if last is not None and last >= to_at:
        # Their counts stand under this placement's team; moving counts needs an audit, which this is not.
        raise OperatorError(f"responses up to {last} are counted there already: end the placement after that.")
    placement.to_at = to_at
    return placement


def _lock(session: Session, device: Device) -> None:
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
