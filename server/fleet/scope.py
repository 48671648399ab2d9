"""For whom something holds: an organisation, a service, a team or a device; and which of several is nearest."""

from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple, TypeVar

import typer
from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.devices import find_device
from server.fleet.organisations import find_service, find_team
from server.fleet.tables import SCOPE_DEVICE, SCOPE_ORGANISATION, SCOPE_SERVICE, SCOPE_TEAM, Organisation

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


def scopes_around(device_id: int, team_id: int | None, service_id: int | None) -> list[Scope]:
    """All that a device is in, nearest first; one that is not placed is in the organisation only."""
    scopes = [Scope(SCOPE_DEVICE, device_id)]
    if team_id is not None:
        scopes += [Scope(SCOPE_TEAM, team_id), Scope(SCOPE_SERVICE, service_id)]
    return [*scopes, ORGANISATION]


def nearest(scopes: Iterable[Scope], by_scope: dict[Scope, Named]) -> Named | None:
    """What holds for a device in these scopes, nearest first."""
    return next((by_scope[scope] for scope in scopes if scope in by_scope), None)
