"""The Friends and Family Test's month: its own six options and its own denominator, never mixed with positivity."""

from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.custody import data_version
from server.aggregates.scope import find_place
from server.api.answering import answered
from server.api.figures import links
from server.api.problems import ProblemError, in_query, wrong_fields
from server.api.shapes import Links, Percent
from server.errors import OperatorError
from server.fft.submission import Submission, SubmissionRow, submission
from server.fleet.tables import Organisation

Month = Annotated[str, Query(pattern=r"^\d{4}-\d\d$", description="like 2026-10")]


class FriendsRow(BaseModel):
    """One service grouping."""

    grouping: str
    services: list[str]
    n: Annotated[int, Field(description="answers: all six options, don't know among them")]
    very_good: int
    good: int
    neither: int
    poor: int
    very_poor: int
    dont_know: int
    positive_percent: Percent | None
    negative_percent: Percent | None
    eligible: Annotated[int | None, Field(description="people who could have been asked: not known here")]
    modes: Annotated[list[str], Field(description="how responses were collected: mode=number")]
    flagged: Annotated[int, Field(description="suspected misuse, left out")]
    lacking: Annotated[list[str], Field(description="of the six, options that its questions do not offer")]


class FriendsAnswer(BaseModel):
    """GET /api/v1/stats/fft."""

    month: str
    complete: bool
    data_version: int
    notes: list[str]
    data: list[FriendsRow]
    links: Links


def read_friends(session: Session, viewer: Viewer, month: str, request: Request) -> FriendsAnswer:
    """Of the teams whose single counts the viewer may see. Raises ProblemError."""
    organisation = session.get_one(Organisation, viewer.organisation_id)
    try:
        found = submission(session, organisation, month, request.app.state.now(), viewer.teams(Right.SEE_DETAIL))
    except OperatorError as error:
        raise ProblemError(wrong_fields(in_query("month", str(error)))) from None
    return _answer(found, data_version(session, find_place(session, viewer.organisation_id)), links(request))


def friends(request: Request, viewer: Viewer, session: Session, month: str) -> Response:
    """In the form asked for."""
    return answered(request, viewer, session, FriendsAnswer, lambda: read_friends(session, viewer, month, request))


def _answer(found: Submission, version: int, addresses: Links) -> FriendsAnswer:
    return FriendsAnswer(
        month=found.month,
        complete=found.complete,
        data_version=version,
        notes=found.notes,
        data=[_row(row) for row in found.rows],
        links=addresses,
    )


def _row(row: SubmissionRow) -> FriendsRow:
    return FriendsRow(
        grouping=row.grouping,
        services=row.services,
        n=row.total,
        **row.answers._asdict(),
        positive_percent=row.positive_percent,
        negative_percent=row.negative_percent,
        eligible=row.eligible,
        modes=[f"{mode}={count}" for mode, count in row.modes.items()],
        flagged=row.flagged,
        lacking=row.lacking,
    )
