"""Who takes part in the league of responses: only those who asked to. A team's own word goes before its service's."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.league_tables import LeagueChoice
from server.fleet.scope import Scope
from server.fleet.tables import SCOPE_SERVICE, SCOPE_TEAM, Organisation, Service, Team
from server.fleet.turns import take_turn


class Area(NamedTuple):
    """A service or team. `opted_in`: whether it takes part; `said`: by its own word, None where its service speaks."""

    scope: Scope
    code: str
    name: str
    teams: frozenset[int]
    opted_in: bool
    said: LeagueChoice | None


def choose(
    session: Session, organisation: Organisation, scope: Scope, by: str, now: datetime, *, opted_in: bool
) -> LeagueChoice:
    """From now on the service or team takes part, or does not. Raises OperatorError for another scope."""
    if scope.scope_kind not in (SCOPE_SERVICE, SCOPE_TEAM):
        raise OperatorError("the league is of services and teams: write service:CODE or team:CODE.")
    key = (organisation.organisation_id, scope.scope_kind, scope.scope_id)
    take_turn(session, organisation.organisation_id)
    found = session.get(LeagueChoice, key)
    if found is None:
        names = ("organisation_id", "scope_kind", "scope_id")
        found = LeagueChoice(**dict(zip(names, key, strict=True)), opted_in=opted_in, chosen_by=by, chosen_at=now)
        session.add(found)
    elif found.opted_in != opted_in:
        found.opted_in, found.chosen_by, found.chosen_at = opted_in, by, now
    session.flush()
    return found


def taking_part(session: Session, organisation_id: int) -> frozenset[Scope]:
    """The services and teams that are in the league. A device is where its team is."""
    return frozenset(area.scope for area in areas(session, organisation_id) if area.opted_in)


def areas(session: Session, organisation_id: int) -> list[Area]:
    """Every service with its teams, in order of name."""
    query = select(LeagueChoice).where(LeagueChoice.organisation_id == organisation_id)
    said = {Scope(row.scope_kind, row.scope_id): row for row in session.scalars(query)}
    teams = select(Team.service_id, Team.team_id, Team.code, Team.name).where(Team.organisation_id == organisation_id)
    below = defaultdict(list)
    for team in session.execute(teams.order_by(Team.name)):
        below[team.service_id].append(team)
    services = select(Service.service_id, Service.code, Service.name).where(Service.organisation_id == organisation_id)
    found = []
    for service in session.execute(services.order_by(Service.name)):
        of_service = below[service.service_id]
        scope = Scope(SCOPE_SERVICE, service.service_id)
        word = said.get(scope)
        whole = word is not None and word.opted_in
        numbers = frozenset(team.team_id for team in of_service)
        found.append(Area(scope, service.code, service.name, numbers, whole, word))
        for team in of_service:
            own = said.get(Scope(SCOPE_TEAM, team.team_id))
            inside = whole if own is None else own.opted_in
            scope = Scope(SCOPE_TEAM, team.team_id)
            found.append(Area(scope, team.code, team.name, frozenset({team.team_id}), inside, own))
    return found
