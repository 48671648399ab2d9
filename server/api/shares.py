"""Share links: /api/v1/shares. Each shows the figures of one question, as to somebody outside, until it expires."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from server.accounts.rights import Right
from server.accounts.shares import (
    Shown,
    find_own_share,
    make_share,
    revoke_share,
    shared_by,
    shares,
)
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.idempotency import CreateOnce
from server.api.parameters import only
from server.api.people import PLAIN, Number
from server.api.problems import ProblemError, in_body, make_problem, wrong_fields
from server.api.query import SeriesQuery, read_query
from server.api.reference import PREFIX, refusals
from server.api.session import in_person
from server.api.sessions import OpenSession, WritingSession
from server.api.shared import read_shared
from server.errors import OperatorError

NAME_MAX = 100
QUERY_MAX = 2000
PAGE = "/shared/"

router = APIRouter(prefix=PREFIX, tags=["accounts"], responses=refusals(), dependencies=[only()])

Sharer = Annotated[Viewer, needs(Right.SHARE)]


class KnownShare(BaseModel):
    """A link without its secret."""

    share: int
    name: str
    owner: Annotated[str, Field(description="e-mail address of who shares")]
    query: Annotated[str, Field(description="the parameters of the time series that it shows, as in an address")]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class SharesAnswer(BaseModel):
    """GET /api/v1/shares."""

    data: list[KnownShare]


class NewShare(BaseModel):
    """A link to be made, for a quarter at most."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=NAME_MAX, pattern=PLAIN, description="whom it is for")]
    query: Annotated[
        str, Field(max_length=QUERY_MAX, pattern=PLAIN, description="like service=beds&period=last-13-weeks")
    ] = ""
    expires_at: AwareDatetime


class ShownShare(KnownShare):
    """A link just made."""

    path: Annotated[str | None, Field(description="the page's path on this server; never to be had again")]


@router.get("/shares", operation_id="list_shares")
def get_shares(session: OpenSession, viewer: Sharer) -> SharesAnswer:
    """The links that there are, expired and revoked ones too: one's own; for who manages people everywhere, all."""
    found = shares(session, viewer.organisation_id, _owner(viewer))
    return SharesAnswer(data=[_known(each) for each in found])


@router.post("/shares", operation_id="create_share", status_code=201, response_model=ShownShare)
def post_share(request: Request, session: WritingSession, viewer: Sharer, new: NewShare, once: CreateOnce) -> Response:
    """Make a link. Its address is in this answer and nowhere else."""
    in_person(viewer)

    def make() -> ShownShare:
        now: datetime = request.app.state.now()
        items = [(name, value) for name, value in parse_qsl(new.query, keep_blank_values=True) if value]
        try:
            read_shared(request, session, read_query(items, SeriesQuery), shared_by(viewer))
        except ProblemError as error:
            raise ProblemError(wrong_fields(in_body("query", detail=error.problem.detail))) from None
        try:
            made, secret = make_share(session, viewer, new.name, urlencode(items), new.expires_at, now)
        except OperatorError as error:
            raise ProblemError(wrong_fields(in_body("expires_at", detail=str(error)))) from None
        return ShownShare(**_known(made).model_dump(), path=PAGE + secret)

    return once.create(make, kept=lambda answer: answer.model_copy(update={"path": None}))


@router.delete("/shares/{share}", operation_id="revoke_share", status_code=204)
def delete_share(request: Request, session: WritingSession, viewer: Sharer, share: Number) -> Response:
    """Revoke a link: it shows nothing from the next request on."""
    found = find_own_share(session, viewer.organisation_id, share, _owner(viewer))
    if found is None:
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is no share link {share} of yours."))
    revoke_share(session, found, request.app.state.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _owner(viewer: Viewer) -> int | None:
    return None if viewer.may_everywhere(Right.MANAGE_PEOPLE) else viewer.person_id


def _known(shown: Shown) -> KnownShare:
    link = shown.link
    return KnownShare(
        share=link.share_id,
        name=link.name,
        owner=shown.owner.email,
        query=link.query,
        created_at=link.created_at,
        expires_at=link.expires_at,
        revoked_at=link.revoked_at,
    )
