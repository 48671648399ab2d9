"""What anybody may read without an account: a service's "You said, we did", approved, and no figure at all."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.api.access import public
from server.api.conditional import held, tag
from server.api.parameters import only
from server.api.problems import ProblemError, in_path, in_query, unknown_name, wrong_fields
from server.api.query import ORGANISATION_MAX
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession
from server.fleet.published_texts import Published, published

# A text that was withdrawn is gone from everybody's cache after so long.
HEADERS = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Encoding"}
SLUG_MAX = 100

Slug = Annotated[str, Path(max_length=SLUG_MAX, pattern=r"^[^\x00-\x1f]+$", description="the service's code")]
Whose = Annotated[
    int | None, Query(ge=1, le=ORGANISATION_MAX, description="where several organisations have such a service")
]

router = APIRouter(prefix=PREFIX, tags=["public"], responses=refusals())


class PublicText(BaseModel):
    """One text: what patients said, and what was done."""

    words: Annotated[dict[str, str], Field(description="by language")]
    since: Annotated[date, Field(description="local day from which on patients may read it")]


class PublicAnswer(BaseModel):
    """What a service has to say to its patients, newest first."""

    organisation: str
    service: str
    data: list[PublicText]


@router.get(
    "/public/{slug}",
    operation_id="public_texts",
    response_model=PublicAnswer,
    responses={304: {"description": "The one who asks holds it already: If-None-Match names this ETag"}},
    dependencies=[public, only("organisation")],
)
def get_public(
    request: Request,
    session: OpenSession,
    slug: Slug,
    organisation: Whose = None,
) -> Response:
    """What patients of a service said, and what was done: the approved texts, for anybody to read."""
    body = answer_public(find_public(session, slug, organisation, request.app.state.now())).model_dump_json()
    etag = tag(body)
    headers = HEADERS | {"ETag": etag}
    if held(request, etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, HTTPStatus.OK, headers, "application/json")


def find_public(session: Session, slug: str, organisation: int | None, now: datetime) -> Published:
    """The one service of this code. Raises ProblemError where there is none, or several and nobody said which."""
    found = published(session, slug, organisation, now)
    if not found:
        raise ProblemError(unknown_name(in_path("slug", f"{slug} is no service here.")))
    if len(found) > 1:
        numbers = ", ".join(str(each.organisation.organisation_id) for each in found)
        detail = f"is needed: several organisations have such a service. It is one of {numbers}."
        raise ProblemError(wrong_fields(in_query("organisation", detail)))
    return found[0]


def answer_public(found: Published) -> PublicAnswer:
    """What anybody may read of it."""
    zone = ZoneInfo(found.organisation.timezone)
    return PublicAnswer(
        organisation=found.organisation.name,
        service=found.service.name,
        data=[PublicText(words=text.words, since=text.from_at.astimezone(zone).date()) for text in found.texts],
    )
