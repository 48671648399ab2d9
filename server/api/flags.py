"""Misuse set or cleared by a person, response by response, with the reason; and all that was said before."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs, require
from server.api.improving import problems
from server.api.parameters import only
from server.api.problems import ProblemError, make_problem
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.evidence.flags import REASON_CHARACTERS_MAX, ResponseState, find_response, flag_history, set_flag
from server.evidence.names import FORM, ResponseKey, parse_name
from server.improvement.identity import refuse_identity

SOME_WORDS = r"^[^\x00]*[^\s\x00][^\x00]*$"  # PostgreSQL's text holds every letter but NUL

router = APIRouter(prefix=PREFIX, tags=["responses"], responses=refusals())
ResponseName = Annotated[
    str, Path(pattern=f"^{FORM.pattern}$", description="a response: device, journal and sequence, as lists name it")
]


class FlagChange(BaseModel):
    """Whether the response is misuse, and why that is said."""

    model_config = ConfigDict(extra="forbid")

    flagged: Annotated[bool | None, Field(description="null: as its device said")]
    reason: Annotated[str, Field(min_length=1, max_length=REASON_CHARACTERS_MAX, pattern=SOME_WORDS)]


class FlagWord(BaseModel):
    """What somebody said of the response."""

    flagged: bool | None
    reason: str
    set_by: str
    set_at: datetime


class FlagAnswer(BaseModel):
    """How the response counts, and everything that was said of it, oldest first."""

    response: str
    flagged: Annotated[bool, Field(description="whether it is left out of figures as misuse")]
    device_flagged: Annotated[bool, Field(description="what its device said")]
    history: list[FlagWord]


@router.get("/responses/{response}/flag", operation_id="get_response_flag", dependencies=[only()])
def get_flag(
    response: ResponseName, viewer: Annotated[Viewer, needs(Right.SEE_DETAIL)], session: OpenSession
) -> FlagAnswer:
    """Whether a response counts as misuse, and who said so."""
    key, found = _find(session, viewer, response, Right.SEE_DETAIL)
    return _answer(session, viewer, key, found)


@router.patch("/responses/{response}/flag", operation_id="set_response_flag", dependencies=[only()])
def patch_flag(
    request: Request,
    response: ResponseName,
    body: FlagChange,
    viewer: Annotated[Viewer, needs(Right.FLAG)],
    session: WritingSession,
) -> FlagAnswer:
    """Set or clear it; every figure counts the response accordingly from now on. Nothing is deleted."""
    key, _ = _find(session, viewer, response, Right.FLAG)
    with problems():
        refuse_identity(reason=body.reason)
    now = request.app.state.now()
    found = set_flag(session, viewer.organisation_id, key, flagged=body.flagged, reason=body.reason, now=now)
    if found is None:
        raise _missing(response)
    return _answer(session, viewer, key, found)


def _find(session: Session, viewer: Viewer, name: str, right: Right) -> tuple[ResponseKey, ResponseState]:
    key = parse_name(name)
    found = find_response(session, viewer.organisation_id, key) if key is not None else None
    if key is None or found is None or not viewer.may(Right.SEE_DETAIL, found.team_id):
        raise _missing(name)  # nobody is told of single responses that they may not see
    require(viewer, right, found.team_id, f"There is no response {name} here.")
    return key, found


def _missing(name: str) -> ProblemError:
    return ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is no response {name} here."))


def _answer(session: Session, viewer: Viewer, key: ResponseKey, found: ResponseState) -> FlagAnswer:
    history = [
        FlagWord(flagged=word.flagged, reason=word.reason, set_by=word.set_by, set_at=word.set_at)
        for word in flag_history(session, viewer.organisation_id, key)
    ]
    return FlagAnswer(response=key.name(), flagged=found.flagged, device_flagged=found.device_flagged, history=history)
