"""The routes of audits: schedules, one of them beside what patients say, its entry on a phone, and feedback given."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api import audits as api
from server.api.access import needs
from server.api.audit_shapes import EntryBody, FeedbackBody, NewScheduleBody, ScheduleChange
from server.api.improving import NumberInPath
from server.api.sessions import OpenSession, WritingSession
from server.web.improving.audit_page import audit_page, audits_page, entry_page, lines_of
from server.web.improving.forms import Field, Filled, Form, Sender, Sent, go_on, number_of

router = APIRouter(include_in_schema=False)
Sees = Annotated[Viewer, needs(Right.SEE_FIGURES)]
Improves = Annotated[Viewer, needs(Right.IMPROVE)]
NOTHING = "Answer at least one line"

SCHEDULE = Form(
    "schedule",
    NewScheduleBody,
    (
        Field("team", "The team", missing="Choose the team", needed=True),
        Field("questionnaire", "The checklist", missing="Choose the checklist", needed=True),
        Field("every", "How often", missing="Choose how often", needed=True),
        Field("from_date", "The first day", missing="Say from which day on", needed=True),
    ),
)
END = Form("end", ScheduleChange, (Field("to_date", "The day", missing="Say from which day on", needed=True),))
FEEDBACK = Form(
    "feedback",
    FeedbackBody,
    (
        Field("about", "The week or month", missing="Choose what it was about", needed=True),
        Field("given_on", "The day", missing="Say on which day", needed=True),
        Field("given_by", "Who told them", missing="Say who told them: a role, like Link nurse", needed=True),
        Field("given_to", "Who was told"),
        Field("words", "What was said"),
    ),
)


@router.get("/improve/audits")
def get_audits(request: Request, viewer: Sees, session: OpenSession) -> HTMLResponse:
    """What is due and overdue."""
    return audits_page(request, session, viewer)


@router.post("/improve/audits")
def post_schedule(request: Request, viewer: Improves, session: WritingSession, sent: Sent) -> Response:
    """Have a team go through a checklist regularly."""

    def act(body: Any, once: Any) -> Response:
        return api.create_audit(request, body, viewer, session, once)

    made = Sender(request, session, viewer).send(SCHEDULE, sent, act)
    if isinstance(made, Filled):
        return audits_page(request, session, viewer, made)
    return go_on(f"/improve/audits/{number_of(made, 'schedule')}")


@router.get("/improve/audits/{audit}")
def get_audit(request: Request, audit: NumberInPath, viewer: Sees, session: OpenSession) -> HTMLResponse:
    """One schedule, beside what patients say."""
    return audit_page(request, session, viewer, audit)


@router.post("/improve/audits/{audit}")
def post_end(request: Request, audit: NumberInPath, viewer: Improves, session: WritingSession, sent: Sent) -> Response:
    """End it; what was done stays."""

    def act(body: Any, _: Any) -> Response:
        api.change_audit(request, audit, body, viewer, session)
        return go_on(f"/improve/audits/{audit}")

    done = Sender(request, session, viewer).send(END, sent, act)
    return audit_page(request, session, viewer, audit, done) if isinstance(done, Filled) else done


@router.get("/improve/audits/{audit}/enter")
def get_entry(request: Request, audit: NumberInPath, viewer: Improves, session: OpenSession) -> HTMLResponse:
    """The checklist."""
    return entry_page(request, session, viewer, audit)


@router.post("/improve/audits/{audit}/enter")
def post_entry(
    request: Request, audit: NumberInPath, viewer: Improves, session: WritingSession, sent: Sent
) -> Response:
    """One round, as it was ticked."""

    def act(body: Any, once: Any) -> Response:
        return api.create_entry(request, audit, body, viewer, session, once)

    lines = lines_of(session, viewer, audit)
    fields = [
        Field("audited_on", "The day", missing="Say on which day", needed=True),
        *(Field(f"line-{number}", line.text, ("answers", line.question)) for number, line in enumerate(lines, 1)),
        Field("line-1", steps=("answers",), missing=NOTHING, kind="nothing"),  # of no line there is an answer
    ]
    done = Sender(request, session, viewer).send(Form("enter", EntryBody, fields), sent, act)
    if isinstance(done, Filled):
        return entry_page(request, session, viewer, audit, done)
    return go_on(f"/improve/audits/{audit}")


@router.post("/improve/audits/{audit}/feedback")
def post_feedback(
    request: Request, audit: NumberInPath, viewer: Improves, session: WritingSession, sent: Sent
) -> Response:
    """That the team was told."""

    def act(body: Any, once: Any) -> Response:
        return api.create_feedback(request, audit, body, viewer, session, once)

    done = Sender(request, session, viewer).send(FEEDBACK, sent, act)
    if isinstance(done, Filled):
        return audit_page(request, session, viewer, audit, done)
    return go_on(f"/improve/audits/{audit}#told")
