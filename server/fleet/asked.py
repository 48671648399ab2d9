"""Who is asked what: the questionnaire versions that devices are to ask, and those that they say they hold."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from protocol.messages import ITEM_QUESTIONNAIRE
from server.accounts.viewer import Teams
from server.fleet.assignments import assignments
from server.fleet.held import held_states
from server.fleet.organisations import teams as teams_of
from server.fleet.roster import Wanted, roster
from server.fleet.scope import Scope, nearest, scopes_around
from server.fleet.tables import ACTIVE, LOST, Organisation


class Asked(NamedTuple):
    """What a device is to ask. `reported`: it has said since that it holds this."""

    serial: str
    code: str
    version: int
    reported: bool


class Change(NamedTuple):
    """What another assignment makes of a device: code and version before and after; None: it was asked nothing."""

    serial: str
    team: str | None
    before: tuple[str, int] | None


def asked_on_devices(session: Session, organisation: Organisation, teams: Teams, now: datetime) -> list[Asked]:
    """Of the devices of these teams (None: of all) that are in service or lost."""
    wanted = Wanted(states=(ACTIVE, LOST))
    seen = {entry.device_id for entry in roster(session, organisation, now, teams, wanted)}
    found = []
    for state in held_states(session, organisation):
        if state.device_id not in seen:
            continue
        behind = state.behind
        for item in state.items:
            if item.kind == ITEM_QUESTIONNAIRE:
                code, _, version = item.name.rpartition(" ")
                found.append(Asked(state.serial, code, int(version), item not in behind))
    return found


def changes(
    session: Session,
    organisation: Organisation,
    new: tuple[str, int],
    places: Sequence[tuple[Scope, int]],
    now: datetime,
) -> list[Change]:
    """The devices that would ask this (code, version) instead of something else, were it assigned to these places.

    `places`: each with the number of the assignment.
    """
    service_of = {team.team_id: team.service_id for team, _ in teams_of(session, organisation)}
    by_number: dict[int, dict[Scope, tuple[str, int]]] = {number: {} for _, number in places}
    for row in assignments(session, organisation):
        if row.number in by_number:
            by_number[row.number][Scope(row.scope_kind, row.scope_id)] = (row.code, row.version)
    found = []
    for entry in roster(session, organisation, now, None, Wanted(states=(ACTIVE, LOST))):
        service = None if entry.team_id is None else service_of[entry.team_id]
        around = scopes_around(entry.device_id, entry.team_id, service)
        for number, assigned in by_number.items():
            before = nearest(around, assigned)
            after = nearest(around, assigned | {scope: new for scope, each in places if each == number})
            if before != after:
                found.append(Change(entry.serial, entry.team, before))
    return found
