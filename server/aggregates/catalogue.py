"""What an organisation has that a chart can be about, with the names it is asked for by, as its viewer sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, select, true
from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.accounts.viewer import Teams
from server.aggregates.scope import Place
from server.aggregates.subjects import patients_question
from server.database import on_keys
from server.fleet.subject_tables import JourneyStage, Objective, Topic
from server.fleet.tables import (
    IMPORT,
    Device,
    Directorate,
    Organisation,
    Placement,
    Question,
    Service,
    Team,
    VersionOption,
    VersionQuestion,
)


class NamedTeam(NamedTuple):
    """A team, the code of its service and of that one's directorate."""

    code: str
    name: str
    service: str
    service_name: str
    directorate: str | None
    directorate_name: str | None


@dataclass(frozen=True)
class Catalogue:
    """Everything in the order in which people look for it."""

    teams: list[NamedTeam]
    devices: list[tuple[str, str | None, str | None]]  # eight hex digits; what is printed on it, its state, if told
    questions: Sequence[Row[str, str, str, str | None]]  # question_id, text, topic, objective
    options: Sequence[Row[str, str, str, str]]  # question_id, code, label, sentiment
    topics: Sequence[Row[str, str]]
    objectives: Sequence[Row[str, str]]
    stages: Sequence[Row[int, str]]


def catalogue(session: Session, place: Place, visible: Teams = None, fleet: Teams = None) -> Catalogue:
    """The organisation's names; of teams, and of what belongs to teams, only what may be seen. `fleet`: the teams of
    whose devices more than their place in the figures is told.
    """
    here = place.organisation_id
    return Catalogue(
        _teams(session, here, visible),
        _devices(session, here, visible, fleet),
        session.execute(
            select(Question.question_id, Question.text, Question.topic, Question.objective)
            .where(Question.organisation_id == here, patients_question())
            .order_by(Question.text)
        ).all(),
        _options(session, here),
        _listed(session, here, Topic, Topic.topic, Topic.name),
        _listed(session, here, Objective, Objective.objective, Objective.words),
        _listed(session, here, JourneyStage, JourneyStage.stage, JourneyStage.name),
    )


def organisations(session: Session) -> Sequence[Row[int, str, str]]:
    """(number, name, time zone) of each."""
    columns = (Organisation.organisation_id, Organisation.name, Organisation.timezone)
    return session.execute(select(*columns).order_by(Organisation.name)).all()


def _teams(session: Session, here: int, visible: Teams) -> list[NamedTeam]:
    columns = (Team.code, Team.name, Service.code, Service.name, Directorate.code, Directorate.name)
    query = (
        select(*columns)
        .select_from(Team)
        .join(Service, on_keys(Service, Team, "service_id"))
        .outerjoin(Directorate, on_keys(Directorate, Service, "directorate_id"))
        .where(Team.organisation_id == here)
        .order_by(Team.name)
    )
    query = query if visible is None else query.where(Team.team_id.in_(visible))
    return [NamedTeam(*row) for row in session.execute(query)]


def _devices(session: Session, here: int, visible: Teams, fleet: Teams) -> list[tuple[str, str | None, str | None]]:
    """Of a device only those know who may see a team that it was ever placed with."""
    query = select(Device.device_id, Device.serial, Device.state, _placed_with(fleet)).where(
        Device.organisation_id == here, Device.state != IMPORT, _placed_with(visible)
    )
    found = [
        (device_name(device_id), serial if told else None, state if told else None)
        for device_id, serial, state, told in session.execute(query)
    ]
    return sorted(found, key=lambda each: each[1] or each[0])


def _placed_with(teams: Teams) -> ColumnElement[bool]:
    if teams is None:
        return true()
    return select(1).where(on_keys(Placement, Device, "device_id"), Placement.team_id.in_(teams)).exists()


def _options(session: Session, here: int) -> Sequence[Row[str, str, str, str]]:
    """Each option of each question once, as the newest version has it."""
    query = (
        select(VersionQuestion.question_id, VersionOption.code, VersionOption.label, VersionOption.sentiment)
        .join(VersionOption, on_keys(VersionOption, VersionQuestion, "reference", "position"))
        .where(VersionQuestion.organisation_id == here)
        .order_by(VersionQuestion.reference.desc(), VersionOption.option)
    )
    newest: dict[tuple[str, str], Row[str, str, str, str]] = {}
    for row in session.execute(query):
        newest.setdefault((row[0], row[1]), row)
    return list(newest.values())


def _listed(session: Session, here: int, table: Any, word: Any, name: Any) -> Sequence[Row[Any, str]]:
    return session.execute(select(word, name).where(table.organisation_id == here).order_by(word)).all()
