"""The routes of concerns: raise one, with its plan in the same step; follow it; note what else is known; close it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api import concerns as api
from server.api.access import needs
from server.api.improving import NumberInPath, today_of
from server.api.sessions import OpenSession, WritingSession
from server.web.improving.concern_page import concern_page
from server.web.improving.finding_words import finding_sentence
from server.web.improving.forms import Field, Filled, Form, Sender, Sent, go_on, number_of
from server.web.improving.front import PERIOD, find_findings
from server.web.improving.names import Names, find_names
from server.web.improving.page import HOME, improving_page
from server.web.words import percent

router = APIRouter(include_in_schema=False)
Sees = Annotated[Viewer, needs(Right.SEE_FIGURES)]
Improves = Annotated[Viewer, needs(Right.IMPROVE)]
FIRST_STEP_IN = timedelta(weeks=2)
WHERE = "Choose the team or service"
ABOUT = "Choose the question or topic"

STEP_FIELDS = (
    Field("step", "The first step", ("action", "steps", 0, "what"), "Say what is to be done first"),
    Field("owner", "Who does it", ("action", "steps", 0, "owner"), "Say who does it: a role, like Ward housekeeper"),
    Field("owner_id", "Who does it", ("action", "steps", 0, "owner_id")),
    Field("due_on", "Until when", ("action", "steps", 0, "due_on"), "Say until when it is to be done"),
)
RAISE = Form(
    "raise",
    api.NewConcernBody,
    (
        Field("place", "Where", ("team",), WHERE, needed=True, kind="team"),
        Field("place", "Where", ("service",), WHERE, kind="service"),
        Field("subject", "What about", ("question",), ABOUT, needed=True, kind="question"),
        Field("subject", "What about", ("topic",), ABOUT, kind="topic"),
        Field("title", "The concern", missing="Say in a few words what the concern is", needed=True),
        Field("words", "What else is known"),
        Field("period", steps=("detected", "period")),
        Field("plan", "What will change", ("action", "title"), "Say in a few words what will change"),
        *STEP_FIELDS,
    ),
)
EVIDENCE = Form(
    "evidence",
    api.EvidenceBody,
    (
        Field("kind", "The kind", missing="Choose what it is", needed=True),
        Field("words", "What was said or found", missing="Say what was said or found", needed=True),
        Field("source", "Where from"),
        Field("happened_on", "The day"),
    ),
)
WHY = "Say why it is closed: what was reached, or why not"


@router.get("/improve/concerns/new")
def get_new(request: Request, viewer: Improves, session: OpenSession) -> HTMLResponse:
    """The form; from a finding, filled in: `place`, `subject` and `period` stand in the address."""
    return _form(request, session, viewer, request.query_params)


@router.post("/improve/concerns")
def post_concern(request: Request, viewer: Improves, session: WritingSession, sent: Sent) -> Response:
    """Raise a concern; with its plan, unless nothing of a plan is said."""

    def act(body: Any, once: Any) -> Response:
        return api.create_concern(request, body, viewer, session, once)

    made = Sender(request, session, viewer).send(RAISE, sent, act, own_steps(viewer, sent.values))
    if isinstance(made, Filled):
        return _form(request, session, viewer, sent.values, made)
    return go_on(f"/improve/concerns/{number_of(made, 'concern')}")


@router.get("/improve/concerns/{concern}")
def get_concern(request: Request, concern: NumberInPath, viewer: Sees, session: OpenSession) -> HTMLResponse:
    """One concern with its plans, evidence and effect."""
    return concern_page(request, session, viewer, concern)


@router.post("/improve/concerns/{concern}")
def post_change(
    request: Request, concern: NumberInPath, viewer: Improves, session: WritingSession, sent: Sent
) -> Response:
    """Close it with the reason, or open it again."""

    def act(body: Any, _: Any) -> Response:
        api.change_concern(request, concern, body, viewer, session)
        return go_on(f"/improve/concerns/{concern}")

    closes = sent.values.get("status") == "closed"
    fields = (Field("status"), Field("closing_words", "Why it is closed", missing=WHY, needed=closes))
    done = Sender(request, session, viewer).send(Form("close", api.ConcernChange, fields), sent, act)
    return concern_page(request, session, viewer, concern, done) if isinstance(done, Filled) else done


@router.post("/improve/concerns/{concern}/evidence")
def post_evidence(
    request: Request, concern: NumberInPath, viewer: Improves, session: WritingSession, sent: Sent
) -> Response:
    """Note an interview, a survey, a theme of complaints."""

    def act(body: Any, once: Any) -> Response:
        return api.create_evidence(request, concern, body, viewer, session, once)

    done = Sender(request, session, viewer).send(EVIDENCE, sent, act)
    if isinstance(done, Filled):
        return concern_page(request, session, viewer, concern, done)
    return go_on(f"/improve/concerns/{concern}#evidence-heading")


def own_steps(viewer: Viewer, values: Mapping[str, str]) -> dict[str, str]:
    """As the interface takes them: one's own name is one's account, and a day alone is no step."""
    ready = dict(values)
    if ready.get("step") == "" and not ready.get("owner"):
        ready.pop("due_on", None)
    if viewer.person_id is not None and viewer.name and ready.get("owner", "").casefold() == viewer.name.casefold():
        ready["owner_id"] = str(viewer.person_id)
    return ready


def _form(
    request: Request, session: Session, viewer: Viewer, about: Mapping[str, str], filled: Filled | None = None
) -> HTMLResponse:
    names = find_names(request, session, viewer)
    prefilled = _prefilled(request, session, viewer, about, names)
    content = {
        "crumbs": [HOME],
        "names": names,
        "form": filled or Filled(RAISE.name),
        "errors": filled.summary if filled else {},
        "prefilled": prefilled,
    }
    return improving_page(request, "raise", content, 422 if filled else 200)


def _prefilled(
    request: Request, session: Session, viewer: Viewer, about: Mapping[str, str], names: Names
) -> dict[str, str]:
    """What stands in the form before anybody types; `finding`: what was detected, in words, where it was."""
    place, subject, period = (about.get(name, "") for name in ("place", "subject", "period"))
    values = {
        "place": place,
        "subject": subject,
        "period": "",
        "finding": "",
        "title": "",
        "plan": "",
        "step": "",
        "owner": "",
        "due_on": str(today_of(request, session, viewer) + FIRST_STEP_IN),
    }
    by, _, code = place.partition(":")
    question = subject.removeprefix("question:")
    known = code in (names.teams if by == "team" else names.services) and question in names.questions
    if not (period and known and subject.startswith("question:")):
        return values
    answer = find_findings(
        session, viewer, request, [("period", period or PERIOD), ("by", by), (by, code), ("question", question)]
    )
    rows = [row for row in answer.data if row.code == code and row.question == question]
    if not rows or rows[0].level not in ("concern", "watch"):
        return values
    named = f"{rows[0].name}: {rows[0].text}"
    return values | {
        "period": period,
        "finding": finding_sentence(rows[0]),
        "title": f"{named} {percent(rows[0].positivity)} positive",
        "plan": "Find out why, and change it",
        "step": "Ask patients and staff what is behind it",
        "owner": viewer.name if viewer.person_id is not None else "",
    }
