"""The routes of the pages of figures. Thin: a question in the address, a page out."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.league_areas import put_area
from server.api.sessions import OpenSession, WritingSession
from server.web.figures.kinds import KINDS
from server.web.figures.league import league_page, league_word
from server.web.figures.overview import start_page
from server.web.figures.subject import subject
from server.web.page import make_page

router = APIRouter(include_in_schema=False)
Reader = Annotated[Viewer, needs(Right.SEE_FIGURES)]


@router.get("/")
def get_overview(request: Request, viewer: Reader, session: OpenSession) -> HTMLResponse:
    """The figures that the address asks for."""
    content = start_page(session, request.query_params.multi_items(), viewer, request.app.state.now())
    return make_page(request, "figures/overview.html.jinja", content)


@router.get("/services/{service}")
def get_service(request: Request, viewer: Reader, session: OpenSession, service: str) -> HTMLResponse:
    """One service."""
    return _subject(request, viewer, session, "service", service)


@router.get("/teams/{team}")
def get_team(request: Request, viewer: Reader, session: OpenSession, team: str) -> HTMLResponse:
    """One team."""
    return _subject(request, viewer, session, "team", team)


@router.get("/devices/{device}")
def get_device(request: Request, viewer: Reader, session: OpenSession, device: str) -> HTMLResponse:
    """What was answered on one device."""
    return _subject(request, viewer, session, "device", device)


@router.get("/questions/{question}")
def get_question(request: Request, viewer: Reader, session: OpenSession, question: str) -> HTMLResponse:
    """One question."""
    return _subject(request, viewer, session, "question", question)


@router.get("/objectives/{objective}")
def get_objective(request: Request, viewer: Reader, session: OpenSession, objective: str) -> HTMLResponse:
    """The questions that serve one objective, together."""
    return _subject(request, viewer, session, "objective", objective)


@router.get("/league")
def get_league(request: Request, viewer: Reader, session: OpenSession) -> HTMLResponse:
    """Who collected how many valid responses."""
    content = league_page(session, request.query_params.multi_items(), viewer, request.app.state.now())
    return make_page(request, "figures/league.html.jinja", content)


@router.post("/league")
def post_league(
    request: Request,
    viewer: Annotated[Viewer, needs(Right.IMPROVE)],
    session: WritingSession,
    area: Annotated[str, Form()],
    opted_in: Annotated[bool, Form()],
) -> RedirectResponse:
    """A service or team takes part from now on, or no longer; said twice, it stays as it is."""
    put_area(request, league_word(area, opted_in=opted_in), viewer, session)
    return RedirectResponse("/league", HTTPStatus.SEE_OTHER)


def _subject(request: Request, viewer: Viewer, session: OpenSession, word: str, code: str) -> HTMLResponse:
    now = request.app.state.now()
    content = subject(session, KINDS[word], code, request.query_params.multi_items(), viewer, now)
    return make_page(request, "figures/subject.html.jinja", content)
