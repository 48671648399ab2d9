"""What anybody may see without an account: a service's "You said, we did", and a poster whose code leads there."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import segno
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Via, Viewer
from server.api.access import public
from server.api.public import HEADERS, Slug, Whose, answer_public, find_public
from server.api.query import SeriesQuery, read_query
from server.api.resolve import resolve
from server.api.sessions import OpenSession
from server.api.shapes import Judged
from server.api.stats.ask import blamed
from server.api.stats.cumulative import CumulativeQuery, read_cumulative
from server.api.stats.series import read_timeseries
from server.fleet.languages import LANGUAGE_NAMES
from server.fleet.published_texts import Published
from server.measures.positivity import PUBLISH_FROM
from server.web.improving.front import NO_LINKS
from server.web.improving.page import WORDS
from server.web.page import make_page

router = APIRouter(include_in_schema=False)
MONTHS = 3  # that are over: what is told of the figures
ERROR_LEVEL = "q"  # a quarter of the code may be scratched away


@router.get("/p/{slug}", dependencies=[public])
def get_public(request: Request, session: OpenSession, slug: Slug, organisation: Whose = None) -> HTMLResponse:
    """What patients of the service said, and what was done."""
    content = _content(request, session, slug, organisation)
    page = make_page(request, "improving/public.html.jinja", content)
    page.headers.update(HEADERS)
    return page


@router.get("/p/{slug}/poster", dependencies=[public])
def get_poster(request: Request, session: OpenSession, slug: Slug, organisation: Whose = None) -> HTMLResponse:
    """To print and hang up: the newest texts, and a code that leads to the page."""
    content = _content(request, session, slug, organisation)
    code = segno.make_qr(content["address"], error=ERROR_LEVEL)
    drawn = code.svg_inline(omitsize=True, svgclass="poster__qr", lineclass=None, border=4)
    page = make_page(request, "improving/poster.html.jinja", content | {"code": drawn})
    page.headers.update(HEADERS)
    return page


def _content(request: Request, session: Session, slug: str, organisation: int | None) -> dict[str, Any]:
    now: datetime = request.app.state.now()
    found = find_public(session, slug, organisation, now)
    answer = answer_public(found)
    enough = responses_since_start(session, found, now) >= PUBLISH_FROM
    figures = lately(session, found, now)
    query = f"?organisation={organisation}" if organisation is not None else ""
    scheme = "https" if request.app.state.settings.web_is_encrypted else "http"
    path = f"/p/{slug}{query}"
    return {
        **WORDS,
        "answer": answer,
        "enough": enough,
        "figures": figures if enough and figures.positivity is not None else None,
        "texts": answer.data if enough else [],
        "languages": LANGUAGE_NAMES,
        "path": None,
        "address": f"{scheme}://{request.headers['host']}{path}",
        "poster_path": f"/p/{slug}/poster{query}",
        "page_path": path,
    }


def anybody(found: Published) -> Viewer:
    """As somebody from outside all teams: of a small number nothing is told."""
    return Viewer(found.organisation.organisation_id, "anybody", {Right.SEE_FIGURES: None}, via=Via.SHARE)


def responses_since_start(session: Session, found: Published, now: datetime) -> int:
    """How many responses the service has in the months that are over: of fewer than a threshold nothing is told."""
    query = read_query([("service", found.service.code)], CumulativeQuery)
    with blamed():
        answer = read_cumulative(session, resolve(session, query, anybody(found), now), NO_LINKS)
    return answer.data[-1].n if answer.data else 0


def lately(session: Session, found: Published, now: datetime) -> Judged:
    """Of the months that are over; nothing of the running one is told."""
    today = now.astimezone(ZoneInfo(found.organisation.timezone)).date()
    after = today.replace(day=1)
    first = _months_before(after, MONTHS)
    span = {"from": str(first), "to": str(after), "granularity": "month", "service": found.service.code}
    query = read_query(span.items(), SeriesQuery)
    with blamed():
        return read_timeseries(session, resolve(session, query, anybody(found), now), NO_LINKS).totals


def _months_before(first: date, months: int) -> date:
    for _ in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    return first
