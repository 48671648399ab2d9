"""The devices of a scope: where each is now, when it was last heard, and what was answered on it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, func, or_, select, true
from sqlalchemy.orm import Session

from server.aggregates.counts import Tally, tallies
from server.aggregates.dimensions import DEVICE
from server.aggregates.periods import Period
from server.aggregates.scope import Scope
from server.fleet.tables import ACTIVE, IMPORT, Device, Location, Placement, Service, Team
from server.ingest.tables import Connection, Journal


@dataclass(frozen=True)
class Lineage:
    """What a target may be set for: a device, its team, the team's service; None where several are meant."""

    device_id: int | None = None
    team_id: int | None = None
    service_id: int | None = None


@dataclass(frozen=True)
class Standing:
    """One device as it stands. `caught_up_at`: all that was answered on it until then is in custody here."""

    device_id: int
    serial: str
    state: str
    team: str | None
    service: str | None
    location: str | None
    lineage: Lineage
    placed_at: datetime | None
    heard_at: datetime | None
    waiting: int  # as it last said, less what has arrived since
    caught_up_at: datetime

    @property
    def in_use(self) -> bool:
        """Whether answers are to be expected from it."""
        return self.state == ACTIVE and self.placed_at is not None


def device_tallies(session: Session, scope: Scope, period: Period) -> dict[int, Tally]:
    """The tally of each device that has one. Undated answers count where the period has no ends."""
    return {device_id: tally for (device_id,), tally in tallies(session, scope, period, (DEVICE,)).items()}


def standings(session: Session, scope: Scope, at: datetime, also: Collection[int] = ()) -> list[Standing]:
    """Every device placed within the scope at the instant `at`, and those in `also`; in order of serial."""
    placed = _newest_placement(at)
    heard = _newest_status()
    caught_up = _newest_status(Connection.last_sequence <= Journal.stored_through)
    here = and_(Device.organisation_id == scope.place.organisation_id, Device.state != IMPORT)  # a file is no device
    wanted = [placed.c.team_id.is_not(None)]
    wanted += [placed.c.service_id.in_(scope.services)] if scope.services else []
    wanted += [placed.c.directorate_id.in_(scope.directorates)] if scope.directorates else []
    wanted += [placed.c.team_id.in_(scope.teams)] if scope.teams else []
    wanted += [Device.device_id.in_(scope.devices)] if scope.devices else []
    if scope.devices and not (scope.services or scope.teams or scope.directorates):
        wanted = [Device.device_id.in_(scope.devices)]  # also one that lies on the bench
    if scope.visible is not None:
        wanted.append(placed.c.team_id.in_(scope.visible))
    query = (
        select(
            Device.device_id,
            Device.serial,
            Device.state,
            Device.enrolled_at,
            placed,
            heard.c.received_at,
            heard.c.waiting,
            caught_up.c.received_at,
        )
        .select_from(Device)
        .outerjoin(placed, true())
        .outerjoin(heard, true())
        .outerjoin(caught_up, true())
        .where(here, or_(and_(*wanted), Device.device_id.in_(also)))
        .order_by(Device.serial)
    )
    found = [_standing(*row) for row in session.execute(query)]
    return found if scope.visible is None else [_as_seen(each, scope.visible) for each in found]


def _standing(device_id: int, serial: str, state: str, enrolled_at: datetime, *row: Any) -> Standing:
    team_id, service_id, _directorate_id, team, service, location, placed_at, heard_at, waiting, caught_up_at = row
    return Standing(
        device_id=device_id,
        serial=serial,
        state=state,
        team=team,
        service=service,
        location=location,
        lineage=Lineage(device_id, team_id, service_id),
        placed_at=placed_at,
        heard_at=heard_at,
        waiting=waiting or 0,
        caught_up_at=caught_up_at or placed_at or enrolled_at,  # before, there was nothing to answer
    )


def _as_seen(standing: Standing, visible: frozenset[int]) -> Standing:
    """Of a device that has left for a team that the viewer may not see: not where it is, nor what waits there."""
    if standing.lineage.team_id is None or standing.lineage.team_id in visible:
        return standing
    lineage = Lineage(standing.device_id)
    return replace(standing, team=None, service=None, location=None, lineage=lineage, placed_at=None, waiting=0)


def _newest_placement(at: datetime) -> FromClause:
    def same(left: type[Team | Location], key: str) -> ColumnElement[bool]:
        return and_(left.organisation_id == Placement.organisation_id, getattr(left, key) == getattr(Placement, key))

    return (
        select(
            Placement.team_id,
            Team.service_id,
            Service.directorate_id,
            Team.name.label("team"),
            Service.name.label("service"),
            Location.name.label("location"),
            Placement.from_at,
        )
        .select_from(Placement)
        .join(Team, same(Team, "team_id"))
        .join(Location, same(Location, "location_id"))
        .join(
            Service,
            and_(Service.organisation_id == Team.organisation_id, Service.service_id == Team.service_id),
        )
        .where(
            Placement.organisation_id == Device.organisation_id,
            Placement.device_id == Device.device_id,
            Placement.from_at <= at,
            or_(Placement.to_at.is_(None), Placement.to_at > at),
        )
        .order_by(Placement.from_at.desc())
        .limit(1)
        .lateral()
    )


def _newest_status(*conditions: ColumnElement[bool]) -> FromClause:
    """The newest confirmed status of a device, with how much of what it announced has not arrived yet."""
    return (
        select(
            Connection.received_at,
            func.greatest(Connection.last_sequence - Journal.stored_through, 0).label("waiting"),
        )
        .select_from(Connection)
        .join(
            Journal,
            and_(
                Journal.organisation_id == Connection.organisation_id,
                Journal.device_id == Connection.device_id,
                Journal.journal_id == Connection.journal_id,
            ),
        )
        .where(
            Connection.organisation_id == Device.organisation_id,
            Connection.device_id == Device.device_id,
            Connection.confirmed_at.is_not(None),
            *conditions,
        )
        .order_by(Connection.received_at.desc())
        .limit(1)
        .lateral()
    )
