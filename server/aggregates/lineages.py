"""Where what was asked about belonged at an instant: that decides whose target it had to reach then."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.aggregates.devices import Lineage
from server.aggregates.scope import Scope
from server.database import on_keys
from server.fleet.tables import Placement, Service, Team


class Stay(NamedTuple):
    """A device with a team, from an instant on; `to_at` None: it still is."""

    device_id: int
    team_id: int
    service_id: int
    from_at: datetime
    to_at: datetime | None


@dataclass(frozen=True)
class Lineages:
    """Of one scope. `fixed`: where it always belonged, if no device was named; else `devices` were, with their stays,
    the older first.
    """

    fixed: Lineage
    devices: tuple[int, ...] = ()
    stays: Collection[Stay] = ()

    def at(self, instant: datetime) -> Lineage:
        """What all of it belonged to: a team, if all were with it, else the service of all; a device itself, if one."""
        if not self.devices:
            return self.fixed
        found = {
            stay.device_id: stay
            for stay in self.stays
            if stay.from_at <= instant and (stay.to_at is None or instant < stay.to_at)
        }
        device_id = self.devices[0] if len(self.devices) == 1 else None
        if len(found) < len(self.devices):
            return Lineage(device_id)
        return Lineage(
            device_id,
            _only({stay.team_id for stay in found.values()}),
            _only({stay.service_id for stay in found.values()}),
        )


def lineages_of(session: Session, scope: Scope) -> Lineages:
    """Past and present of a scope. Of a device, only its time with teams within the scope, that the viewer may see."""
    if scope.devices and len(scope.teams) == 1:  # what was answered there was answered for that team
        return Lineages(within_team(session, scope, Lineage(_only(scope.devices))))
    if scope.devices:
        return Lineages(Lineage(), scope.devices, _stays(session, scope))
    services: Collection[int] = scope.services
    if scope.teams:
        query = select(Team.service_id).where(
            Team.organisation_id == scope.place.organisation_id, Team.team_id.in_(scope.teams)
        )
        services = set(session.scalars(query))
    return Lineages(Lineage(team_id=_only(scope.teams), service_id=_only(services)))


def within_team(session: Session, scope: Scope, lineage: Lineage) -> Lineage:
    """Of a part of a scope that names one team: answers given there are held to that team's target."""
    if len(scope.teams) != 1:
        return lineage
    [team_id] = scope.teams
    team = session.get_one(Team, (scope.place.organisation_id, team_id))
    return Lineage(lineage.device_id, team_id, team.service_id)


def _stays(session: Session, scope: Scope) -> list[Stay]:
    query = (
        select(Placement.device_id, Placement.team_id, Team.service_id, Placement.from_at, Placement.to_at)
        .join(Team, on_keys(Team, Placement, "team_id"))
        .join(Service, on_keys(Service, Team, "service_id"))
        .where(Placement.organisation_id == scope.place.organisation_id, Placement.device_id.in_(scope.devices))
        .order_by(Placement.from_at)
    )
    within = (
        (Placement.team_id, scope.teams or None),
        (Team.service_id, scope.services or None),
        (Service.directorate_id, scope.directorates or None),
        (Placement.team_id, scope.visible),
    )
    for column, keys in within:
        query = query if keys is None else query.where(column.in_(keys))
    return [Stay(*row) for row in session.execute(query)]


def _only(keys: Collection[int]) -> int | None:
    """The one key there is; None where there are none or several."""
    return next(iter(keys)) if len(keys) == 1 else None
