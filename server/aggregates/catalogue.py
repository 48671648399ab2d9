"""What an organisation has that a chart can be about, with the names by which it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.aggregates.scope import Place
from server.fleet.tables import Device, Organisation, Question, Service, Team


@dataclass(frozen=True)
class NamedTeam:
    """A team, and the code of the service it belongs to."""

    code: str
    name: str
    service: str


@dataclass(frozen=True)
class NamedDevice:
    """A device: eight hex digits, what is printed on it, and active, lost, revoked or retired."""

    name: str
    serial: str
    state: str


@dataclass(frozen=True)
class Catalogue:
    """Everything in the order in which people look for it."""

    services: Sequence[Row[str, str]]  # code, name
    teams: list[NamedTeam]
    devices: list[NamedDevice]
    questions: Sequence[Row[str, str, str]]  # question_id, text, topic


def catalogue(session: Session, place: Place) -> Catalogue:
    """The services, teams, devices and questions of this organisation."""
    here = place.organisation_id
    services = select(Service.code, Service.name).where(Service.organisation_id == here).order_by(Service.name)
    same_service = (Service.organisation_id == Team.organisation_id) & (Service.service_id == Team.service_id)
    teams = (
        select(Team.code, Team.name, Service.code)
        .join(Service, same_service)
        .where(Team.organisation_id == here)
        .order_by(Team.name)
    )
    devices = (
        select(Device.device_id, Device.serial, Device.state)
        .where(Device.organisation_id == here)
        .order_by(Device.serial)
    )
    questions = (
        select(Question.question_id, Question.text, Question.topic)
        .where(Question.organisation_id == here)
        .order_by(Question.text)
    )
    return Catalogue(
        session.execute(services).all(),
        [NamedTeam(*row) for row in session.execute(teams)],
        [NamedDevice(device_name(key), serial, state) for key, serial, state in session.execute(devices)],
        session.execute(questions).all(),
    )


def organisations(session: Session) -> Sequence[Row[int, str, str]]:
    """(number, name, time zone) of each."""
    columns = (Organisation.organisation_id, Organisation.name, Organisation.timezone)
    return session.execute(select(*columns).order_by(Organisation.name)).all()
