"""Team meetings: on which day a concern or an action was discussed, and what was decided."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.idempotency import CreateOnce
from server.api.improving import (
    PAGING,
    Body,
    Code,
    Number,
    Page,
    Paged,
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
from server.improvement import meetings
from server.improvement.places import codes
from server.improvement.team_tables import Meeting

router = APIRouter(prefix=PREFIX, tags=["improvement"], responses=refusals())
ITEMS_MAX = 50  # of one meeting


class ItemBody(Body):
    """A concern or an action, and what was decided."""

    concern: Number | None = None
    action: Number | None = None
    decision: Words = ""


class NewMeetingBody(Body):
    """A meeting that was held. No names: who was there is the team."""

    team: Code
    held_on: Day
    words: Words = ""
    items: Annotated[list[ItemBody], Field(max_length=ITEMS_MAX, default_factory=list)]


class ItemAnswer(Body):
    """One thing discussed."""

    concern: int | None
    action: int | None
    decision: str


class MeetingAnswer(Body):
    """One meeting."""

    meeting: int
    team: str
    held_on: date
    words: str
    recorded_at: datetime
    recorded_by: str
    items: list[ItemAnswer]


class MeetingsAnswer(Page):
    """A page of meetings, newest first."""

    data: list[MeetingAnswer]


def _answers(session: Session, viewer: Viewer, rows: Sequence[Meeting]) -> list[MeetingAnswer]:
    words = codes(session, viewer.organisation_id)
    items = meetings.items_of(session, viewer.organisation_id, [row.meeting_id for row in rows])
    return [
        MeetingAnswer(
            meeting=row.meeting_id,
            team=words.teams[row.team_id],
            held_on=row.held_on,
            words=row.words,
            recorded_at=row.recorded_at,
            recorded_by=row.recorded_by,
            items=[
                ItemAnswer(concern=item.concern_id, action=item.action_id, decision=item.decision)
                for item in items[row.meeting_id]
            ],
        )
        for row in rows
    ]


@router.get("/meetings", operation_id="list_meetings", dependencies=[only(*PAGING)])
def list_meetings(
    request: Request, viewer: Annotated[Viewer, needs(Right.SEE_DETAIL)], session: OpenSession, page: Paged
) -> MeetingsAnswer:
    """Meetings of the viewer's teams, newest first."""
    found = meetings.meetings(session, viewer, before=page.before, limit=page.limit + 1)
    rows, links = page_of(request, page, found, lambda row: row.meeting_id)
    return MeetingsAnswer(data=_answers(session, viewer, rows), links=links)


@router.post(
    "/meetings",
    status_code=201,
    response_model=MeetingAnswer,
    operation_id="create_meeting",
    responses=refusals(409),
    dependencies=[only()],
)
def create_meeting(
    request: Request,
    body: NewMeetingBody,
    viewer: Annotated[Viewer, needs(Right.IMPROVE)],
    session: WritingSession,
    once: CreateOnce,
) -> Response:
    """Record that a team discussed concerns and actions."""

    def make() -> MeetingAnswer:
        items = [meetings.NewItem(item.concern, item.action, item.decision) for item in body.items]
        now, today = now_of(request), today_of(request, session, viewer)
        with problems():
            row = meetings.record_meeting(session, viewer, body.team, body.held_on, body.words, items, now, today)
        return _answers(session, viewer, [row])[0]

    return once.create(make)
