"""Actions: plans with steps, owners and due days, and what they changed."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.idempotency import CreateOnce
from server.api.improving import (
    PAGING,
    Number,
    NumberInPath,
    Paged,
    now_of,
    page_of,
    problems,
    today_of,
)
from server.api.parameters import only
from server.api.plans import (
    ActionAnswer,
    ActionChange,
    ActionsAnswer,
    ActionStatus,
    NewActionBody,
    StepAnswer,
    StepBody,
    StepChange,
    answer_action,
    answer_step,
)
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.improvement import actions
from server.improvement.places import codes
from server.improvement.tables import Action, Concern

router = APIRouter(prefix=PREFIX, tags=["improvement"], responses=refusals())
Sees = Annotated[Viewer, needs(Right.SEE_FIGURES)]
Improves = Annotated[Viewer, needs(Right.IMPROVE)]


def answer_actions(
    session: Session, viewer: Viewer, rows: Sequence[tuple[Action, Concern]], today: date
) -> list[ActionAnswer]:
    """Actions of any concerns, with their steps and places."""
    here = viewer.organisation_id
    steps = actions.steps_of(session, here, [action.action_id for action, _ in rows])
    names = actions.owner_names(session, here, [step for found in steps.values() for step in found])
    words = codes(session, here)
    return [
        answer_action(
            action,
            concern,
            (words.teams.get(concern.team_id or 0), words.services.get(concern.service_id or 0)),
            [answer_step(step, names, today) for step in steps[action.action_id]],
        )
        for action, concern in rows
    ]


def _answer(session: Session, viewer: Viewer, action_id: int, today: date) -> ActionAnswer:
    return answer_actions(session, viewer, [actions.find_action(session, viewer, action_id)], today)[0]


@router.get(
    "/actions",
    operation_id="list_actions",
    dependencies=[only("concern", "status", *PAGING, lists=["status"])],
)
def list_actions(
    request: Request,
    viewer: Sees,
    session: OpenSession,
    page: Paged,
    concern: Number | None = None,
    status: Annotated[list[ActionStatus], Query()] = [],  # noqa: B006 - FastAPI copies it
) -> ActionsAnswer:
    """Actions that the viewer may see, newest first."""
    found = actions.actions(
        session, viewer, concern_id=concern, statuses=status, before=page.before, limit=page.limit + 1
    )
    rows, links = page_of(request, page, found, lambda row: row[0].action_id)
    return ActionsAnswer(data=answer_actions(session, viewer, rows, today_of(request, session, viewer)), links=links)


@router.post(
    "/actions",
    status_code=201,
    response_model=ActionAnswer,
    operation_id="create_action",
    responses=refusals(409),
    dependencies=[only()],
)
def create_action(
    request: Request, body: NewActionBody, viewer: Improves, session: WritingSession, once: CreateOnce
) -> Response:
    """Plan what will be done about a concern: steps, owners and due days in one go."""
    today = today_of(request, session, viewer)

    def make() -> ActionAnswer:
        with problems():
            action = actions.add_action(session, viewer, body.action(body.concern), now_of(request), today)
            return _answer(session, viewer, action.action_id, today)

    return once.create(make, lambda made: f"{PREFIX}/actions/{made.action}")


@router.get("/actions/{action}", operation_id="get_action", dependencies=[only()])
def get_action(request: Request, action: NumberInPath, viewer: Sees, session: OpenSession) -> ActionAnswer:
    """One action with its steps."""
    with problems():
        return _answer(session, viewer, action, today_of(request, session, viewer))


@router.patch("/actions/{action}", operation_id="change_action", responses=refusals(409), dependencies=[only()])
def change_action(
    request: Request, action: NumberInPath, body: ActionChange, viewer: Improves, session: WritingSession
) -> ActionAnswer:
    """Start, finish, drop or reword an action."""
    today = today_of(request, session, viewer)
    with problems():
        actions.change_action(session, viewer, action, now_of(request), today, **body.model_dump(exclude_unset=True))
        return _answer(session, viewer, action, today)


@router.post(
    "/actions/{action}/steps",
    status_code=201,
    response_model=StepAnswer,
    operation_id="create_action_step",
    responses=refusals(409),
    dependencies=[only()],
)
def create_step(
    request: Request,
    action: NumberInPath,
    body: StepBody,
    viewer: Improves,
    session: WritingSession,
    once: CreateOnce,
) -> Response:
    """Add a step at the end of a plan."""

    def make() -> StepAnswer:
        with problems():
            row = actions.add_step(session, viewer, action, body.step(), now_of(request))
            names = actions.owner_names(session, viewer.organisation_id, [row])
            return answer_step(row, names, today_of(request, session, viewer))

    return once.create(make, lambda _: f"{PREFIX}/actions/{action}")


@router.patch(
    "/actions/{action}/steps/{step}",
    operation_id="change_action_step",
    responses=refusals(409),
    dependencies=[only()],
)
def change_step(
    request: Request,
    action: NumberInPath,
    step: NumberInPath,
    body: StepChange,
    viewer: Improves,
    session: WritingSession,
) -> StepAnswer:
    """Tick a step off, put it off, or hand it over."""
    with problems():
        row = actions.change_step(session, viewer, action, step, now_of(request), **body.model_dump(exclude_unset=True))
        names = actions.owner_names(session, viewer.organisation_id, [row])
        return answer_step(row, names, today_of(request, session, viewer))
