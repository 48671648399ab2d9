"""Placements: which device is where, for which team, from when to when. A device is in one place at a time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from protocol.record import TEAM_MAX
from protocol.topics import device_name
from server.errors import OperatorError
from server.fleet.tables import Device, Location, Placement, Team


def place(
    session: Session,
    device: Device,
    team: Team,
    location: Location,
    from_at: datetime,
    to_at: datetime | None = None,
    team_choices: Sequence[Team] = (),
) -> Placement:
    """Place a device; `to_at` is exclusive, None is open. `team_choices`: what a nurse may choose on the device.

    An open placement ends where the next begins; any other overlap is refused.
    """
    if to_at is not None and to_at <= from_at:
        raise OperatorError(f"the placement would end ({to_at}) before it begins ({from_at}).")
    if len(team_choices) > TEAM_MAX:
        raise OperatorError(f"a placement offers at most {TEAM_MAX} teams to choose from.")
    # Two operators at once: the second waits here, then sees the first one's placement.
    session.execute(_locked(device))
    for other in session.scalars(_overlapping(device, from_at, to_at)):
        _refuse(device, other)
    placement = Placement(
        organisation_id=device.organisation_id,
        device_id=device.device_id,
        team_id=team.team_id,
        location_id=location.location_id,
        team_choices=[choice.team_id for choice in team_choices],
        from_at=from_at,
        to_at=to_at,
    )
    session.add(placement)
    session.flush()
    return placement
