"""The page behind the link of every mail: it ends a subscription without signing in."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from server.api.access import public
from server.api.problems import ProblemError, make_problem
from server.api.sessions import OpenSession, writing
from server.reports.subscriptions import BY_LINK, Subscribed, end_by_secret, find_by_secret, words
from server.web.page import make_page

SECRET_MAX = 100
router = APIRouter(include_in_schema=False)
Secret = Annotated[str, Path(max_length=SECRET_MAX, pattern="^[A-Za-z0-9_-]+$")]


@router.get("/unsubscribe/{secret}", dependencies=[public])
def get_unsubscribe(request: Request, session: OpenSession, secret: Secret) -> HTMLResponse:
    """Ask: many mail programs follow every link of a mail, which must not end anything (RFC 8058)."""
    found = find_by_secret(session, secret)
    return _page(request, found, ended=found is not None and found.subscription.ended_at is not None)


@router.post("/unsubscribe/{secret}", dependencies=[public])
def post_unsubscribe(request: Request, secret: Secret) -> HTMLResponse:
    """End it: by the button, or by the mail program's own (List-Unsubscribe-Post)."""
    with writing(request.app, BY_LINK) as session:
        return _page(request, end_by_secret(session, secret, request.app.state.now()), ended=True)


def _page(request: Request, found: Subscribed | None, *, ended: bool) -> HTMLResponse:
    if found is None:
        detail = "This link ends no subscription: perhaps it was cut when it was copied."
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, detail))
    content = {"ended": ended, "what": words(found.subscription.what), "address": found.person.email}
    return make_page(request, "reports/unsubscribe.html.jinja", content)
