"""The devices that somebody looks after, as they stand: where, how they said they are, what has not arrived."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import FromClause, Row, Select, func, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from protocol.instants import to_unix
from server.accounts.viewer import Teams
from server.database import on_keys
from server.fleet.rollout_tables import Desired
from server.fleet.tables import IMPORT, Device, Location, Organisation, Placement, Service, Team
from server.ingest.tables import Connection, Gap, Journal

PLACED = ("team_id", "team", "service", "location", "from_at")


class Wanted(NamedTuple):
    """Which devices: of these states, services and teams (codes; none named: all), behind or not, silent since."""

    states: Collection[str] = ()
    services: Collection[str] = ()
    teams: Collection[str] = ()
    behind: bool | None = None
    silent_since: datetime | None = None
    device_id: int | None = None


class Said(NamedTuple):
    """What a device said of itself. `clock_offset_s`: how far its clock was ahead; None where it had no clock."""

    at: datetime
    battery_mv: int
    clock_offset_s: int | None
    clock_quality: int
    waiting: int
    free_slots: int
    all_slots: int
    application: str
    base: str
    held_revision: int
    counters: dict[str, int]


class Entry(NamedTuple):
    """One device. `waiting`: what it last said less what has arrived since. `lost_records`: those that never will."""

    device_id: int
    serial: str
    mac: str | None
    state: str
    key_epoch: int
    enrolled_at: datetime
    team_id: int | None
    team: str | None
    service: str | None
    location: str | None
    placed_at: datetime | None
    desired_revision: int
    lacking: str
    waiting: int
    lost_records: int
    said: Said | None


def roster(
    session: Session,
    organisation: Organisation,
    at: datetime,
    teams: Teams,
    wanted: Wanted,
    after: str | None = None,
    limit: int | None = None,
) -> list[Entry]:
    """Devices by serial, from the one after `after`. `teams`: those looked after; None for all, unplaced ones too."""
    placed, said = _placed(organisation, at), _said()
    query = (
        select(
            Device.device_id,
            Device.serial,
            Device.mac,
            Device.state,
            Device.key_epoch,
            Device.enrolled_at,
            *(placed.c[name] for name in PLACED),
            func.coalesce(Desired.revision, 0).label("revision"),
            func.coalesce(Desired.lacking, "").label("lacking"),
            _lost(),
            said,
        )
        .select_from(Device)
        .outerjoin(placed, on_keys(placed.c, Device, "device_id"))
        .outerjoin(said, true())
        .outerjoin(Desired, on_keys(Desired, Device, "device_id"))
        .where(Device.organisation_id == organisation.organisation_id, Device.state != IMPORT)
        .order_by(Device.serial)
        .limit(limit)
    )
    query = _narrowed(query, placed, said, wanted)
    if teams is not None:
        query = query.where(placed.c.team_id.in_(teams))
    if after is not None:
        query = query.where(Device.serial > after)
    return [_entry(row) for row in session.execute(query)]


def health(
    session: Session,
    organisation: Organisation,
    device_id: int,
    span: tuple[datetime | None, datetime | None],
    before: datetime | None = None,
    limit: int | None = None,
) -> list[Said]:
    """What a device said of itself from the first instant of `span` up to the second, newest first.

    `before`: only what came earlier than that. Statuses that may be replays are left out.
    """
    first, end = span
    query = (
        select(*_columns())
        .select_from(Connection)
        .where(
            Connection.organisation_id == organisation.organisation_id,
            Connection.device_id == device_id,
            Connection.confirmed_at.is_not(None),
        )
        .order_by(Connection.received_at.desc())
        .limit(limit)
    )
    if first is not None:
        query = query.where(Connection.received_at >= first)
    for bound in (end, before):
        if bound is not None:
            query = query.where(Connection.received_at < bound)
    return [_said_by(row) for row in session.execute(query)]


def _narrowed(query: Select[Any], placed: FromClause, said: FromClause, wanted: Wanted) -> Select[Any]:
    if wanted.states:
        query = query.where(Device.state.in_(wanted.states))
    if wanted.services:
        query = query.where(placed.c.service.in_(wanted.services))
    if wanted.teams:
        query = query.where(placed.c.team.in_(wanted.teams))
    if wanted.device_id is not None:
        query = query.where(Device.device_id == wanted.device_id)
    if wanted.silent_since is not None:
        query = query.where(or_(said.c.received_at.is_(None), said.c.received_at < wanted.silent_since))
    if wanted.behind is not None:
        behind = func.coalesce(said.c.desired_revision, 0) < func.coalesce(Desired.revision, 0)
        query = query.where(behind if wanted.behind else ~behind)
    return query


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        row.device_id,
        row.serial,
        row.mac,
        row.state,
        row.key_epoch,
        row.enrolled_at,
        row.team_id,
        row.team,
        row.service,
        row.location,
        row.from_at,
        row.revision,
        row.lacking,
        max(0, row.last_sequence - row.stored_through) if row.received_at else 0,
        int(row.lost_records),
        _said_by(row) if row.received_at else None,
    )


def _said_by(row: Row[Any]) -> Said:
    offset = to_unix(row.clock) - round(row.received_at.timestamp()) if row.clock else None
    return Said(
        row.received_at,
        row.battery_mv,
        offset,
        row.quality,
        max(0, row.last_sequence - row.acked_through),
        row.free_slots,
        row.all_slots,
        row.application,
        row.base,
        row.desired_revision,
        row.counters,
    )


def _columns() -> list[Any]:
    names = (
        "received_at",
        "battery_mv",
        "clock",
        "quality",
        "last_sequence",
        "acked_through",
        "free_slots",
        "all_slots",
        "application",
        "base",
        "desired_revision",
        "counters",
    )
    return [getattr(Connection, name) for name in names]


def _said() -> FromClause:
    """The newest confirmed status of a device, and how far its journal is in custody."""
    return (
        select(*_columns(), func.coalesce(Journal.stored_through, 0).label("stored_through"))
        .select_from(Connection)
        .outerjoin(Journal, on_keys(Journal, Connection, "device_id", "journal_id"))
        .where(on_keys(Connection, Device, "device_id"), Connection.confirmed_at.is_not(None))
        .order_by(Connection.received_at.desc())
        .limit(1)
        .lateral()
    )


def _placed(organisation: Organisation, at: datetime) -> FromClause:
    """Of each device the newest placement that holds at `at`; read at once, for device by device takes far longer."""
    return (
        select(
            Placement.organisation_id,
            Placement.device_id,
            Placement.team_id,
            Team.code.label("team"),
            Service.code.label("service"),
            Location.code.label("location"),
            Placement.from_at,
        )
        .select_from(Placement)
        .join(Team, on_keys(Team, Placement, "team_id"))
        .join(Service, on_keys(Service, Team, "service_id"))
        .join(Location, on_keys(Location, Placement, "location_id"))
        .where(
            Placement.organisation_id == organisation.organisation_id,
            Placement.from_at <= at,
            or_(Placement.to_at.is_(None), Placement.to_at > at),
        )
        .ext(distinct_on(Placement.organisation_id, Placement.device_id))
        .order_by(Placement.organisation_id, Placement.device_id, Placement.from_at.desc())
        .subquery()
    )


def _lost() -> Any:
    return (
        select(func.coalesce(func.sum(Gap.last_sequence - Gap.first_sequence + 1), 0))
        .where(on_keys(Gap, Device, "device_id"))
        .correlate(Device)
        .scalar_subquery()
        .label("lost_records")
    )
