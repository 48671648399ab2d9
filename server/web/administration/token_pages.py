"""The routes of API tokens: which there are, make one (shown once), revoke one."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.tokens import LASTS_MAX
from server.accounts.viewer import Viewer
from server.api import tokens as api
from server.api.access import SignedIn
from server.api.improving import now_of, zone_of
from server.api.people import Number
from server.api.session import in_person
from server.api.sessions import OpenSession, WritingSession
from server.api.tokens import KnownToken
from server.web.administration.forms import NOT_A_DAY, NoFields, end_of_day, in_words
from server.web.administration.page import HOME, administration_page, told
from server.web.administration.places import find_places
from server.web.improving.forms import KEY, Field, Filled, Form, Sender, Sent, Typed, go_on, new_key

router = APIRouter(include_in_schema=False)
LIST = ("/administration/tokens", "API tokens")
RIGHTS = {f"right-{right.name.lower().replace('_', '-')}": right for right in Right}  # by the name of its box
NEW = Form(
    "token",
    api.NewToken,
    (
        Field("name", "The name", missing="Say what the token is for", needed=True),
        Field("on", "The part"),
        Field("expires_at", "The last day", missing="Say until when it is needed", needed=True),
        *(Field(name, steps=("rights", number)) for number, name in enumerate(RIGHTS)),
        Field("rights"),  # never typed: what is wrong with all of them together stands there
    ),
)


@router.get("/administration/tokens")
def get_tokens(request: Request, viewer: SignedIn, session: OpenSession) -> HTMLResponse:
    """The tokens that there are: one's own; for who manages people everywhere, all."""
    return _list(request, session, viewer)


@router.post("/administration/tokens")
def post_token(request: Request, viewer: SignedIn, session: WritingSession, sent: Sent) -> HTMLResponse:
    """Make a token. Its secret stands on the page that answers, and nowhere else."""
    in_person(viewer)
    if wrong := _wrong(session, viewer, sent):
        return _list(request, session, viewer, Filled(NEW.name, sent.values, wrong, sent.values.get(KEY) or new_key()))

    def act(body: Any, once: Any) -> Response:
        with in_words("rights"):
            return api.post_token(request, session, viewer, body, once)

    ready = sent.values | {"expires_at": end_of_day(sent.values["expires_at"], zone_of(session, viewer)) or ""}
    made = Sender(request, session, viewer).send(NEW, sent, act, ready)
    if isinstance(made, Filled):
        return _list(request, session, viewer, made)
    return administration_page(request, session, viewer, "token", {"crumbs": [HOME, LIST], "made": told(made)})


def _wrong(session: Session, viewer: Viewer, sent: Typed) -> dict[str, str]:
    """What no sentence of the interface says well: boxes of which none is ticked, and a day that is none."""
    values, wrong = sent.values, {}
    for each in NEW.fields:
        if each.needed and not values.get(each.name):
            wrong[each.name] = each.missing
    if values.get("expires_at") and end_of_day(values["expires_at"], zone_of(session, viewer)) is None:
        wrong["expires_at"] = NOT_A_DAY
    if not any(values.get(name) for name in RIGHTS):
        wrong["rights"] = "Choose at least one right"
    return wrong


@router.post("/administration/tokens/{token}/revoke")
def post_revoke(request: Request, token: Number, viewer: SignedIn, session: WritingSession, sent: Sent) -> Response:
    """It stops working with the next request."""

    def act(_body: Any, _once: Any) -> Response:
        api.delete_token(request, session, viewer, token)
        return go_on(f"{LIST[0]}#tokens")

    made = Sender(request, session, viewer).send(Form(f"revoke-{token}", NoFields, ()), sent, act)
    return _list(request, session, viewer, made) if isinstance(made, Filled) else made


def state_of(token: KnownToken, request: Request) -> str:
    """In force, expired or revoked."""
    if token.revoked_at is not None:
        return "revoked"
    return "in force" if token.expires_at > now_of(request) else "expired"


def _list(request: Request, session: Session, viewer: Viewer, filled: Filled | None = None) -> HTMLResponse:
    tokens = api.get_tokens(session, viewer).data
    content = {
        "in_force": [each for each in tokens if state_of(each, request) == "in force"],
        "ended": [(each, state_of(each, request)) for each in tokens if state_of(each, request) != "in force"],
        "sees_all": viewer.may_everywhere(Right.MANAGE_PEOPLE),
        "places": find_places(request, session, viewer),
        "rights": [(name, right) for name, right in RIGHTS.items() if viewer.may(right)],
        "days_max": LASTS_MAX.days,
        "form": filled if filled and filled.name == NEW.name else Filled(NEW.name),
        "pressed": lambda name: filled if filled and filled.name == name else Filled(name),
        "errors": filled.summary if filled else {},
    }
    return administration_page(request, session, viewer, "tokens", content)
