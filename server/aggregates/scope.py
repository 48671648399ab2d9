"""What a chart is about: one organisation, narrowed to services, teams, devices, questions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from server.fleet.tables import Device, Organisation, Question, Service, Team
from server.ingest.tables import RollupDay, RollupResponseDay

DEVICE_NAME = re.compile("[0-9a-f]{8}")

Key = TypeVar("Key", str, int)


class UnknownNameError(LookupError):
    """A name that nothing here carries. `parameter` is what was asked with, `name` what was asked for."""

    def __init__(self, parameter: str, name: str) -> None:
        super().__init__(f"There is no {parameter} {name!r} here.")
        self.parameter = parameter


class NoOrganisationError(LookupError):
    """There is none yet."""


class WhichOrganisationError(LookupError):
    """There are several, and none was named."""


@dataclass(frozen=True)
class Place:
    """The organisation, and the zone that its days are local to."""

    organisation_id: int
    name: str
    zone: ZoneInfo


@dataclass(frozen=True)
class Names:
    """What was asked for: codes (service, team), eight hex digits (device), a word (question)."""

    services: Sequence[str] = ()
    teams: Sequence[str] = ()
    devices: Sequence[str] = ()
    questions: Sequence[str] = ()
    include_flagged: bool = False


@dataclass(frozen=True)
class Scope:
    """The keys of what was asked for; an empty tuple does not narrow."""

    place: Place
    services: tuple[int, ...] = ()
    teams: tuple[int, ...] = ()
    devices: tuple[int, ...] = ()
    questions: tuple[str, ...] = ()
    include_flagged: bool = False

    def of(self, rollup: type[RollupDay | RollupResponseDay]) -> list[ColumnElement[bool]]:
        """The conditions that narrow a rollup to this scope, its questions and flags apart."""
        conditions = [rollup.organisation_id == self.place.organisation_id]
        if self.services:
            conditions.append(rollup.team_id.in_(self._teams_of_services()))
        if self.teams:
            conditions.append(rollup.team_id.in_(self.teams))
        if self.devices:
            conditions.append(rollup.device_id.in_(self.devices))
        return conditions

    def _teams_of_services(self) -> Select[int]:
        return select(Team.team_id).where(
            Team.organisation_id == self.place.organisation_id, Team.service_id.in_(self.services)
        )


def find_place(session: Session, organisation_id: int | None) -> Place:
    """The organisation asked for, or the only one there is: until there are accounts, nothing else decides.

    Raises UnknownNameError, NoOrganisationError, WhichOrganisationError.
    """
    query = select(Organisation).order_by(Organisation.organisation_id).limit(2)
    if organisation_id is not None:
        query = query.where(Organisation.organisation_id == organisation_id)
    found = session.scalars(query).all()
    if len(found) == 1:
        return Place(found[0].organisation_id, found[0].name, ZoneInfo(found[0].timezone))
    if found:
        raise WhichOrganisationError("This server holds several organisations: name one by its number.")
    if organisation_id is not None:
        raise UnknownNameError("organisation", str(organisation_id))
    raise NoOrganisationError("There is no organisation yet: make one with the pet command.")


def find_scope(session: Session, place: Place, names: Names) -> Scope:
    """The scope of these names. Raises UnknownNameError for the first that is not in this organisation."""
    here = place.organisation_id

    def keys(parameter: str, asked: Sequence[str], known: Select[str, Key]) -> tuple[Key, ...]:
        found = dict(session.execute(known).all()) if asked else {}
        for name in asked:
            if name not in found:
                raise UnknownNameError(parameter, name)
        return tuple(found.values())

    services = select(Service.code, Service.service_id).where(Service.organisation_id == here)
    teams = select(Team.code, Team.team_id).where(Team.organisation_id == here)
    questions = select(Question.question_id, Question.question_id).where(Question.organisation_id == here)
    return Scope(
        place,
        services=keys("service", names.services, services.where(Service.code.in_(names.services))),
        teams=keys("team", names.teams, teams.where(Team.code.in_(names.teams))),
        devices=_device_keys(session, place, names.devices),
        questions=keys("question", names.questions, questions.where(Question.question_id.in_(names.questions))),
        include_flagged=names.include_flagged,
    )


def _device_keys(session: Session, place: Place, names: Sequence[str]) -> tuple[int, ...]:
    numbers = {name: _device_number(name) for name in names}
    known = select(Device.device_id).where(
        Device.organisation_id == place.organisation_id, Device.device_id.in_(numbers.values())
    )
    found = set(session.scalars(known)) if names else set()
    for name, number in numbers.items():
        if number not in found:
            raise UnknownNameError("device", name)
    return tuple(found)


def _device_number(name: str) -> int:
    if not DEVICE_NAME.fullmatch(name):
        raise UnknownNameError("device", name)
    return int(name, 16)
