"""Devices changed by programs: registered, moved and lent, lost and found again, revoked, retired."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from protocol.record import TEAM_MAX
from server.accounts.viewer import Viewer
from server.api.blame import blaming, conflicting
from server.api.devices import DeviceNumber, DeviceRow, device_rows, seen_device
from server.api.enrolments import MAC_CHARACTERS_MAX, require_whole_fleet
from server.api.idempotency import CreateOnce
from server.api.parameters import only
from server.api.placements import (
    Instant,
    ManagesFleet,
    PlacementAnswer,
    follow,
    managed_team,
    placement_answers,
    require_managed,
)
from server.api.query import Name
from server.api.reference import PREFIX, refusals
from server.api.sessions import WritingSession
from server.fleet.devices import SERIAL_LENGTH_MAX, find_device
from server.fleet.keys import open_key_ring
from server.fleet.lifecycle import change_state, lend, move, register
from server.fleet.organisations import find_location, organisation_of
from server.fleet.placements import find_placement
from server.fleet.roster import Wanted, roster
from server.fleet.tables import Device, Organisation

router = APIRouter(prefix=PREFIX, tags=["fleet"], responses=refusals(409), dependencies=[only()])


class NewDevice(BaseModel):
    """A device that is to come; it gets its keys when its board is enrolled at a bench."""

    model_config = ConfigDict(extra="forbid")

    serial: Annotated[str, Field(min_length=1, max_length=SERIAL_LENGTH_MAX)]
    mac: Annotated[str | None, Field(max_length=MAC_CHARACTERS_MAX)] = None


class NewState(BaseModel):
    """What a device becomes: lost, revoked, retired, or active again."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["active", "lost", "revoked", "retired"]


class StateAnswer(BaseModel):
    """A device in its new state, and what follows from it."""

    as_of: datetime
    device: DeviceRow
    wifi_to_change: Annotated[list[str], Field(description="of a lost device: networks whose passwords it knows")]
    delivered: Annotated[int, Field(description="of one that is active again: answers out of quarantine")]
    still_quarantined: int


class Move(BaseModel):
    """Where a device goes, and when; with `until_at` it is lent, and stands where it stood before from then on."""

    model_config = ConfigDict(extra="forbid")

    team: Name
    location: Name
    from_at: Instant
    until_at: Instant | None = None
    choices: Annotated[list[Name], Field(max_length=TEAM_MAX)] = []


class MoveAnswer(BaseModel):
    """The placements that it made."""

    data: list[PlacementAnswer]


@router.post("/devices", operation_id="register_device", status_code=201, response_model=DeviceRow)
def post_device(
    request: Request, body: NewDevice, viewer: ManagesFleet, session: WritingSession, once: CreateOnce
) -> Response:
    """Register a device, so that it can be placed before its board is enrolled."""
    require_whole_fleet(viewer)
    owner, now = organisation_of(session, viewer.organisation_id), request.app.state.now()

    def make() -> DeviceRow:
        with conflicting("serial"):
            made = register(session, owner, body.serial, now, body.mac)
        follow(request, session, owner)
        return _row(session, owner, made.device_id, now)

    return once.create(make, lambda made: f"{PREFIX}/devices/{made.device}")


@router.patch("/devices/{device}", operation_id="change_device")
def patch_device(
    request: Request, device: DeviceNumber, body: NewState, viewer: ManagesFleet, session: WritingSession
) -> StateAnswer:
    """Mark a device lost, revoke or retire it, or make it active again. The broker follows while ingest runs."""
    owner, row = managed(request, session, viewer, device)
    now, path = request.app.state.now(), request.app.state.settings.key_file
    with conflicting("state"):
        changed = change_state(session, owner, row, body.state, now, lambda: open_key_ring(path))
    follow(request, session, owner)
    return StateAnswer(
        as_of=now,
        device=_row(session, owner, row.device_id, now),
        wifi_to_change=list(changed.networks),
        delivered=changed.delivered,
        still_quarantined=changed.left,
    )


@router.post("/devices/{device}/moves", operation_id="move_device", status_code=201, response_model=MoveAnswer)
def post_move(
    request: Request, device: DeviceNumber, body: Move, viewer: ManagesFleet, session: WritingSession, once: CreateOnce
) -> Response:
    """Move a device to another team or place, or lend it for a time."""

    def make() -> MoveAnswer:
        owner, row = managed(request, session, viewer, device)
        team = managed_team(session, owner, viewer, body.team, "team")
        choices = [managed_team(session, owner, viewer, code, "choices", n) for n, code in enumerate(body.choices)]
        with blaming("location"):
            location = find_location(session, owner, body.location)
        with conflicting("from_at"):
            if body.until_at is None:
                made = [move(session, row, team, location, body.from_at, choices)]
            else:
                made = [*lend(session, row, team, location, body.from_at, body.until_at, choices)]
        follow(request, session, owner)
        rows = [find_placement(session, owner, each.placement_id) for each in made]
        return MoveAnswer(data=placement_answers(session, owner, [row for row in rows if row is not None]))

    return once.create(make, lambda _: f"{PREFIX}/placements?device={device}")


def managed(request: Request, session: Session, viewer: Viewer, device: str) -> tuple[Organisation, Device]:
    """The device, which the viewer looks after and manages. One that stands nowhere is the whole organisation's."""
    owner = organisation_of(session, viewer.organisation_id)
    entry = seen_device(session, owner, viewer, device, request.app.state.now())
    if entry.team_id is None:
        require_whole_fleet(viewer)
    else:
        require_managed(viewer, entry.team_id, entry.team or "")
    return owner, find_device(session, owner, entry.serial)


def _row(session: Session, owner: Organisation, device_id: int, now: datetime) -> DeviceRow:
    [row] = device_rows(session, owner, roster(session, owner, now, None, Wanted(device_id=device_id)), now)
    return row
