"""The days from which actions were in place, for charts to mark."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.database import on_keys
from server.fleet.tables import Question, Team
from server.improvement.places import seen
from server.improvement.tables import Action, Concern


class Mark(NamedTuple):
    """An action that a chart may show the effect of."""

    day: date
    title: str
    action_id: int


def action_marks(
    session: Session,
    viewer: Viewer,
    *,
    teams: Collection[int] = (),
    services: Collection[int] = (),
    questions: Collection[str] = (),
) -> list[Mark]:
    """Actions under way or done that concern any of these teams (or teams of these services) and any of these
    questions or their topics, oldest first; an empty collection does not narrow.
    """
    here = viewer.organisation_id
    query = (
        select(Action.started_on, Action.title, Action.action_id)
        .join(Concern, on_keys(Concern, Action, "concern_id"))
        .where(seen(viewer, Concern), Action.started_on.is_not(None), Action.status != "dropped")
        .order_by(Action.started_on, Action.action_id)
    )
    if teams or services:
        around = select(Team.service_id).where(Team.organisation_id == here, Team.team_id.in_(teams))
        within = select(Team.team_id).where(Team.organisation_id == here, Team.service_id.in_(services))
        query = query.where(
            or_(
                Concern.team_id.in_(teams),
                Concern.team_id.in_(within),
                Concern.service_id.in_(services),
                Concern.service_id.in_(around),
            )
        )
    if questions:
        topics = select(Question.topic).where(Question.organisation_id == here, Question.question_id.in_(questions))
        query = query.where(or_(Concern.question_id.in_(questions), Concern.topic.in_(topics)))
    return [Mark(day, title, number) for day, title, number in session.execute(query) if day is not None]
