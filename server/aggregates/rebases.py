"""Which recorded rebases hold for a chart: those of exactly its scope and question, as long as they are in force."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.aggregates.dimensions import DEVICE, SERVICE, TEAM, Dimension
from server.aggregates.scope import Place, Scope
from server.database import on_keys
from server.fleet.rebase_tables import Rebase
from server.fleet.tables import SCOPE_DEVICE, SCOPE_ORGANISATION, SCOPE_SERVICE, SCOPE_TEAM, Placement, Service, Team

KINDS = {SERVICE: SCOPE_SERVICE, TEAM: SCOPE_TEAM, DEVICE: SCOPE_DEVICE}


class Charted(NamedTuple):
    """What a chart is of. `key` is None for the organisation, `question` for all answers together."""

    kind: str
    key: int | None
    question: str | None


def find_rebases(session: Session, place: Place) -> Mapping[Charted, list[date]]:
    """The days of each chart that has any, of an organisation: a few."""
    query = select(Rebase).where(Rebase.organisation_id == place.organisation_id, Rebase.withdrawn_at.is_(None))
    found: dict[Charted, list[date]] = defaultdict(list)
    for row in session.scalars(query.order_by(Rebase.day)):
        found[Charted(row.scope_kind, row.scope_id, row.question_id)].append(row.day)
    return found


def charted(session: Session, scope: Scope) -> Charted | None:
    """What a chart of this scope is of; None where it is of no one thing, or of a part of it. Names that narrow
    nothing, as a team's own service beside it, make no difference.
    """
    if scope.filters.used or len(scope.questions) > 1:
        return None
    question = scope.questions[0] if scope.questions else None
    for by, keys in ((DEVICE, scope.devices), (TEAM, scope.teams), (SERVICE, scope.services)):
        if keys:
            whole = len(keys) == 1 and _is_whole(session, scope, by, keys[0])
            return Charted(KINDS[by], keys[0], question) if whole else None
    return Charted(SCOPE_ORGANISATION, None, question) if _teams_within(session, scope) is None else None


def charted_by(session: Session, scope: Scope, by: Dimension, key: int | None, question: str | None) -> Charted | None:
    """The same of one member of a dimension within the scope; of all answers together, where `question` is None."""
    if by not in KINDS or key is None or scope.filters.used or (scope.devices and by != DEVICE):
        return None
    return Charted(KINDS[by], key, question) if _is_whole(session, scope, by, key) else None


def _is_whole(session: Session, scope: Scope, by: Dimension, key: int) -> bool:
    """Whether the scope leaves nothing of it out, of what its viewer may see."""
    within = _teams_within(session, scope)
    return within is None or _teams_of(session, scope.place.organisation_id, by, key) <= within


def _teams_of(session: Session, organisation_id: int, by: Dimension, key: int) -> set[int]:
    """Every team whose answers it may hold: of a device, those that it was ever placed for or could be chosen there."""
    if by == TEAM:
        return {key}
    if by == SERVICE:
        here = Team.organisation_id == organisation_id
        return set(session.scalars(select(Team.team_id).where(here, Team.service_id == key)))
    stays = select(Placement.team_id, Placement.team_choices).where(
        Placement.organisation_id == organisation_id, Placement.device_id == key
    )
    return {team for team_id, choices in session.execute(stays) for team in (team_id, *choices)}


def _teams_within(session: Session, scope: Scope) -> set[int] | None:
    """The teams that the scope is narrowed to, or its viewer; None: to none."""
    if scope.visible is None and not (scope.teams or scope.services or scope.directorates):
        return None
    query = select(Team.team_id).join(Service, on_keys(Service, Team, "service_id"))
    query = query.where(Team.organisation_id == scope.place.organisation_id)
    for column, keys in (
        (Team.team_id, scope.teams),
        (Team.service_id, scope.services),
        (Service.directorate_id, scope.directorates),
    ):
        query = query.where(column.in_(keys)) if keys else query
    query = query if scope.visible is None else query.where(Team.team_id.in_(scope.visible))
    return set(session.scalars(query))
