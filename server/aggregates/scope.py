"""What a chart is about: one organisation, narrowed to services, teams, devices, questions; and for whose eyes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Select, Subquery, select
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Teams, Viewer
from server.database import on_keys
from server.fleet.tables import Device, Directorate, Organisation, Placement, Question, Service, Team
from server.measures.suppression import WITHHELD_BELOW

DEVICE_NAME = re.compile("[0-9a-f]{8}")

Key = TypeVar("Key", str, int)


class UnknownNameError(LookupError):
    """A name that nothing here carries. `parameter` is what was asked with, `name` what was asked for; `known`: what
    there is, where that is little.
    """

    def __init__(self, parameter: str, name: str, known: Sequence[str] = ()) -> None:
        there = f" There is {', '.join(known)}." if known else ""
        super().__init__(f"There is no {parameter} {name!r} here.{there}")
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


ANSWERED, RECEIVED = "answered", "received"  # what time means: when somebody answered, or when the server got to know


@dataclass(frozen=True)
class Filters:
    """Which responses: how they were taken and by whom. Rollups know nothing of that: the single responses are read.

    `respondent`: codes of the options of a question whose word or topic is "respondent"; `language`: as "en".
    """

    language: tuple[str, ...] = ()
    respondent: tuple[str, ...] = ()
    assisted: bool | None = None
    partial: bool | None = None
    quality: tuple[int, ...] = ()
    stage: tuple[int, ...] = ()

    @property
    def used(self) -> tuple[str, ...]:
        """The names of those that leave something out."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) not in ((), None))


@dataclass(frozen=True)
class Names:
    """What was asked for: codes (service, team, directorate), eight hex digits (device), a word (question)."""

    services: Sequence[str] = ()
    teams: Sequence[str] = ()
    devices: Sequence[str] = ()
    questions: Sequence[str] = ()
    include_flagged: bool = False
    directorates: Sequence[str] = ()
    filters: Filters = Filters()
    time_basis: str = ANSWERED


@dataclass(frozen=True)
class Scope:
    """The keys of what was asked for; an empty tuple does not narrow. And who asks: what is not `visible` is not there
    for them, and of teams that are not `inside` they are shown what docs/suppression.md allows.
    """

    place: Place
    services: tuple[int, ...] = ()
    teams: tuple[int, ...] = ()
    devices: tuple[int, ...] = ()
    questions: tuple[str, ...] = ()
    include_flagged: bool = False
    directorates: tuple[int, ...] = ()
    filters: Filters = Filters()
    time_basis: str = ANSWERED
    visible: Teams = None
    inside: Teams = None
    fleet: Teams = None  # of whose devices the viewer is told the serial number, and how they do
    every_hour: Teams = None  # of whose responses every hour is told, however few there were that day
    # The teams that all this comes to, as far as it is narrowed; None: all. What decides whether anything is outside.
    among: Teams = None
    today: date | None = None  # what is not over yet is not shown to outsiders
    published_from: int = WITHHELD_BELOW

    @property
    def outside(self) -> bool:
        """Whether any team of it is seen from outside."""
        return self.inside is not None and (self.among is None or bool(self.among - self.inside))

    @property
    def horizon(self) -> date:
        """Outsiders are shown what lies before this day: the months that are over."""
        if self.today is None:
            raise ValueError("a view from outside needs to know what day it is")
        return self.today.replace(day=1)

    @property
    def tells_waiting(self) -> bool:
        """Whether the viewer is told what waits on its devices: of the whole organisation everybody is, of a part of it
        who sees the fleet there.
        """
        part = self.teams or self.services or self.directorates or self.devices or self.visible is not None
        return not part or self.fleet is None or (self.among is not None and self.among <= self.fleet)

    def of_team(self, team_id: int) -> "Scope":
        """Only this team of it."""
        return replace(self, teams=(team_id,), services=(), directorates=(), among=frozenset({team_id}))

    def whole_organisation(self, today: date) -> "Scope":
        """All teams from outside, the same questions and filters: what a part is compared with, whoever asks. What is
        not told from outside, suspected misuse or the time of receipt, is still asked for, and refused when it is read.
        """
        return Scope(
            self.place,
            questions=self.questions,
            include_flagged=self.include_flagged,
            filters=self.filters,
            time_basis=self.time_basis,
            inside=frozenset(),
            today=today,
            published_from=self.published_from,
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


def find_scope(
    session: Session,
    place: Place,
    names: Names,
    viewer: Viewer | None = None,
    today: date | None = None,
    min_n: int = WITHHELD_BELOW,
) -> Scope:
    """The scope of these names as the viewer sees it; without one, as the server itself does, which sees everything.

    `today`: needed with a viewer. `min_n` only ever raises what is withheld from outsiders.
    Raises UnknownNameError for the first name that is not in this organisation, or not in what the viewer may see.
    """
    here = place.organisation_id

    def keys(parameter: str, asked: Sequence[str], known: Select[str, Key]) -> tuple[Key, ...]:
        found = dict(session.execute(known).all()) if asked else {}
        for name in asked:
            if name not in found:
                raise UnknownNameError(parameter, name)
        return tuple(found.values())

    visible = None if viewer is None else viewer.teams(Right.SEE_FIGURES)
    seen = _seen(place, visible)
    directorates = select(Directorate.code, Directorate.directorate_id).where(
        Directorate.organisation_id == here, Directorate.code.in_(names.directorates)
    )
    services = select(Service.code, Service.service_id).where(Service.organisation_id == here)
    teams = select(Team.code, Team.team_id).where(Team.organisation_id == here)
    questions = select(Question.question_id, Question.question_id).where(Question.organisation_id == here)
    if visible is not None:
        teams = teams.where(Team.team_id.in_(visible))
        services = services.where(Service.service_id.in_(select(seen.c.service_id)))
        directorates = directorates.where(Directorate.directorate_id.in_(select(seen.c.directorate_id)))
    scope = Scope(
        place,
        services=keys("service", names.services, services.where(Service.code.in_(names.services))),
        teams=keys("team", names.teams, teams.where(Team.code.in_(names.teams))),
        devices=_device_keys(session, place, names.devices, visible),
        questions=keys("question", names.questions, questions.where(Question.question_id.in_(names.questions))),
        include_flagged=names.include_flagged,
        directorates=keys("directorate", names.directorates, directorates),
        filters=names.filters,
        time_basis=names.time_basis,
        visible=visible,
        inside=None if viewer is None else viewer.teams(Right.SEE_DETAIL),
        fleet=None if viewer is None else viewer.teams(Right.SEE_FLEET),
        every_hour=None if viewer is None else viewer.teams(Right.EXPORT_EVIDENCE),
        today=today,
        published_from=max(min_n, WITHHELD_BELOW),
    )
    return scope if scope.inside is None else replace(scope, among=_among(session, scope))


def _seen(place: Place, visible: Teams) -> Subquery:
    """Of each team that the viewer may see: team_id, service_id, directorate_id."""
    query = (
        select(Team.team_id, Team.service_id, Service.directorate_id)
        .join(Service, on_keys(Team, Service, "service_id"))
        .where(Team.organisation_id == place.organisation_id)
    )
    return (query if visible is None else query.where(Team.team_id.in_(visible))).subquery()


def _among(session: Session, scope: Scope) -> frozenset[int]:
    """The teams that a scope comes to. A device may have been anywhere: naming it narrows nothing."""
    seen = _seen(scope.place, scope.visible)
    query = select(seen.c.team_id)
    query = query.where(seen.c.team_id.in_(scope.teams)) if scope.teams else query
    query = query.where(seen.c.service_id.in_(scope.services)) if scope.services else query
    query = query.where(seen.c.directorate_id.in_(scope.directorates)) if scope.directorates else query
    return frozenset(session.scalars(query))


def _device_keys(session: Session, place: Place, names: Sequence[str], visible: Teams) -> tuple[int, ...]:
    """Of a device only those know who may see a team that it was ever placed with."""
    numbers = {name: _device_number(name) for name in names}
    known = select(Device.device_id).where(
        Device.organisation_id == place.organisation_id, Device.device_id.in_(numbers.values())
    )
    if visible is not None:
        known = known.join(Placement, on_keys(Placement, Device, "device_id")).where(Placement.team_id.in_(visible))
    found = set(session.scalars(known)) if names else set()
    for name, number in numbers.items():
        if number not in found:
            raise UnknownNameError("device", name)
    return tuple(found)


def _device_number(name: str) -> int:
    if not DEVICE_NAME.fullmatch(name):
        raise UnknownNameError("device", name)
    return int(name, 16)
