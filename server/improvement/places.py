"""Where something is: a team, or all teams of a service; and what a viewer may see and do there."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.fleet.tables import Question, Service, Team
from server.improvement.faults import FaultError, NotAllowedError, NotThereError


class Where(NamedTuple):
    """One of the two is None."""

    team_id: int | None = None
    service_id: int | None = None


def find_where(session: Session, viewer: Viewer, team: str | None, service: str | None) -> Where:
    """By code, exactly one of both. Raises FaultError, or NotThereError for what this viewer may not see."""
    if (team is None) == (service is None):
        raise FaultError("team", detail="Name a team or a service, one of both, by its code.")
    if team is not None:
        return Where(team_id=find_team(session, viewer, team))
    here = viewer.organisation_id
    number = session.scalar(select(Service.service_id).where(Service.organisation_id == here, Service.code == service))
    if number is None or not sees(session, viewer, Where(service_id=number)):
        raise NotThereError(f"There is no service {service!r} here.")
    return Where(service_id=number)


def find_team(session: Session, viewer: Viewer, code: str) -> int:
    """The team's number. Raises NotThereError, also for a team that this viewer may not see."""
    here = viewer.organisation_id
    number = session.scalar(select(Team.team_id).where(Team.organisation_id == here, Team.code == code))
    if number is None or not viewer.may(Right.SEE_FIGURES, number):
        raise NotThereError(f"There is no team {code!r} here.")
    return number


def find_subject(session: Session, viewer: Viewer, question: str | None, topic: str | None) -> None:
    """That the question or topic exists. Raises FaultError."""
    if (question is None) == (topic is None):
        raise FaultError("question", detail="Name a question or a topic, one of both.")
    known = select(Question.question_id if question else Question.topic).where(
        Question.organisation_id == viewer.organisation_id
    )
    column = Question.question_id if question else Question.topic
    if session.scalar(known.where(column == (question or topic)).limit(1)) is None:
        field, word = ("question", question) if question else ("topic", topic)
        raise FaultError(field, detail=f"There is no {field} {word!r} that anybody is asked. GET /meta lists them.")


class Codes(NamedTuple):
    """The words by which answers name teams and services, by number."""

    teams: dict[int, str]
    services: dict[int, str]


def codes(session: Session, organisation_id: int) -> Codes:
    """Of all teams and services: a few hundred at most."""
    teams = select(Team.team_id, Team.code).where(Team.organisation_id == organisation_id)
    services = select(Service.service_id, Service.code).where(Service.organisation_id == organisation_id)
    return Codes(dict(session.execute(teams).all()), dict(session.execute(services).all()))


def may(session: Session, viewer: Viewer, right: Right, where: Where) -> bool:
    """Whether they have the right for the team, or for every team of the service."""
    if where.team_id is not None:
        return viewer.may(right, where.team_id)
    if viewer.may_everywhere(right):
        return True
    assert where.service_id is not None
    teams = _teams(session, viewer, where.service_id)
    return bool(teams) and teams <= _reach(session, viewer, right)


def sees(session: Session, viewer: Viewer, where: Where) -> bool:
    """Whether they may see figures of the team, or of any team of the service."""
    if where.service_id is None:
        return viewer.may(Right.SEE_FIGURES, where.team_id)
    return bool(_teams(session, viewer, where.service_id) & _reach(session, viewer, Right.SEE_FIGURES))


def require(session: Session, viewer: Viewer, right: Right, where: Where) -> None:
    """Raises NotAllowedError. Whether they may see it at all was asked when it was found."""
    if not may(session, viewer, right, where):
        raise NotAllowedError(f"Your account has no right to {right} here.")


def seen(viewer: Viewer, table: Any, right: Right = Right.SEE_FIGURES) -> ColumnElement[bool]:
    """The condition that a row, with `team_id` and perhaps `service_id`, is about a team for which they have it."""
    here: ColumnElement[bool] = table.organisation_id == viewer.organisation_id
    teams = viewer.teams(right)
    if teams is None:
        return here
    of_team = table.team_id.in_(sorted(teams))
    if not hasattr(table, "service_id"):
        return and_(here, of_team)
    services = select(Team.service_id).where(
        Team.organisation_id == viewer.organisation_id, Team.team_id.in_(sorted(teams))
    )
    return and_(here, or_(of_team, table.service_id.in_(services)))


def _teams(session: Session, viewer: Viewer, service_id: int) -> frozenset[int]:
    query = select(Team.team_id).where(Team.organisation_id == viewer.organisation_id, Team.service_id == service_id)
    return frozenset(session.scalars(query))


def _reach(session: Session, viewer: Viewer, right: Right) -> frozenset[int]:
    teams = viewer.teams(right)
    if teams is not None:
        return teams
    return frozenset(session.scalars(select(Team.team_id).where(Team.organisation_id == viewer.organisation_id)))
