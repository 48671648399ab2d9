"""For whom something holds: an organisation, a service, a team or a device; and which of several is nearest."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, NamedTuple, Protocol, TypeVar

import typer
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from server.database import on_keys
from server.errors import OperatorError
from server.fleet.devices import find_device
from server.fleet.organisations import find_service, find_team
from server.fleet.tables import (
    IMPORT,
    SCOPE_DEVICE,
    SCOPE_ORGANISATION,
    SCOPE_SERVICE,
    SCOPE_TEAM,
    SCOPES,
    Device,
    Organisation,
    Placement,
    Service,
    Team,
)

ScopeWord = Annotated[str, typer.Option("--scope", help="organisation, service:CODE, team:CODE or device:SERIAL.")]


class Scope(NamedTuple):
    """`scope_id`: the number of the service, team or device; None for the whole organisation."""

    scope_kind: str
    scope_id: int | None


ORGANISATION = Scope(SCOPE_ORGANISATION, None)
Named = TypeVar("Named")


def stands_at(table: type[Any], organisation: Organisation, scope: Scope) -> ColumnElement[bool]:
    """The condition that a row of the table was set for exactly this scope, not for one around it."""
    return and_(
        table.organisation_id == organisation.organisation_id,
        table.scope_kind == scope.scope_kind,
        table.scope_id.is_not_distinct_from(scope.scope_id),
    )


def parse_scope(session: Session, owner: Organisation, text: str) -> Scope:
    """As operators write it. Raises OperatorError."""
    kind, _, code = text.partition(":")
    if text == SCOPE_ORGANISATION:
        return ORGANISATION
    if kind == SCOPE_SERVICE:
        return Scope(kind, find_service(session, owner, code).service_id)
    if kind == SCOPE_TEAM:
        return Scope(kind, find_team(session, owner, code).team_id)
    if kind == SCOPE_DEVICE:
        return Scope(kind, find_device(session, owner, code).device_id)
    raise OperatorError(f"{text} is no scope: write organisation, service:CODE, team:CODE or device:SERIAL.")


class Scoped(Protocol):
    """Whatever holds for a scope: a row of a table, or of a query."""

    @property
    def scope_kind(self) -> str: ...

    @property
    def scope_id(self) -> int | None: ...


class ScopeWords:
    """Scopes as operators write them, of one organisation: the inverse of `parse_scope`."""

    def __init__(self, words: dict[Scope, str]) -> None:
        self._words = words

    def of(self, row: Scoped) -> str:
        """Like team:ward-1."""
        return self._words[Scope(row.scope_kind, row.scope_id)]

    def order(self, row: Scoped) -> tuple[int, str]:
        """To sort by: the widest first, then by name."""
        return SCOPES.index(row.scope_kind), self.of(row)


def scope_words(session: Session, owner: Organisation) -> ScopeWords:
    """Of everything that something may hold for."""
    words = {ORGANISATION: SCOPE_ORGANISATION}
    named = (
        (SCOPE_SERVICE, Service.service_id, Service.code),
        (SCOPE_TEAM, Team.team_id, Team.code),
        (SCOPE_DEVICE, Device.device_id, Device.serial),
    )
    for kind, number, word in named:
        query = select(number, word).where(number.class_.organisation_id == owner.organisation_id)
        words |= {Scope(kind, key): f"{kind}:{name}" for key, name in session.execute(query)}
    return ScopeWords(words)


class Subject(NamedTuple):
    """What a scope is: its code (a device's serial), and the teams that it is made of at an instant."""

    code: str | None
    teams: frozenset[int]
    everything: bool = False


def subjects(session: Session, owner: Organisation, at: datetime) -> dict[Scope, Subject]:
    """Everything that something may hold for. A device is of the team that it is placed with at that instant."""
    here = Team.organisation_id == owner.organisation_id
    found = {ORGANISATION: Subject(None, frozenset(), everything=True)}
    teams: dict[int, set[int]] = {}
    for team in session.scalars(select(Team).where(here)):
        found[Scope(SCOPE_TEAM, team.team_id)] = Subject(team.code, frozenset({team.team_id}))
        teams.setdefault(team.service_id, set()).add(team.team_id)
    for service in session.scalars(select(Service).where(Service.organisation_id == owner.organisation_id)):
        of_service = frozenset(teams.get(service.service_id, ()))
        found[Scope(SCOPE_SERVICE, service.service_id)] = Subject(service.code, of_service)
    standing = and_(
        on_keys(Placement, Device, "device_id"),
        Placement.from_at <= at,
        or_(Placement.to_at.is_(None), Placement.to_at > at),
    )
    query = (
        select(Device.device_id, Device.serial, Placement.team_id)
        .outerjoin(Placement, standing)
        .where(Device.organisation_id == owner.organisation_id, Device.state != IMPORT)
    )
    for device_id, serial, team_id in session.execute(query):
        of_device = frozenset({team_id} - {None})
        found[Scope(SCOPE_DEVICE, device_id)] = Subject(serial, of_device)
    return found


def scopes_around(device_id: int, team_id: int | None, service_id: int | None) -> list[Scope]:
    """All that a device is in, nearest first; one that is not placed is in the organisation only."""
    scopes = [Scope(SCOPE_DEVICE, device_id)]
    if team_id is not None:
        scopes += [Scope(SCOPE_TEAM, team_id), Scope(SCOPE_SERVICE, service_id)]
    return [*scopes, ORGANISATION]


def nearest(scopes: Iterable[Scope], by_scope: dict[Scope, Named]) -> Named | None:
    """What holds for a device in these scopes, nearest first."""
    return next((by_scope[scope] for scope in scopes if scope in by_scope), None)
