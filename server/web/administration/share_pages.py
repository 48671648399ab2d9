"""The routes of share links: which there are, make one (its address is shown once), revoke one."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.shares import LASTS_MAX
from server.accounts.viewer import Viewer
from server.api import shares as api
from server.api.access import needs
from server.api.improving import now_of, zone_of
from server.api.people import Number
from server.api.session import in_person
from server.api.sessions import OpenSession, WritingSession
from server.api.shares import KnownShare
from server.web.administration.forms import NOT_A_DAY, NoFields, end_of_day, in_words
from server.web.administration.page import HOME, administration_page, moment, told
from server.web.improving.forms import Field, Filled, Form, Sender, Sent, go_on
from server.web.improving.names import Names, find_names

router = APIRouter(include_in_schema=False)
Shares = Annotated[Viewer, needs(Right.SHARE)]
LIST = ("/administration/share-links", "Share links")
PERIODS = {  # value: what it says, and the parameters; from outside there are whole weeks and months only
    "weeks": ("The last 13 weeks, week by week", {"period": "last-13-weeks", "granularity": "week"}),
    "month": ("Last month", {"period": "last-month", "granularity": "month"}),
    "all": ("All since the start, month by month", {"period": "all", "granularity": "month"}),
}
NEW = Form(
    "share",
    api.NewShare,
    (
        Field("name", "The name", missing="Say whom the link is for", needed=True),
        Field("query", "These figures"),
        Field("expires_at", "The last day", missing="Say until when the link is to work", needed=True),
    ),
)


@router.get("/administration/share-links")
def get_share_links(request: Request, viewer: Shares, session: OpenSession) -> HTMLResponse:
    """The links that there are: one's own; for who manages people everywhere, all."""
    return _list(request, session, viewer)


@router.post("/administration/share-links")
def post_share_link(request: Request, viewer: Shares, session: WritingSession, sent: Sent) -> HTMLResponse:
    """Make a link. Its address stands on the page that answers, and nowhere else."""
    in_person(viewer)

    def act(body: Any, once: Any) -> Response:
        with in_words("query"):
            return api.post_share(request, session, viewer, body, once)

    last = sent.values.get("expires_at", "")
    until = (end_of_day(last, zone_of(session, viewer)) or "no day") if last else ""
    ready = sent.values | {"expires_at": until, "query": _query(sent.values)}
    made = Sender(request, session, viewer).send(NEW, sent, act, ready)
    if isinstance(made, Filled):
        if until == "no day":
            made = Filled(made.name, made.values, {**made.errors, "expires_at": NOT_A_DAY}, made.key)
        return _list(request, session, viewer, made)
    answer = told(made)
    scheme = "https" if request.app.state.settings.web_is_encrypted else "http"
    link = f"{scheme}://{request.headers['host']}{answer['path']}" if answer["path"] else None
    until = moment(datetime.fromisoformat(answer["expires_at"]), zone_of(session, viewer))
    content = {"crumbs": [HOME, LIST], "made": answer, "link": link, "until": until}
    return administration_page(request, session, viewer, "share_link", content)


def _query(values: dict[str, str]) -> str:
    """As the interface takes it, from what was chosen."""
    kind, _, code = values.get("place", "").partition(":")
    chosen = {kind: code, "question": values.get("question", "")} if kind in {"service", "team"} else {}
    chosen |= {"question": values.get("question", "")}
    span = PERIODS.get(values.get("period", ""), PERIODS["weeks"])[1]
    return urlencode({name: value for name, value in (chosen | span).items() if value})


@router.post("/administration/share-links/{share}/revoke")
def post_revoke(request: Request, share: Number, viewer: Shares, session: WritingSession, sent: Sent) -> Response:
    """It shows nothing from the next request on."""

    def act(_body: Any, _once: Any) -> Response:
        api.delete_share(request, session, viewer, share)
        return go_on(f"{LIST[0]}#links")

    made = Sender(request, session, viewer).send(Form(f"revoke-{share}", NoFields, ()), sent, act)
    return _list(request, session, viewer, made) if isinstance(made, Filled) else made


def state_of(share: KnownShare, request: Request) -> str:
    """In force, expired or revoked."""
    if share.revoked_at is not None:
        return "revoked"
    return "in force" if share.expires_at > now_of(request) else "expired"


def shown(share: KnownShare, names: Names) -> str:
    """What the link shows, in words."""
    asked = dict(parse_qsl(share.query))
    question = asked.pop("question", None)
    place = names.place(asked.pop("team", None), asked.pop("service", None))
    words = {urlencode(sorted(query.items())): text for text, query in PERIODS.values()}
    period = words.get(urlencode(sorted(asked.items())), ", ".join(f"{name} {value}" for name, value in asked.items()))
    return "; ".join(part for part in (names.subject(question, None) or "All questions", place, period) if part)


def _list(request: Request, session: Session, viewer: Viewer, filled: Filled | None = None) -> HTMLResponse:
    links, names = api.get_shares(session, viewer).data, find_names(request, session, viewer)
    content = {
        "in_force": [each for each in links if state_of(each, request) == "in force"],
        "ended": [(each, state_of(each, request)) for each in links if state_of(each, request) != "in force"],
        "sees_all": viewer.may_everywhere(Right.MANAGE_PEOPLE),
        "shown": lambda share: shown(share, names),
        "places": names.places(),
        "questions": list(names.questions.items()),
        "periods": [(value, text) for value, (text, _) in PERIODS.items()],
        "days_max": LASTS_MAX.days,
        "form": filled if filled and filled.name == NEW.name else Filled(NEW.name),
        "pressed": lambda name: filled if filled and filled.name == name else Filled(name),
        "errors": filled.summary if filled else {},
    }
    return administration_page(request, session, viewer, "share_links", content)
