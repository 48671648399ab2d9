"""A page of administration: a template of this package, with the words that all of them use."""

from collections.abc import Callable, Mapping
from datetime import datetime
from json import loads
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.viewer import Via, Viewer
from server.api.improving import zone_of
from server.web.page import make_page
from server.web.words import day

HOME = ("/administration", "Administration")  # the first crumb above every other page


def administration_page(
    request: Request, session: Session, viewer: Viewer, template: str, content: Mapping[str, Any]
) -> HTMLResponse:
    """The template `administration/<template>.html.jinja`. With `errors` in the content the answer is 422."""
    zone = zone_of(session, viewer)
    known = {
        "path": HOME[0],
        "crumbs": [HOME],
        "errors": {},
        "in_person": viewer.via is Via.BROWSER,  # the interface takes changes of accounts from nobody else
        "day_of": lambda instant: day(instant.astimezone(zone).date()),
        "moment": lambda instant: moment(instant, zone),
        **content,
    }
    return make_page(request, f"administration/{template}.html.jinja", known, 422 if known["errors"] else 200)


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """23 November 2026, 14:05."""
    local = instant.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M}"


def told(made: Response) -> dict[str, Any]:
    """What the interface answered."""
    answer: dict[str, Any] = loads(bytes(made.body))
    return answer


Act = Callable[[Any, Any], Response]
