"""Who takes part in the league of responses, for programs: read by whoever may know, said by who sets targets there."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.parameters import only
from server.api.problems import ProblemError, in_body, make_problem, unknown_name
from server.api.query import Name
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.fleet.league import Area, areas, choose
from server.fleet.organisations import organisation_of

router = APIRouter(prefix=PREFIX, tags=["league"], responses=refusals())

AreaKind = Literal["service", "team"]


class LeagueArea(BaseModel):
    """A service or team. `said`: its own word; null where it said nothing, and a team follows its service."""

    scope: AreaKind
    name: Annotated[str, Field(description="its code")]
    opted_in: Annotated[bool, Field(description="whether it takes part")]
    said: bool | None
    said_by: str | None
    said_at: datetime | None


class LeagueAreasAnswer(BaseModel):
    """Those that take part, and one's own; each service before its teams."""

    data: list[LeagueArea]


class LeagueWord(BaseModel):
    """Whether a service or team takes part from now on. Whoever asks has said it."""

    model_config = ConfigDict(extra="forbid")

    scope: AreaKind
    name: Annotated[Name, Field(description="the code of the service or team")]
    opted_in: bool


@router.get("/league/areas", operation_id="list_league_areas", dependencies=[only()])
def get_areas(viewer: Annotated[Viewer, needs(Right.SEE_FIGURES)], session: OpenSession) -> LeagueAreasAnswer:
    """The services and teams that take part in the league, and those of one's own that do not."""
    found = areas(session, viewer.organisation_id)
    return LeagueAreasAnswer(data=[_answer(area) for area in found if _knows(viewer, area)])


@router.put("/league/areas", operation_id="set_league_area", dependencies=[only()])
def put_area(
    request: Request,
    body: LeagueWord,
    viewer: Annotated[Viewer, needs(Right.IMPROVE)],
    session: WritingSession,
) -> LeagueArea:
    """Let a service or team take part, or no longer. Its own people say so: who may improve all of it."""
    asked = _area(session, viewer, body)
    if not all(viewer.may(Right.IMPROVE, team) for team in asked.teams) or not (
        asked.teams or viewer.may_everywhere(Right.IMPROVE)
    ):
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, "Its own people decide that."))
    owner = organisation_of(session, viewer.organisation_id)
    choose(session, owner, asked.scope, viewer.actor, request.app.state.now(), opted_in=body.opted_in)
    return _answer(_area(session, viewer, body))


def _area(session: Session, viewer: Viewer, body: LeagueWord) -> Area:
    """What the body names, if the viewer sees it. Raises ProblemError."""
    for area in areas(session, viewer.organisation_id):
        if (area.scope.scope_kind, area.code) == (body.scope, body.name) and _sees(viewer, Right.SEE_FIGURES, area):
            return area
    raise ProblemError(unknown_name(in_body("name", detail=f"There is no {body.scope} {body.name} here.")))


def _knows(viewer: Viewer, area: Area) -> bool:
    """Who does not take part is named to nobody but their own people."""
    return _sees(viewer, Right.SEE_FIGURES, area) and (area.opted_in or _sees(viewer, Right.SEE_DETAIL, area))


def _sees(viewer: Viewer, right: Right, area: Area) -> bool:
    """Whether something of it is within reach."""
    return viewer.may_everywhere(right) or any(viewer.may(right, team) for team in area.teams)


def _answer(area: Area) -> LeagueArea:
    return LeagueArea.model_validate(
        {
            "scope": area.scope.scope_kind,
            "name": area.code,
            "opted_in": area.opted_in,
            "said": area.said.opted_in if area.said else None,
            "said_by": area.said.chosen_by if area.said else None,
            "said_at": area.said.chosen_at if area.said else None,
        }
    )
