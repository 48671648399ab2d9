"""The "You said, we did" texts: written, approved by another person, on the devices, withdrawn."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, Field

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.idempotency import CreateOnce
from server.api.improving import (
    PAGING,
    Body,
    Code,
    Number,
    NumberInPath,
    Page,
    Paged,
    Words,
    now_of,
    page_of,
    problems,
)
from server.api.parameters import only
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.fleet.tables import SCOPE_SERVICE, SCOPE_TEAM
from server.improvement import you_said
from server.improvement.places import Codes, codes
from server.improvement.status import APPROVED
from server.improvement.team_tables import YouSaid

router = APIRouter(prefix=PREFIX, tags=["improvement"], responses=refusals())
Language = Annotated[str, Field(pattern="^[a-z]{2,3}(-[a-z]{2,4})?$")]
Line = Annotated[Words, Field(min_length=1, max_length=200)]


class NewTextBody(Body):
    """A draft, by language. Without team and service it is for all devices."""

    words: Annotated[dict[Language, Line], Field(min_length=1, max_length=20)]
    team: Code | None = None
    service: Code | None = None
    concern: Number | None = None
    from_at: Annotated[AwareDatetime | None, Field(description="not before; without it, once approved")] = None
    to_at: AwareDatetime | None = None


class TextAnswer(Body):
    """One text. `shown`: approved, and within its time; devices have it after their next sync."""

    you_said: int
    words: dict[str, str]
    team: str | None
    service: str | None
    concern: int | None
    from_at: datetime | None
    to_at: datetime | None
    status: Literal["draft", "approved", "withdrawn"]
    shown: bool
    written_at: datetime
    written_by: str
    approved_at: datetime | None
    approved_by: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class TextsAnswer(Page):
    """A page of texts, newest first."""

    data: list[TextAnswer]


def _answer(row: YouSaid, words: Codes, now: datetime) -> TextAnswer:
    in_time = (row.from_at or now) <= now and (row.to_at is None or now < row.to_at)
    return TextAnswer(
        you_said=row.you_said_id,
        words=row.translations,
        team=words.teams.get(row.scope_id or 0) if row.scope_kind == SCOPE_TEAM else None,
        service=words.services.get(row.scope_id or 0) if row.scope_kind == SCOPE_SERVICE else None,
        concern=row.concern_id,
        from_at=row.from_at,
        to_at=row.to_at,
        status=row.status,  # type: ignore[arg-type]
        shown=row.status == APPROVED and in_time,
        written_at=row.written_at,
        written_by=row.written_by,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
        withdrawn_at=row.withdrawn_at,
        withdrawn_by=row.withdrawn_by,
    )


@router.get("/you-said", operation_id="list_you_said", dependencies=[only(*PAGING)])
def list_texts(
    request: Request, viewer: Annotated[Viewer, needs(Right.SEE_FIGURES)], session: OpenSession, page: Paged
) -> TextsAnswer:
    """Texts for the viewer's parts of the organisation and for all of it, newest first."""
    found = you_said.texts(session, viewer, before=page.before, limit=page.limit + 1)
    rows, links = page_of(request, page, found, lambda row: row.you_said_id)
    words = codes(session, viewer.organisation_id)
    return TextsAnswer(data=[_answer(row, words, now_of(request)) for row in rows], links=links)


@router.post(
    "/you-said",
    status_code=201,
    response_model=TextAnswer,
    operation_id="create_you_said",
    dependencies=[only()],
)
def create_text(
    request: Request,
    body: NewTextBody,
    viewer: Annotated[Viewer, needs(Right.IMPROVE)],
    session: WritingSession,
    once: CreateOnce,
) -> Response:
    """Write a draft. What no device could show is refused at once."""

    def make() -> TextAnswer:
        new = you_said.NewText(body.words, body.team, body.service, body.concern, body.from_at, body.to_at)
        with problems():
            row = you_said.write_draft(session, viewer, new, now_of(request))
        return _answer(row, codes(session, viewer.organisation_id), now_of(request))

    return once.create(make)


@router.post(
    "/you-said/{text}/approve", operation_id="approve_you_said", responses=refusals(409), dependencies=[only()]
)
def approve_text(
    request: Request, text: NumberInPath, viewer: Annotated[Viewer, needs(Right.APPROVE)], session: WritingSession
) -> TextAnswer:
    """Let patients read it: another person than its author decides that."""
    with problems():
        row = you_said.approve(session, viewer, text, now_of(request))
    return _answer(row, codes(session, viewer.organisation_id), now_of(request))


@router.post(
    "/you-said/{text}/withdraw", operation_id="withdraw_you_said", responses=refusals(409), dependencies=[only()]
)
def withdraw_text(
    request: Request, text: NumberInPath, viewer: Annotated[Viewer, needs(Right.IMPROVE)], session: WritingSession
) -> TextAnswer:
    """Take it off the devices at their next sync."""
    with problems():
        row = you_said.withdraw(session, viewer, text, now_of(request))
    return _answer(row, codes(session, viewer.organisation_id), now_of(request))
