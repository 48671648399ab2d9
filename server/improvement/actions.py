"""Action plans: what is done about a concern, step by step, and from which day on patients could notice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.accounts.grants import reach_of
from server.accounts.rights import Right
from server.accounts.tables import Person
from server.accounts.viewer import Viewer
from server.database import on_keys
from server.fleet.turns import take_turn
from server.improvement.concerns import find_concern, follow_actions, where_of
from server.improvement.faults import ConflictError, FaultError, NotThereError
from server.improvement.identity import refuse_identity
from server.improvement.numbers import next_number
from server.improvement.places import require, seen, sees
from server.improvement.status import (
    ACTION_MOVES,
    CLOSED,
    DONE,
    DROPPED,
    OPEN,
    PLANNED,
    STEP_MOVES,
    UNDER_WAY,
    move,
)
from server.improvement.tables import Action, ActionStep, Concern

STEPS_MAX = 50  # of one action: more is several actions


@dataclass(frozen=True)
class NewStep:
    """`owner_id` is a person with an account, or `owner` a role in words."""

    what: str
    due_on: date
    owner_id: int | None = None
    owner: str = ""


@dataclass(frozen=True)
class NewAction:
    """`started_on`: the day from which patients could notice; None while it is only planned."""

    concern_id: int
    title: str
    aim: str = ""
    started_on: date | None = None
    steps: Sequence[NewStep] = ()


def add_action(session: Session, viewer: Viewer, new: NewAction, now: datetime, today: date, *place: str) -> Action:
    """A plan with its steps, in one go. `place`: where in the body it stands.

    Raises FaultError, PatientIdentityError, NotThereError, NotAllowedError, ConflictError.
    """
    concern = find_concern(session, viewer, new.concern_id)
    require(session, viewer, Right.IMPROVE, where_of(concern))
    if concern.status == CLOSED:
        raise ConflictError(f"Concern {concern.concern_id} is closed: reopen it first.")
    refuse_identity(*place, title=new.title, aim=new.aim)
    _check_start(new.started_on, today, *place)
    action = Action(
        organisation_id=viewer.organisation_id,
        action_id=next_number(session, Action, Action.action_id, viewer.organisation_id),
        concern_id=new.concern_id,
        title=new.title,
        aim=new.aim,
        status=PLANNED if new.started_on is None else UNDER_WAY,
        started_on=new.started_on,
        created_at=now,
        created_by=viewer.actor,
    )
    session.add(action)
    session.flush()
    for number, step in enumerate(new.steps):
        _check_owner(session, viewer, concern, step.owner_id, now, *place, "steps", number)
        _add_step(session, action, step, *place, "steps", number)
    follow_actions(session, concern)
    session.flush()
    return action


def find_action(session: Session, viewer: Viewer, action_id: int) -> tuple[Action, Concern]:
    """Raises NotThereError, also for one that this viewer may not see."""
    query = (
        select(Action, Concern)
        .join(Concern, on_keys(Concern, Action, "concern_id"))
        .where(Action.action_id == action_id, seen(viewer, Concern))
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotThereError(f"There is no action {action_id} here.")
    return found[0], found[1]


def actions(
    session: Session,
    viewer: Viewer,
    *,
    concern_id: int | None = None,
    statuses: Sequence[str] = (),
    before: int | None = None,
    limit: int,
) -> list[tuple[Action, Concern]]:
    """Newest first, those with a number below `before`."""
    query = (
        select(Action, Concern)
        .join(Concern, on_keys(Concern, Action, "concern_id"))
        .where(seen(viewer, Concern))
        .order_by(Action.action_id.desc())
        .limit(limit)
    )
    if concern_id is not None:
        query = query.where(Action.concern_id == concern_id)
    if statuses:
        query = query.where(Action.status.in_(statuses))
    if before is not None:
        query = query.where(Action.action_id < before)
    return [(action, concern) for action, concern in session.execute(query)]


def steps_of(session: Session, organisation_id: int, action_ids: Sequence[int]) -> dict[int, list[ActionStep]]:
    """The steps of each of these actions, in order."""
    found: dict[int, list[ActionStep]] = {action_id: [] for action_id in action_ids}
    query = select(ActionStep).where(
        ActionStep.organisation_id == organisation_id, ActionStep.action_id.in_(action_ids)
    )
    for step in session.scalars(query.order_by(ActionStep.action_id, ActionStep.step)):
        found[step.action_id].append(step)
    return found


def owner_names(session: Session, organisation_id: int, steps: Sequence[ActionStep]) -> dict[int, str]:
    """{person's number: name} of those who own one of these steps."""
    numbers = {step.owner_id for step in steps if step.owner_id is not None}
    query = select(Person.person_id, Person.name).where(
        Person.organisation_id == organisation_id, Person.person_id.in_(numbers)
    )
    return dict(session.execute(query).all()) if numbers else {}


def change_action(
    session: Session,
    viewer: Viewer,
    action_id: int,
    now: datetime,
    today: date,
    *,
    title: str | None = None,
    aim: str | None = None,
    status: str | None = None,
    started_on: date | None = None,
) -> Action:
    """Word it better, start it, finish it, drop it. An action under way has the day on which it started: today,
    unless another is said.
    """
    action, concern = find_action(session, viewer, action_id)
    require(session, viewer, Right.IMPROVE, where_of(concern))
    refuse_identity(title=title or "", aim=aim or "")
    _check_start(started_on, today)
    action.title = action.title if title is None else title
    action.aim = action.aim if aim is None else aim
    after = move("the action", ACTION_MOVES, action.status, status or action.status)
    if after in (UNDER_WAY, DONE):
        action.started_on = started_on or action.started_on or today
    elif started_on is not None:
        raise FaultError("started_on", detail=f"An action that is {after} has not started: say status 'under way' too.")
    if after != action.status:
        action.ended_at = now if after in (DONE, DROPPED) else None
    action.status = after
    follow_actions(session, concern)
    session.flush()
    return action


def add_step(session: Session, viewer: Viewer, action_id: int, step: NewStep, now: datetime) -> ActionStep:
    """At the end of the plan."""
    action, concern = find_action(session, viewer, action_id)
    require(session, viewer, Right.IMPROVE, where_of(concern))
    _check_owner(session, viewer, concern, step.owner_id, now)
    return _add_step(session, action, step)


def change_step(
    session: Session,
    viewer: Viewer,
    action_id: int,
    number: int,
    now: datetime,
    *,
    status: str | None = None,
    due_on: date | None = None,
    what: str | None = None,
    owner_id: int | None = None,
    owner: str | None = None,
) -> ActionStep:
    """Tick it off, put it off, hand it over."""
    action, concern = find_action(session, viewer, action_id)
    require(session, viewer, Right.IMPROVE, where_of(concern))
    row = session.get(ActionStep, (viewer.organisation_id, action.action_id, number))
    if row is None:
        raise NotThereError(f"Action {action_id} has no step {number}.")
    refuse_identity(what=what or "", owner=owner or "")
    row.status, before = move("the step", STEP_MOVES, row.status, status or row.status), row.status
    if row.status != before:
        row.done_at, row.done_by = (now, viewer.actor) if row.status == DONE else (None, None)
    row.due_on = due_on or row.due_on
    row.what = row.what if what is None else what
    if owner_id is not None or owner:
        _check_owner(session, viewer, concern, owner_id, now)
        row.owner_id, row.owner = owner_id, owner or ""
    session.flush()
    return row


def _add_step(session: Session, action: Action, new: NewStep, *place: str | int) -> ActionStep:
    refuse_identity(*place, what=new.what, owner=new.owner)
    if new.owner_id is None and not new.owner.strip():
        raise FaultError(*place, "owner", detail="Somebody must own a step: owner_id of a person, or owner, a role.")
    take_turn(session, action.organisation_id)
    last = session.scalar(
        select(func.max(ActionStep.step)).where(
            ActionStep.organisation_id == action.organisation_id, ActionStep.action_id == action.action_id
        )
    )
    number = (last or 0) + 1
    if number > STEPS_MAX:
        raise ConflictError(f"An action has at most {STEPS_MAX} steps: make another action.")
    row = ActionStep(
        organisation_id=action.organisation_id,
        action_id=action.action_id,
        step=number,
        what=new.what,
        owner_id=new.owner_id,
        owner=new.owner,
        due_on=new.due_on,
        status=OPEN,
    )
    session.add(row)
    session.flush()
    return row


def _check_owner(
    session: Session, viewer: Viewer, concern: Concern, owner_id: int | None, now: datetime, *place: str | int
) -> None:
    """An owner sees what they own; whether there is anybody else of that number, nobody learns here."""
    if owner_id is None or owner_id == viewer.person_id:
        return
    here = viewer.organisation_id
    owner = Viewer(here, "", reach_of(session, here, owner_id, now), owner_id)
    if not sees(session, owner, where_of(concern)):
        detail = f"There is no person {owner_id} here who may see this concern."
        raise FaultError(*place, "owner_id", detail=detail)


def _check_start(started_on: date | None, today: date, *place: str) -> None:
    if started_on is not None and started_on > today:
        raise FaultError(*place, "started_on", detail=f"{started_on} is yet to come: leave it out until then.")
