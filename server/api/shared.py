"""What a share link shows: /api/v1/shared/{secret}, as JSON and as tables, to whoever has the address."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Path, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.credentials import SHARE, is_secret
from server.accounts.shares import Shared, open_share
from server.accounts.viewer import Viewer
from server.api.access import public
from server.api.answering import answered, offered
from server.api.figures import links
from server.api.parameters import only
from server.api.problems import ProblemError, make_problem
from server.api.query import SeriesQuery, described, read_query
from server.api.reference import PREFIX
from server.api.resolve import refuse_what_is_to_come, resolve
from server.api.sessions import OpenSession
from server.api.stats.ask import blamed
from server.api.stats.series import TimeseriesAnswer, read_timeseries

SECRET_MAX = 100
FILE_NAME = "pet-shared"  # not the path's: that is the secret

router = APIRouter(prefix=PREFIX, tags=["accounts"], responses=offered())

Secret = Annotated[str, Path(max_length=SECRET_MAX)]
FORM = [each for each in described(SeriesQuery)["parameters"] if each["name"] == "format"]


@router.get(
    "/shared/{secret}",
    operation_id="get_shared",
    response_model=TimeseriesAnswer,
    dependencies=[public, only("format")],
    openapi_extra={"parameters": FORM},
)
def get_shared(request: Request, session: OpenSession, secret: Secret) -> Response:
    """The figures that a share link shows. The secret alone opens it."""
    now: datetime = request.app.state.now()
    shared = opened(session, secret, now)

    def read() -> TimeseriesAnswer:
        return read_shared(request, session, read_query(parse_qsl(shared.query), SeriesQuery), shared.viewer)

    return answered(request, shared.viewer, session, TimeseriesAnswer, read, name=FILE_NAME)


def read_shared(request: Request, session: Session, query: SeriesQuery, viewer: Viewer) -> TimeseriesAnswer:
    """What the link shows; what it could never show is refused when it is made. Raises ProblemError."""
    asked = resolve(session, query, viewer, request.app.state.now())
    refuse_what_is_to_come(asked)
    with blamed():
        return read_timeseries(session, asked, links(request))


def opened(session: Session, secret: str, now: datetime) -> Shared:
    """What the link shows. Raises ProblemError 404, whether it never was, was revoked or has expired."""
    shared = open_share(session, secret, now) if is_secret(secret, SHARE) else None
    if shared is None:
        detail = "This link shows nothing, or nothing any more. Ask for a new one whoever sent it."
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, detail))
    return shared
