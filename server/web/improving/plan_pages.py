"""The routes of action plans: make one, start and end it, add a step, tick one off. Each leads back to its concern."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api import actions as api
from server.api.access import needs
from server.api.improving import NumberInPath
from server.api.plans import ActionChange, NewActionBody, StepBody, StepChange
from server.api.sessions import WritingSession
from server.web.improving.concern_page import concern_page
from server.web.improving.concern_pages import own_steps
from server.web.improving.forms import Field, Filled, Form, Sender, Sent, Typed, go_on

router = APIRouter(include_in_schema=False)
Improves = Annotated[Viewer, needs(Right.IMPROVE)]
OWNER = "Say who does it: a role, like Ward housekeeper"
PLAN = Form(
    "plan",
    NewActionBody,
    (
        Field("concern", needed=True),
        Field("title", "What will change", missing="Say in a few words what will change", needed=True),
        Field("aim", "The aim"),
        Field("started_on", "The day"),
        Field("step", "The first step", ("steps", 0, "what"), "Say what is to be done first"),
        Field("owner", "Who does it", ("steps", 0, "owner"), OWNER),
        Field("owner_id", "Who does it", ("steps", 0, "owner_id")),
        Field("due_on", "Until when", ("steps", 0, "due_on"), "Say until when it is to be done"),
    ),
)


@router.post("/improve/concerns/{concern}/actions")
def post_plan(
    request: Request, concern: NumberInPath, viewer: Improves, session: WritingSession, sent: Sent
) -> Response:
    """Another plan for the concern."""

    def act(body: Any, once: Any) -> Response:
        return api.create_action(request, body, viewer, session, once)

    ready = own_steps(viewer, sent.values) | {"concern": str(concern)}
    made = Sender(request, session, viewer).send(PLAN, sent, act, ready)
    if isinstance(made, Filled):
        return concern_page(request, session, viewer, concern, made)
    return go_on(f"/improve/concerns/{concern}#plans")


@router.post("/improve/actions/{action}")
def post_change(
    request: Request, action: NumberInPath, viewer: Improves, session: WritingSession, sent: Sent
) -> Response:
    """Start it, finish it, drop it."""
    form = Form(f"change-{action}", ActionChange, (Field("status"), Field("started_on", "The day")))

    def act(body: Any, _: Any) -> Response:
        return _back(api.change_action(request, action, body, viewer, session).concern, action)

    ready = sent.values if sent.values.get("status") == "under way" else sent.values | {"started_on": ""}
    return _answer(request, session, viewer, action, form, (sent, ready), act)


@router.post("/improve/actions/{action}/steps")
def post_step(
    request: Request, action: NumberInPath, viewer: Improves, session: WritingSession, sent: Sent
) -> Response:
    """A step more."""
    fields = (
        Field("what", "The step", missing="Say what is to be done", needed=True),
        Field("owner", "Who does it", missing=OWNER, needed=True),
        Field("owner_id", "Who does it"),
        Field("due_on", "Until when", missing="Say until when it is to be done", needed=True),
    )

    def act(body: Any, once: Any) -> Response:
        concern = api.get_action(request, action, viewer, session).concern
        api.create_step(request, action, body, viewer, session, once)
        return _back(concern, action)

    ready = own_steps(viewer, sent.values)
    form = Form(f"steps-{action}", StepBody, fields)
    return _answer(request, session, viewer, action, form, (sent, ready), act)


@router.post("/improve/actions/{action}/steps/{step}")
def post_step_change(
    request: Request, action: NumberInPath, step: NumberInPath, viewer: Improves, session: WritingSession, sent: Sent
) -> Response:
    """Done, dropped, open again, or due on another day."""
    form = Form(f"step-{action}-{step}", StepChange, (Field("status"), Field("due_on", "Until when")))

    def act(body: Any, _: Any) -> Response:
        api.change_step(request, action, step, body, viewer, session)
        return _back(api.get_action(request, action, viewer, session).concern, action)

    return _answer(request, session, viewer, action, form, (sent, sent.values), act)


def _answer(
    request: Request,
    session: Session,
    viewer: Viewer,
    action: int,
    form: Form,
    came: tuple[Typed, dict[str, str]],
    act: Any,
) -> Response:
    done = Sender(request, session, viewer).send(form, came[0], act, came[1])
    if not isinstance(done, Filled):
        return done
    return concern_page(request, session, viewer, api.get_action(request, action, viewer, session).concern, done)


def _back(concern: int, action: int) -> Response:
    return go_on(f"/improve/concerns/{concern}#action-{action}")
