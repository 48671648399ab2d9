"""The routes of recognition: credit to teams, given as easily as a concern is raised, with a certificate to print."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api import recognition as api
from server.api.access import needs
from server.api.improving import PAGE_MAX, AskedPage, NumberInPath, problems, today_of
from server.api.sessions import OpenSession, WritingSession
from server.improvement.places import codes
from server.improvement.recognition import find_recognition
from server.web.improving.finding_words import finding_sentence
from server.web.improving.forms import Field, Filled, Form, Sender, Sent, go_on, number_of
from server.web.improving.front import find_findings
from server.web.improving.names import Names, find_names
from server.web.improving.page import HOME, improving_page

router = APIRouter(include_in_schema=False)
Sees = Annotated[Viewer, needs(Right.SEE_FIGURES)]
Improves = Annotated[Viewer, needs(Right.IMPROVE)]
GOOD = ("highlight", "good sign")
CREDIT = Form(
    "credit",
    api.NewRecognitionBody,
    (
        Field("place", "The team", ("team",), "Choose the team", needed=True, kind="team"),
        Field("subject", "For what", ("question",), kind="question"),
        Field("subject", "For what", ("topic",), kind="topic"),
        Field("title", "What is going well", missing="Say in a few words what is going well", needed=True),
        Field("words", "What else to say"),
        Field("recognised_on", "The day"),
    ),
)


@router.get("/improve/recognition")
def get_recognition(request: Request, viewer: Sees, session: OpenSession) -> HTMLResponse:
    """Who was given credit; from a highlight, the form is filled in: `place`, `subject`, `period` in the address."""
    return _page(request, session, viewer)


@router.post("/improve/recognition")
def post_recognition(request: Request, viewer: Improves, session: WritingSession, sent: Sent) -> Response:
    """Give a team credit."""

    def act(body: Any, once: Any) -> Response:
        return api.create_recognition(request, body, viewer, session, once)

    made = Sender(request, session, viewer).send(CREDIT, sent, act)
    if isinstance(made, Filled):
        return _page(request, session, viewer, made)
    return go_on(f"/improve/recognition/{number_of(made, 'recognition')}")


@router.get("/improve/recognition/{recognition}")
def get_certificate(request: Request, recognition: NumberInPath, viewer: Sees, session: OpenSession) -> HTMLResponse:
    """The certificate, one page to print."""
    with problems():
        row = find_recognition(session, viewer, recognition)
    credit = api.answer_recognition(row, codes(session, viewer.organisation_id))
    names = find_names(request, session, viewer)
    content = {
        "crumbs": [HOME, ("/improve/recognition", "Credit to teams")],
        "credit": credit,
        "team": names.place(credit.team, None),
        "subject": names.subject(credit.question, credit.topic),
        "organisation": names.organisation,
    }
    return improving_page(request, "certificate", content)


def _page(request: Request, session: Session, viewer: Viewer, filled: Filled | None = None) -> HTMLResponse:
    names = find_names(request, session, viewer)
    content = {
        "crumbs": [HOME],
        "names": names,
        "teams": [(f"team:{code}", name) for code, name in names.teams.items()],
        "listed": api.list_recognition(request, viewer, session, AskedPage(None, PAGE_MAX)).data,
        "prefilled": _prefilled(request, session, viewer, names),
        "today": today_of(request, session, viewer),
        "may_improve": viewer.may(Right.IMPROVE),
        "credit": filled or Filled(CREDIT.name),
        "errors": filled.summary if filled else {},
    }
    return improving_page(request, "recognition", content, 422 if filled else 200)


def _prefilled(request: Request, session: Session, viewer: Viewer, names: Names) -> dict[str, str]:
    """From the highlight that the address names."""
    given = request.query_params
    place, subject, period = (given.get(name, "") for name in ("place", "subject", "period"))
    team, question = place.removeprefix("team:"), subject.removeprefix("question:")
    values = {"place": place, "subject": subject, "title": "", "words": ""}
    if not (period and team in names.teams and question in names.questions):
        return values
    asked = [("period", period), ("by", "team"), ("team", team), ("question", question)]
    rows = [row for row in find_findings(session, viewer, request, asked).data if row.level in GOOD]
    found = next((row for row in rows if (row.code, row.question) == (team, question)), None)
    return values | {"title": found.text, "words": finding_sentence(found)} if found else values
