"""The fleet for programs: devices as they stand, what they said of themselves, what they should hold."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.periods import instant
from server.api.access import needs
from server.api.cursors import CURSOR_CHARACTERS_MAX, instant_part, make_cursor, read_cursor, word_part
from server.api.parameters import only
from server.api.problems import ProblemError, in_query, make_problem, wrong_fields
from server.api.query import Day, Name
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession
from server.fleet.alerts import Alert, Kind
from server.fleet.held import held_states
from server.fleet.organisations import organisation_of
from server.fleet.roster import Entry, Said, Wanted, health, roster
from server.fleet.tables import Organisation
from server.fleet.watching import watched

PAGE, PAGE_MAX = 50, 200
NAMES_MAX = 50
FILTERS = ("state", "service", "team", "behind", "silent_since", "limit", "cursor")

router = APIRouter(prefix=PREFIX, tags=["fleet"], responses=refusals())

SeesFleet = Annotated[Viewer, needs(Right.SEE_FLEET)]
DeviceNumber = Annotated[str, Path(pattern="^[0-9a-f]{8}$", description="eight hex digits")]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
Cursor = Annotated[str | None, Query(max_length=CURSOR_CHARACTERS_MAX, description="links.next has the next page's")]
State = Literal["active", "lost", "revoked", "retired"]
Names = Annotated[list[Name], Query(max_length=NAMES_MAX)]


class DeviceStatus(BaseModel):
    """What a device said of itself at an instant of the server's clock."""

    at: datetime
    battery_mv: int
    clock_offset_s: Annotated[int | None, Field(description="how far its clock was ahead; null: it had none")]
    clock_quality: Annotated[int, Field(description="0 none, 1 uncertain, 2 drifting, 3 set within a day")]
    waiting: Annotated[int, Field(description="answers that it still held")]
    free_slots: int
    all_slots: int
    storage_used_percent: float | None
    application: str
    base: str
    held_revision: int
    counters: dict[str, int]


class AlertRow(BaseModel):
    """Something of a device that somebody should see to."""

    kind: Kind
    words: str


class DeviceRow(BaseModel):
    """One device as it stands. `waiting`: as it last said, less what has arrived since."""

    device: str
    serial: str
    mac: Annotated[str | None, Field(description="of its board, once that was enrolled")]
    state: str
    key_epoch: Annotated[int, Field(description="0: registered, and not enrolled yet")]
    enrolled_at: datetime
    team: str | None
    service: str | None
    location: str | None
    placed_at: datetime | None
    heard_at: datetime | None
    waiting: int
    lost_records: Annotated[int, Field(description="gaps: records that will never arrive")]
    desired_revision: int
    held_revision: int | None
    behind: bool
    lacking: Annotated[str, Field(description="what keeps the server from saying what it should hold; mostly empty")]
    status: DeviceStatus | None
    alerts: Annotated[list[AlertRow], Field(description="what to see to: overdue, low battery, clock, storage ...")]


class HeldItemRow(BaseModel):
    """One thing that a device should hold."""

    name: str
    revision: int
    size_bytes: int
    held: bool


class Links(BaseModel):
    """`next`: the address of the next page; null at the last."""

    next: str | None


class DevicesAnswer(BaseModel):
    """Devices by serial."""

    as_of: datetime
    data: list[DeviceRow]
    links: Links


class DeviceAnswer(BaseModel):
    """One device, and what it should hold."""

    as_of: datetime
    device: DeviceRow
    items: list[HeldItemRow]
    words: Annotated[str, Field(description="what an operator reads")]


class HealthAnswer(BaseModel):
    """What a device said of itself, newest first."""

    device: str
    data: list[DeviceStatus]
    links: Links


@router.get("/devices", operation_id="list_devices", dependencies=[only(*FILTERS, lists=("state", "service", "team"))])
def get_devices(
    request: Request,
    viewer: SeesFleet,
    session: OpenSession,
    *,
    state: Annotated[list[State], Query(max_length=NAMES_MAX)] = [],  # noqa: B006 - FastAPI copies it
    service: Names = [],  # noqa: B006
    team: Names = [],  # noqa: B006
    behind: bool | None = None,
    silent_since: datetime | None = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,  # noqa: ARG001 - read together with its question
) -> DevicesAnswer:
    """The devices that you look after: when each was heard, what waits on it, whether it holds what it should."""
    if silent_since is not None and silent_since.tzinfo is None:
        detail = "says no time zone: write it like 2026-11-23T09:00:00Z."
        raise ProblemError(wrong_fields(in_query("silent_since", detail)))
    place = read_cursor(request.query_params.multi_items(), word_part)
    wanted = Wanted(tuple(state), tuple(service), tuple(team), behind, silent_since)
    owner, now = organisation_of(session, viewer.organisation_id), request.app.state.now()
    after = place[0] if place else None
    found = roster(session, owner, now, viewer.teams(Right.SEE_FLEET), wanted, after, limit + 1)
    link = next_link(request, [found[limit - 1].serial]) if len(found) > limit else None
    return DevicesAnswer(as_of=now, data=device_rows(session, owner, found[:limit], now), links=Links(next=link))


@router.get("/devices/{device}", operation_id="get_device", dependencies=[only()])
def get_device(request: Request, device: DeviceNumber, viewer: SeesFleet, session: OpenSession) -> DeviceAnswer:
    """One device as it stands, and which of the things that it should hold it lacks."""
    owner, now = organisation_of(session, viewer.organisation_id), request.app.state.now()
    entry = seen_device(session, owner, viewer, device, now)
    [held] = held_states(session, owner, entry.device_id)
    behind = held.behind
    return DeviceAnswer(
        as_of=now,
        device=device_rows(session, owner, [entry], now)[0],
        items=[
            HeldItemRow(name=item.title, revision=item.revision, size_bytes=item.length, held=item not in behind)
            for item in held.items
        ],
        words=held.words,
    )


@router.get(
    "/devices/{device}/health",
    operation_id="get_device_health",
    dependencies=[only("from", "to", "limit", "cursor")],
)
def get_health(
    request: Request,
    device: DeviceNumber,
    viewer: SeesFleet,
    session: OpenSession,
    from_: Annotated[Day | None, Query(alias="from")] = None,
    to: Day | None = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,  # noqa: ARG001 - read together with its question
) -> HealthAnswer:
    """What a device said of itself from a local day on: battery, clock, storage, versions, what waited."""
    owner = organisation_of(session, viewer.organisation_id)
    entry = seen_device(session, owner, viewer, device, request.app.state.now())
    place = read_cursor(request.query_params.multi_items(), instant_part)
    before = place[0] if place else None
    zone = ZoneInfo(owner.timezone)
    span = (_begin(from_, zone), _begin(to, zone))
    found = health(session, owner, entry.device_id, span, before, limit + 1)
    link = next_link(request, [found[limit - 1].at.isoformat()]) if len(found) > limit else None
    return HealthAnswer(device=device, data=[_status(said) for said in found[:limit]], links=Links(next=link))


def seen_device(session: Session, owner: Organisation, viewer: Viewer, device: str, now: datetime) -> Entry:
    """The device of these eight hex digits, if the viewer looks after it. Raises ProblemError 404."""
    wanted = Wanted(device_id=int(device, 16))
    found = roster(session, owner, now, viewer.teams(Right.SEE_FLEET), wanted)
    if not found:
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is no device {device} here."))
    return found[0]


def next_link(request: Request, place: list[int | str]) -> str:
    """The address of the next page of the same question."""
    cursor = make_cursor(request.query_params.multi_items(), place)
    return f"{request.url.path}?{request.url.include_query_params(cursor=cursor).query}"


def _begin(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else instant(day, zone)


def device_rows(session: Session, owner: Organisation, entries: list[Entry], now: datetime) -> list[DeviceRow]:
    """As the interface tells devices."""
    found = watched(session, owner, entries, now)
    return [_row(entry, found[entry.device_id]) for entry in entries]


def _row(entry: Entry, alerts: list[Alert]) -> DeviceRow:
    said = entry.said
    return DeviceRow(
        device=device_name(entry.device_id),
        serial=entry.serial,
        mac=entry.mac,
        state=entry.state,
        key_epoch=entry.key_epoch,
        enrolled_at=entry.enrolled_at,
        team=entry.team,
        service=entry.service,
        location=entry.location,
        placed_at=entry.placed_at,
        heard_at=said.at if said else None,
        waiting=entry.waiting,
        lost_records=entry.lost_records,
        desired_revision=entry.desired_revision,
        held_revision=said.held_revision if said else None,
        behind=(said.held_revision if said else 0) < entry.desired_revision,
        lacking=entry.lacking,
        status=_status(said) if said else None,
        alerts=[AlertRow(kind=alert.kind, words=alert.words) for alert in alerts],
    )


def _status(said: Said) -> DeviceStatus:
    used = round(100 * (1 - said.free_slots / said.all_slots), 1) if said.all_slots else None
    return DeviceStatus(**said._asdict(), storage_used_percent=used)
