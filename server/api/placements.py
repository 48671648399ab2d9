"""Placements for programs: which device is where, for which team, from when to when."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from protocol.record import TEAM_MAX
from protocol.topics import device_name
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.blame import blaming, conflicting
from server.api.cursors import number_part, read_cursor
from server.api.devices import PAGE, Cursor, Limit, Links, SeesFleet, next_link, seen_device
from server.api.idempotency import CreateOnce
from server.api.parameters import only
from server.api.problems import ProblemError, in_body, make_problem, unknown_name, wrong_fields
from server.api.query import Name
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.fleet.desired import refresh
from server.fleet.devices import find_device
from server.fleet.keys import OpenKeyRing, open_key_ring
from server.fleet.organisations import find_location, organisation_of
from server.fleet.organisations import teams as teams_of
from server.fleet.placements import PlacementRow, end_placement, find_placement, place, placements
from server.fleet.tables import Organisation, Team

PLACEMENT_MAX = 2**31 - 1  # PostgreSQL's integer

router = APIRouter(prefix=PREFIX, tags=["fleet"], responses=refusals())

ManagesFleet = Annotated[Viewer, needs(Right.MANAGE_FLEET)]
Instant = Annotated[AwareDatetime, Field(ge=datetime(2020, 1, 1, tzinfo=UTC), le=datetime(2155, 1, 1, tzinfo=UTC))]
DeviceWord = Annotated[str, Field(pattern="^[0-9a-f]{8}$", description="eight hex digits")]


class PlacementAnswer(BaseModel):
    """One placement. `until_at` is exclusive; null: open."""

    placement: int
    device: str
    serial: str
    team: str
    location: str
    choices: Annotated[list[str], Field(description="teams that a nurse may choose instead, in this order")]
    from_at: datetime
    until_at: datetime | None


class PlacementsAnswer(BaseModel):
    """Placements in the order in which they were made."""

    data: list[PlacementAnswer]
    links: Links


class NewPlacement(BaseModel):
    """Where a device is, and for which team, from when on."""

    model_config = ConfigDict(extra="forbid")

    device: DeviceWord
    team: Name
    location: Name
    from_at: Instant
    until_at: Instant | None = None
    choices: Annotated[list[Name], Field(max_length=TEAM_MAX)] = []


class EndedPlacement(BaseModel):
    """When an open placement ends."""

    model_config = ConfigDict(extra="forbid")

    until_at: Instant


@router.get("/placements", operation_id="list_placements", dependencies=[only("device", "limit", "cursor")])
def get_placements(
    request: Request,
    viewer: SeesFleet,
    session: OpenSession,
    device: Annotated[str | None, Query(pattern="^[0-9a-f]{8}$")] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,  # noqa: ARG001 - read together with its question
) -> PlacementsAnswer:
    """Past, present and future placements for the teams that you look after."""
    after = read_cursor(request.query_params.multi_items(), number_part)
    owner = organisation_of(session, viewer.organisation_id)
    number = None if device is None else int(device, 16)
    teams = viewer.teams(Right.SEE_FLEET)
    found = placements(session, owner, teams, number, after[0] if after else 0, limit + 1)
    link = next_link(request, [found[limit - 1].placement.placement_id]) if len(found) > limit else None
    return PlacementsAnswer(data=placement_answers(session, owner, found[:limit]), links=Links(next=link))


@router.post(
    "/placements",
    operation_id="create_placement",
    status_code=201,
    response_model=PlacementAnswer,
    responses=refusals(409),
    dependencies=[only()],
)
def create_placement(
    request: Request, body: NewPlacement, viewer: ManagesFleet, session: WritingSession, once: CreateOnce
) -> Response:
    """Place a device. What devices should hold follows in the same transaction."""
    return once.create(
        lambda: _placed(request, session, viewer, body), lambda made: f"{PREFIX}/placements?device={made.device}"
    )


@router.patch("/placements/{placement}", operation_id="end_placement", responses=refusals(409), dependencies=[only()])
def patch_placement(
    request: Request,
    placement: Annotated[int, Path(ge=1, le=PLACEMENT_MAX)],
    body: EndedPlacement,
    viewer: ManagesFleet,
    session: WritingSession,
) -> PlacementAnswer:
    """End an open placement, after the last answer that is counted there."""
    owner = organisation_of(session, viewer.organisation_id)
    found = find_placement(session, owner, placement)
    if found is None or not viewer.may(Right.SEE_FLEET, found.placement.team_id):
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is no placement {placement} here."))
    require_managed(viewer, found.placement.team_id, found.team)
    if found.placement.to_at is not None:
        raise ProblemError(
            make_problem(HTTPStatus.CONFLICT, f"Placement {placement} ends at {found.placement.to_at} already.")
        )
    with conflicting("until_at"):
        end_placement(session, find_device(session, owner, found.serial), body.until_at)
    follow(request, session, owner)
    return placement_answers(session, owner, [found])[0]


def follow(request: Request, session: Session, owner: Organisation) -> None:
    """Make the devices' desired states anew, at the end of what changes them."""
    path = request.app.state.settings.key_file
    key_ring: OpenKeyRing = lambda: open_key_ring(path)  # noqa: E731 - opened where a secret is needed
    refresh(session, key_ring, request.app.state.now(), owner.organisation_id)


def _placed(request: Request, session: Session, viewer: Viewer, body: NewPlacement) -> PlacementAnswer:
    owner = organisation_of(session, viewer.organisation_id)
    entry = seen_device(session, owner, viewer, body.device, request.app.state.now())
    if entry.team_id is not None:
        require_managed(viewer, entry.team_id, entry.team or "")
    team = managed_team(session, owner, viewer, body.team, "team")
    choices = [managed_team(session, owner, viewer, code, "choices", place) for place, code in enumerate(body.choices)]
    with blaming("location"):
        location = find_location(session, owner, body.location)
    if body.until_at is not None and body.until_at <= body.from_at:
        raise ProblemError(wrong_fields(in_body("until_at", detail="is not after from_at.")))
    with conflicting():
        made = place(
            session,
            find_device(session, owner, entry.serial),
            team,
            location,
            body.from_at,
            to_at=body.until_at,
            team_choices=choices,
        )
    follow(request, session, owner)
    row = PlacementRow(made, entry.device_id, entry.serial, team.code, location.code)
    return placement_answers(session, owner, [row])[0]


def managed_team(session: Session, owner: Organisation, viewer: Viewer, code: str, *steps: str | int) -> Team:
    """A team that the viewer manages devices of; one that they do not see does not exist."""
    found = [
        team for team, _ in teams_of(session, owner) if team.code == code and viewer.may(Right.SEE_FLEET, team.team_id)
    ]
    if not found:
        raise ProblemError(unknown_name(in_body(*steps, detail=f"There is no team {code} here.")))
    require_managed(viewer, found[0].team_id, code)
    return found[0]


def require_managed(viewer: Viewer, team_id: int, team: str) -> None:
    """That the viewer manages this team's devices. Raises ProblemError 403."""
    if not viewer.may(Right.MANAGE_FLEET, team_id):
        raise ProblemError(
            make_problem(HTTPStatus.FORBIDDEN, f"Your account does not manage the devices of team {team}.")
        )


def placement_answers(session: Session, owner: Organisation, rows: list[PlacementRow]) -> list[PlacementAnswer]:
    """As the interface tells placements."""
    codes = {team.team_id: team.code for team, _ in teams_of(session, owner)}
    return [
        PlacementAnswer(
            placement=row.placement.placement_id,
            device=device_name(row.device_id),
            serial=row.serial,
            team=row.team,
            location=row.location,
            choices=[codes[number] for number in row.placement.team_choices],
            from_at=row.placement.from_at,
            until_at=row.placement.to_at,
        )
        for row in rows
    ]
