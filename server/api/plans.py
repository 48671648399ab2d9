"""The shapes of actions and their steps, as they are sent and answered."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from server.api.improving import Body, Number, Page, Title, Words
from server.api.query import Day
from server.improvement.actions import STEPS_MAX, NewAction, NewStep
from server.improvement.status import StepState
from server.improvement.tables import Action, ActionStep, Concern

StepStatus = Literal["open", "done", "dropped"]
ActionStatus = Literal["planned", "under way", "done", "dropped"]


class StepBody(Body):
    """A step of a plan, and who does it until when."""

    what: Title
    due_on: Day
    owner_id: Annotated[Number | None, Field(description="a person with an account")] = None
    owner: Annotated[Words, Field(max_length=200, description="else a role, like Ward housekeeper")] = ""

    def step(self) -> NewStep:
        """As improvement takes it."""
        return NewStep(self.what, self.due_on, self.owner_id, self.owner)


class PlanBody(Body):
    """What will be done."""

    title: Title
    aim: Words = ""
    started_on: Annotated[Day | None, Field(description="from which patients could notice; null: only planned")] = None
    steps: Annotated[list[StepBody], Field(max_length=STEPS_MAX, default_factory=list)]

    def action(self, concern_id: int) -> NewAction:
        """As improvement takes it."""
        steps = [step.step() for step in self.steps]
        return NewAction(concern_id, self.title, self.aim, self.started_on, steps)


class NewActionBody(PlanBody):
    """A plan for a concern."""

    concern: Number


class ActionChange(Body):
    """What is not said stays."""

    title: Title | None = None
    aim: Words | None = None
    status: ActionStatus | None = None
    started_on: Day | None = None


class StepChange(Body):
    """What is not said stays. A new owner takes the place of the old one."""

    status: StepStatus | None = None
    what: Title | None = None
    due_on: Day | None = None
    owner_id: Number | None = None
    owner: Annotated[Words | None, Field(max_length=200)] = None


class StepAnswer(Body):
    """One step."""

    step: int
    what: str
    owner_id: int | None
    owner: str
    due_on: date
    status: StepStatus
    overdue: bool
    done_at: datetime | None
    done_by: str | None


class ActionAnswer(Body):
    """An action with its steps."""

    action: int
    concern: int
    title: str
    aim: str
    status: ActionStatus
    started_on: Annotated[date | None, Field(description="charts mark this day")]
    created_at: datetime
    created_by: str
    ended_at: datetime | None
    question: str | None
    topic: str | None
    team: str | None
    service: str | None
    steps: list[StepAnswer]


class ActionsAnswer(Page):
    """A page of actions, newest first."""

    data: list[ActionAnswer]


def answer_step(row: ActionStep, names: dict[int, str], today: date) -> StepAnswer:
    """`names`: of people who own steps."""
    return StepAnswer(
        step=row.step,
        what=row.what,
        owner_id=row.owner_id,
        owner=names.get(row.owner_id, row.owner) if row.owner_id is not None else row.owner,
        due_on=row.due_on,
        status=row.status,  # type: ignore[arg-type]
        overdue=StepState(row.status, row.due_on).overdue(today),
        done_at=row.done_at,
        done_by=row.done_by,
    )


def answer_action(
    action: Action, concern: Concern, place: tuple[str | None, str | None], steps: list[StepAnswer]
) -> ActionAnswer:
    """`place`: the codes of team and service, one of them None."""
    return ActionAnswer(
        action=action.action_id,
        concern=action.concern_id,
        title=action.title,
        aim=action.aim,
        status=action.status,  # type: ignore[arg-type]
        started_on=action.started_on,
        created_at=action.created_at,
        created_by=action.created_by,
        ended_at=action.ended_at,
        question=concern.question_id,
        topic=concern.topic,
        team=place[0],
        service=place[1],
        steps=steps,
    )
