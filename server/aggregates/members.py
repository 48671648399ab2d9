"""What figures are broken down by, member by member: those without a single answer too, for they have to be found."""

from collections.abc import Collection
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.aggregates.devices import Lineage, shown_name, standings
from server.aggregates.dimensions import DEVICE, DIRECTORATE, OBJECTIVE, QUESTION, SERVICE, TEAM, TOPIC, Dimension
from server.aggregates.lineages import within_team
from server.aggregates.scope import Scope
from server.aggregates.subjects import patients_question
from server.database import on_keys
from server.fleet.subject_tables import Objective, Topic
from server.fleet.tables import Directorate, Question, Service, Team


class Member(NamedTuple):
    """`key`: as in the keys of counts; `code`: as in an address; `lineage`: what targets are looked up by."""

    key: Any
    code: str
    name: str
    lineage: Lineage


def members(session: Session, scope: Scope, by: Dimension, at: datetime, found: Collection[Any]) -> list[Member]:
    """Every member of `by` within the scope that its viewer may see, in order of name.

    `at`: when a device must be placed there. `found`: keys that have counts, listed wherever they are now.
    """
    readers = {TEAM: _teams, SERVICE: _services, DIRECTORATE: _directorates, QUESTION: _questions}
    if by == DEVICE:
        named = [(shown_name(each, scope), each) for each in standings(session, scope, at, also=found)]
        return [
            Member(each.device_id, device_name(each.device_id), name, within_team(session, scope, each.lineage))
            for name, each in sorted(named, key=itemgetter(0))
        ]
    if by in (TOPIC, OBJECTIVE):
        return _subjects(session, scope, by, found)
    return readers[by](session, scope)


def _teams_within(scope: Scope, *columns: Any) -> Select[*tuple[Any, ...]]:
    conditions: list[ColumnElement[bool]] = [Team.organisation_id == scope.place.organisation_id]
    conditions += [Team.team_id.in_(scope.visible)] if scope.visible is not None else []
    conditions += [Team.team_id.in_(scope.teams)] if scope.teams else []
    conditions += [Team.service_id.in_(scope.services)] if scope.services else []
    conditions += [Service.directorate_id.in_(scope.directorates)] if scope.directorates else []
    joined = select(*columns).select_from(Team).join(Service, on_keys(Service, Team, "service_id"))
    return joined.where(*conditions)


def _teams(session: Session, scope: Scope) -> list[Member]:
    query = _teams_within(scope, Team.team_id, Team.code, Team.name, Team.service_id).order_by(Team.name, Team.team_id)
    return [
        Member(team, code, name, Lineage(team_id=team, service_id=service))
        for team, code, name, service in session.execute(query)
    ]


def _services(session: Session, scope: Scope) -> list[Member]:
    columns = (Service.service_id, Service.code, Service.name)
    query = _teams_within(scope, *columns).distinct().order_by(Service.name, Service.service_id)
    return [Member(key, code, name, Lineage(service_id=key)) for key, code, name in session.execute(query)]


def _directorates(session: Session, scope: Scope) -> list[Member]:
    columns = (Directorate.directorate_id, Directorate.code, Directorate.name)
    query = _teams_within(scope, *columns).join(Directorate, on_keys(Directorate, Service, "directorate_id"))
    ordered = query.distinct().order_by(Directorate.name, Directorate.directorate_id)
    return [Member(key, code, name, Lineage()) for key, code, name in session.execute(ordered)]


def _questions(session: Session, scope: Scope) -> list[Member]:
    query = select(Question.question_id, Question.text).where(
        Question.organisation_id == scope.place.organisation_id, patients_question(), *_asked(scope)
    )
    return [Member(key, key, text, Lineage()) for key, text in session.execute(query.order_by(Question.text))]


def _subjects(session: Session, scope: Scope, by: Dimension, found: Collection[Any]) -> list[Member]:
    """Topics or objectives that a question of the scope is about."""
    table, word, name = (Topic, Topic.topic, Topic.name) if by == TOPIC else _OBJECTIVE
    asked: Any = Question.topic if by == TOPIC else Question.objective
    names = dict(session.execute(select(word, name).where(_here(table, scope))).all())
    used = {*session.scalars(select(asked).where(_here(Question, scope), *_asked(scope))), *found} - {None}
    ordered: list[str] = sorted(used, key=lambda each: names.get(each, each))
    return [Member(each, each, names.get(each, each), Lineage()) for each in ordered]


_OBJECTIVE = (Objective, Objective.objective, Objective.words)


def _asked(scope: Scope) -> list[ColumnElement[bool]]:
    return [Question.question_id.in_(scope.questions)] if scope.questions else []


def _here(table: Any, scope: Scope) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = table.organisation_id == scope.place.organisation_id
    return condition
