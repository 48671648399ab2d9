"""Single responses, for those inside the teams: page by page, as JSON, CSV or JSON lines."""

from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from protocol.topics import device_name
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.custody import data_version
from server.aggregates.response_list import Key, ListedResponse, list_responses
from server.aggregates.single_responses import HOUR_FROM
from server.api.access import needs
from server.api.answering import answered, offered
from server.api.cursors import (
    CURSOR_CHARACTERS_MAX,
    bytes_part,
    day_part,
    long_part,
    make_cursor,
    read_cursor,
)
from server.api.figures import resolved
from server.api.formats import Format
from server.api.query import QUALITIES, FiguresQuery, described, read_query, wrong
from server.api.reference import PREFIX
from server.api.resolve import Asked, resolve
from server.api.sessions import OpenSession
from server.api.shapes import ResolvedQuery
from server.evidence.names import ResponseKey

PAGE = 100
PAGE_MAX = 10_000  # rows of one page: what a spreadsheet still opens at once, and a bound on one request's work
FORMATS = (Format.JSON, Format.CSV, Format.NDJSON)
MORE = {
    "format": f"one of {', '.join(FORMATS)}; without it, what Accept asks for",
    "limit": f"1 to {PAGE_MAX}: rows of one page",
    "cursor": "where the page before ended: links.next, or the header Link, has the whole address",
}
NAMES_OF_QUALITY = {number: quality.value for quality, number in QUALITIES.items()}

router = APIRouter(prefix=PREFIX, tags=["figures"])


class ResponsesQuery(FiguresQuery):
    """Of single responses."""

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = PAGE
    cursor: Annotated[str | None, Field(min_length=1, max_length=CURSOR_CHARACTERS_MAX)] = None


class ResponseRow(BaseModel):
    """One response."""

    response: Annotated[str, Field(description="its name: device, journal and sequence")]
    team: str
    device: str
    day: Annotated[date | None, Field(description="local; null where the date cannot be known")]
    hour: Annotated[
        datetime | None, Field(description=f"rounded down; null below {HOUR_FROM} responses of a team's day")
    ]
    reference: Annotated[int, Field(description="the questionnaire's version")]
    language: str | None
    partial: bool
    assisted: bool
    flagged: bool
    stage: int
    quality: str
    answers: Annotated[list[str], Field(description="question=option; nothing after = where it was passed over")]


class ResponsesMeta(BaseModel):
    """What the reader should know."""

    data_version: int
    as_of: datetime
    hour_from: Annotated[int, Field(description="responses of a team's day needed before an hour is told")]


class PageLinks(BaseModel):
    """Addresses of this page and the next."""

    self: str
    next: str | None


class ResponsesAnswer(BaseModel):
    """GET /api/v1/responses."""

    query: ResolvedQuery
    meta: ResponsesMeta
    data: list[ResponseRow]
    links: PageLinks


@router.get(
    "/responses",
    operation_id="list_responses",
    response_model=ResponsesAnswer,
    responses=offered(FORMATS),
    openapi_extra=described(ResponsesQuery, MORE),
)
def get_responses(
    request: Request, viewer: Annotated[Viewer, needs(Right.SEE_DETAIL)], session: OpenSession
) -> Response:
    """The responses of your own teams, one by one, in the order of their days."""
    items = request.query_params.multi_items()
    query = read_query(items, ResponsesQuery, MORE)
    place = read_cursor(items, day_part, long_part, bytes_part, long_part)
    after: Key | None = None if place is None else (place[0], place[1], place[2], place[3])

    def read() -> ResponsesAnswer:
        asked = resolve(session, query, viewer, request.app.state.now())
        return read_responses(session, asked, after, request)

    return answered(request, viewer, session, ResponsesAnswer, read, FORMATS)


def read_responses(
    session: Session, asked: Asked[ResponsesQuery], after: Key | None, request: Request
) -> ResponsesAnswer:
    """One page. Raises ProblemError where a team is meant that the viewer only sees from outside."""
    viewer, scope = asked.viewer, asked.scope
    if (scope.teams or scope.services or scope.directorates) and scope.outside:
        named = next(name for name in ("team", "service", "directorate") if getattr(asked.query, name))
        raise wrong(named, "is seen by you from outside, where single responses are not shown.")
    limit = asked.query.limit
    inside, hours = viewer.teams(Right.SEE_DETAIL), viewer.teams(Right.EXPORT_EVIDENCE)
    found = list_responses(session, scope, asked.period, inside, hours, after, limit + 1)
    page = found[:limit]
    following = _cursor(request, page[-1].key) if len(found) > limit else None
    return ResponsesAnswer(
        query=ResolvedQuery(**resolved(asked, asked.period)),
        meta=ResponsesMeta(data_version=data_version(session, asked.place), as_of=asked.now, hour_from=HOUR_FROM),
        data=[_row(each) for each in page],
        links=PageLinks(self=_address(request, None), next=following),
    )


def _row(listed: ListedResponse) -> ResponseRow:
    _, device_id, journal_id, sequence = listed.key
    return ResponseRow(
        response=ResponseKey(device_id, journal_id, sequence).name(),
        team=listed.team,
        device=device_name(device_id),
        day=listed.day,
        hour=listed.hour,
        reference=listed.reference,
        language=listed.language,
        partial=listed.partial,
        assisted=listed.assisted,
        flagged=listed.flagged,
        stage=listed.stage,
        quality=NAMES_OF_QUALITY.get(listed.quality, str(listed.quality)),
        answers=[f"{question}={option or ''}" for question, option in listed.answers],
    )


def _cursor(request: Request, key: Key) -> str:
    day, device_id, journal_id, sequence = key
    place: list[int | str] = [day.isoformat(), device_id, journal_id.hex(), sequence]
    return _address(request, make_cursor(request.query_params.multi_items(), place))


def _address(request: Request, cursor: str | None) -> str:
    items = request.query_params.multi_items()
    if cursor is not None:
        items = [*(item for item in items if item[0] != "cursor"), ("cursor", cursor)]
    return request.url.path + (f"?{urlencode(items)}" if items else "")
