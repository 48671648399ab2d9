"""Recognition: credit to teams, for everybody to see."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.idempotency import CreateOnce
from server.api.improving import (
    PAGING,
    Body,
    Code,
    Page,
    Paged,
    Title,
    Words,
    now_of,
    page_of,
    problems,
    today_of,
)
from server.api.parameters import only
from server.api.query import Day
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.improvement import recognition
from server.improvement.places import Codes, codes
from server.improvement.team_tables import Recognition

router = APIRouter(prefix=PREFIX, tags=["improvement"], responses=refusals())


class NewRecognitionBody(Body):
    """For what patients say of a team: a question, a topic, or in general. Never for one person by name."""

    team: Code
    title: Title
    words: Words = ""
    recognised_on: Annotated[Day | None, Field(description="today, unless another day is said")] = None
    question: Code | None = None
    topic: Code | None = None


class RecognitionAnswer(Body):
    """One item of recognition."""

    recognition: int
    team: str
    question: str | None
    topic: str | None
    title: str
    words: str
    recognised_on: date
    recorded_at: datetime
    recorded_by: str


class RecognitionsAnswer(Page):
    """A page of recognition, newest first."""

    data: list[RecognitionAnswer]


def answer_recognition(row: Recognition, words: Codes) -> RecognitionAnswer:
    """As it is answered. `words`: of the organisation's teams."""
    return RecognitionAnswer(
        recognition=row.recognition_id,
        team=words.teams[row.team_id],
        question=row.question_id,
        topic=row.topic,
        title=row.title,
        words=row.words,
        recognised_on=row.recognised_on,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )


@router.get("/recognition", operation_id="list_recognition", dependencies=[only(*PAGING)])
def list_recognition(
    request: Request, viewer: Annotated[Viewer, needs(Right.SEE_FIGURES)], session: OpenSession, page: Paged
) -> RecognitionsAnswer:
    """Recognition of teams that the viewer may see, newest first."""
    found = recognition.recognitions(session, viewer, before=page.before, limit=page.limit + 1)
    rows, links = page_of(request, page, found, lambda row: row.recognition_id)
    words = codes(session, viewer.organisation_id)
    return RecognitionsAnswer(data=[answer_recognition(row, words) for row in rows], links=links)


@router.post(
    "/recognition",
    status_code=201,
    response_model=RecognitionAnswer,
    operation_id="create_recognition",
    dependencies=[only()],
)
def create_recognition(
    request: Request,
    body: NewRecognitionBody,
    viewer: Annotated[Viewer, needs(Right.IMPROVE)],
    session: WritingSession,
    once: CreateOnce,
) -> Response:
    """Give a team credit."""

    def make() -> RecognitionAnswer:
        today = today_of(request, session, viewer)
        day = body.recognised_on or today
        new = recognition.NewRecognition(body.team, body.title, body.words, day, body.question, body.topic)
        with problems():
            row = recognition.recognise(session, viewer, new, now_of(request), today)
        return answer_recognition(row, codes(session, viewer.organisation_id))

    return once.create(make)
