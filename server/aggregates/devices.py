"""The devices of a scope: where each is now, when it was last heard, and what was answered on it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from protocol.topics import device_name
from server.aggregates.counts import Tally, tallies
from server.aggregates.dimensions import DEVICE
from server.aggregates.periods import Period
from server.aggregates.scope import Scope
from server.database import on_keys
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


def looked_after(standing: Standing, scope: Scope) -> bool:
    """Whether the viewer sees the fleet where the device is; else it is an area of figures to them, and no more."""
    return scope.fleet is None or standing.lineage.team_id in scope.fleet


def shown_name(standing: Standing, scope: Scope) -> str:
    """What is printed on the device, or else the eight hex digits by which its figures are asked for."""
    return standing.serial if looked_after(standing, scope) else device_name(standing.device_id)


def device_tallies(session: Session, scope: Scope, period: Period) -> dict[int, Tally]:
    """The tally of each device that has one. Undated answers count where the period has no ends."""
    return {device_id: tally for (device_id,), tally in tallies(session, scope, period, (DEVICE,)).items()}


def standings(session: Session, scope: Scope, at: datetime, also: Collection[int] = ()) -> list[Standing]:
    """Every device placed within the scope at the instant `at`, and those in `also`; in order of serial."""
    placed = _placements(scope, at)
    heard = _newest_status()
    here = and_(Device.organisation_id == scope.place.organisation_id, Device.state != IMPORT)  # a file is no device
    query = (
        select(
            Device.device_id,
            Device.serial,
            Device.state,
            Device.enrolled_at,
            placed.c.team_id,
            placed.c.service_id,
            placed.c.team,
            placed.c.service,
            placed.c.location,
            placed.c.from_at,
            heard.c.received_at,
            _waiting(heard),
            _caught_up_at(heard),
        )
        .select_from(Device)
        .outerjoin(placed, placed.c.device_id == Device.device_id)
        .outerjoin(heard, true())
        .outerjoin(Journal, _journal_of(heard))
        .where(here, or_(and_(*_wanted(scope, placed)), Device.device_id.in_(also)))
        .order_by(Device.serial)
    )
    found = [_standing(*row) for row in session.execute(query)]
    return found if scope.visible is None else [_as_seen(each, scope.visible) for each in found]


def _standing(device_id: int, serial: str, state: str, enrolled_at: datetime, *row: Any) -> Standing:
    team_id, service_id, team, service, location, placed_at, heard_at, waiting, caught_up_at = row
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


def _wanted(scope: Scope, placed: FromClause) -> list[ColumnElement[bool]]:
    """Conditions on a device and where it is placed."""
    wanted: list[ColumnElement[bool]] = [placed.c.team_id.is_not(None)]
    wanted += [placed.c.service_id.in_(scope.services)] if scope.services else []
    wanted += [placed.c.directorate_id.in_(scope.directorates)] if scope.directorates else []
    wanted += [placed.c.team_id.in_(scope.teams)] if scope.teams else []
    wanted += [Device.device_id.in_(scope.devices)] if scope.devices else []
    if scope.devices and not (scope.services or scope.teams or scope.directorates):
        wanted = [Device.device_id.in_(scope.devices)]  # also one that lies on the bench
    if scope.visible is not None:
        wanted.append(placed.c.team_id.in_(scope.visible))
    return wanted


def _placements(scope: Scope, at: datetime) -> FromClause:
    """Of each device the newest placement that holds at `at`; read at once, for device by device takes far longer."""
    return (
        select(
            Placement.device_id,
            Placement.team_id,
            Team.service_id,
            Service.directorate_id,
            Team.name.label("team"),
            Service.name.label("service"),
            Location.name.label("location"),
            Placement.from_at,
        )
        .ext(distinct_on(Placement.device_id))
        .select_from(Placement)
        .join(Team, on_keys(Team, Placement, "team_id"))
        .join(Location, on_keys(Location, Placement, "location_id"))
        .join(Service, on_keys(Service, Team, "service_id"))
        .where(
            Placement.organisation_id == scope.place.organisation_id,
            Placement.from_at <= at,
            or_(Placement.to_at.is_(None), Placement.to_at > at),
        )
        .order_by(Placement.device_id, Placement.from_at.desc())
        .subquery("placed")
    )


def _newest_status() -> FromClause:
    """Of a device, the newest confirmed one."""
    columns = (Connection.journal_id, Connection.received_at, Connection.last_sequence)
    return _confirmed(*columns).lateral("heard")


def _confirmed(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .where(on_keys(Connection, Device, "device_id"), Connection.confirmed_at.is_not(None))
        .order_by(Connection.received_at.desc())
        .limit(1)
        .correlate(Device)
    )


def _journal_of(heard: FromClause) -> ColumnElement[bool]:
    """The journal that the status tells of: how far it has arrived."""
    return and_(on_keys(Journal, Device, "device_id"), Journal.journal_id == heard.c.journal_id)


def _waiting(heard: FromClause) -> ColumnElement[int]:
    """How much of what the status announced has not arrived yet; None: there was no status."""
    return func.greatest(heard.c.last_sequence - func.coalesce(Journal.stored_through, 0), 0)


def _caught_up_at(heard: FromClause) -> ColumnElement[datetime]:
    """When the newest status came of whose announced records all have arrived: the newest one, mostly."""
    theirs = aliased(Journal)
    arrived = (
        _confirmed(Connection.received_at)
        .join(theirs, on_keys(theirs, Connection, "device_id", "journal_id"))
        .where(Connection.last_sequence <= theirs.stored_through)
    )
    return case((heard.c.last_sequence <= Journal.stored_through, heard.c.received_at), else_=arrived.scalar_subquery())
