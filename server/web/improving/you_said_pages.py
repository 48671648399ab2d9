"""The routes of the texts that answer patients: written by one, approved by another, withdrawn as old news."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api import you_said as api
from server.api.access import needs
from server.api.concerns import get_concern
from server.api.improving import PAGE_MAX, AskedPage, Body, NumberInPath, today_of, zone_of
from server.api.sessions import OpenSession, WritingSession
from server.fleet.languages import LANGUAGE_NAMES
from server.web.improving.concern_page import form_content
from server.web.improving.forms import Field, Filled, Form, Sender, Sent, go_on
from server.web.improving.names import find_names
from server.web.improving.page import HOME, improving_page
from server.web.words import day

router = APIRouter(include_in_schema=False)
Sees = Annotated[Viewer, needs(Right.SEE_FIGURES)]
Improves = Annotated[Viewer, needs(Right.IMPROVE)]
Approves = Annotated[Viewer, needs(Right.APPROVE)]
FIRST_LANGUAGE = "en"
WRITE = Form(
    "write",
    api.NewTextBody,
    (
        *(
            Field(f"words-{code}", name, ("words", code), "Write the text", needed=code == FIRST_LANGUAGE)
            for code, name in LANGUAGE_NAMES.items()
        ),
        Field("place", "For whom", ("team",), kind="team"),
        Field("place", "For whom", ("service",), kind="service"),
        Field("concern"),
        Field("to_at", "Until when"),
    ),
)


@router.get("/improve/you-said")
def get_texts(request: Request, viewer: Sees, session: OpenSession) -> HTMLResponse:
    """All texts with what became of them; `concern` in the address: the form is about that one."""
    return _page(request, session, viewer)


@router.post("/improve/you-said")
def post_text(request: Request, viewer: Improves, session: WritingSession, sent: Sent) -> Response:
    """Write a draft."""

    def act(body: Any, once: Any) -> Response:
        return api.create_text(request, body, viewer, session, once)

    ready = _ended(sent.values, zone_of(session, viewer))
    done = Sender(request, session, viewer).send(WRITE, sent, act, ready)
    return _page(request, session, viewer, done) if isinstance(done, Filled) else go_on("/improve/you-said#texts")


@router.post("/improve/you-said/{text}/approve")
def post_approval(
    request: Request, text: NumberInPath, viewer: Approves, session: WritingSession, sent: Sent
) -> Response:
    """Let patients read it."""
    return _change(request, session, viewer, sent, text, api.approve_text)


@router.post("/improve/you-said/{text}/withdraw")
def post_withdrawal(
    request: Request, text: NumberInPath, viewer: Improves, session: WritingSession, sent: Sent
) -> Response:
    """Take it off the devices."""
    return _change(request, session, viewer, sent, text, api.withdraw_text)


def _change(
    request: Request, session: Session, viewer: Viewer, sent: Any, text: int, change: Callable[..., Any]
) -> Response:
    def act(_: Any, __: Any) -> Response:
        change(request, text, viewer, session)
        return go_on(f"/improve/you-said#text-{text}")

    done = Sender(request, session, viewer).send(Form(f"change-{text}", Body, ()), sent, act)
    return _page(request, session, viewer, done) if isinstance(done, Filled) else done


def _ended(values: Mapping[str, str], zone: ZoneInfo) -> dict[str, str]:
    """With the first instant of the day on which it ends, as the interface takes it."""
    try:
        last = date.fromisoformat(values.get("to_at", ""))
    except ValueError:
        return dict(values)
    return {**values, "to_at": datetime.combine(last, time(), zone).isoformat()}


def _page(request: Request, session: Session, viewer: Viewer, filled: Filled | None = None) -> HTMLResponse:
    names = find_names(request, session, viewer)
    zone = zone_of(session, viewer)
    about = request.query_params.get("concern", "")
    concern = get_concern(request, int(about), viewer, session) if about.isdecimal() and len(about) < 10 else None
    everywhere = [("", "All devices of the organisation")] if viewer.may_everywhere(Right.IMPROVE) else []
    content = {
        "crumbs": [HOME],
        "names": names,
        "texts": api.list_texts(request, viewer, session, AskedPage(None, PAGE_MAX)).data,
        "places": everywhere + names.places(),
        "concern": concern,
        "place": f"team:{concern.team}"
        if concern and concern.team
        else f"service:{concern.service}"
        if concern
        else "",
        "languages": LANGUAGE_NAMES,
        "first_language": FIRST_LANGUAGE,
        "local_day": lambda instant: day(instant.astimezone(zone).date()),
        "today": today_of(request, session, viewer),
        "services": list(names.services.items()),
        "may_improve": viewer.may(Right.IMPROVE),
        "may_approve": viewer.may(Right.APPROVE),
        "me": viewer.actor,
    }
    return improving_page(request, "you_said", content | form_content(filled), 422 if filled else 200)
