"""Which recorded rebases hold for a chart: those of exactly its scope and question, as long as they are in force."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.aggregates.dimensions import DEVICE, SERVICE, TEAM, Dimension
from server.aggregates.scope import Place, Scope
from server.fleet.rebase_tables import Rebase
from server.fleet.tables import SCOPE_DEVICE, SCOPE_ORGANISATION, SCOPE_SERVICE, SCOPE_TEAM, Team

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
    """What a chart of this scope is of; None where it is of no one thing, or of a part of it."""
    if scope.filters.used or len(scope.questions) > 1 or scope.directorates:
        return None
    question = scope.questions[0] if scope.questions else None
    named = [
        (kind, keys)
        for kind, keys in ((SCOPE_SERVICE, scope.services), (SCOPE_TEAM, scope.teams), (SCOPE_DEVICE, scope.devices))
        if keys
    ]
    if not named:
        return Charted(SCOPE_ORGANISATION, None, question) if scope.visible is None else None
    [(kind, keys), *more] = named
    if more or len(keys) > 1 or not _is_whole(session, scope, kind, keys[0]):
        return None
    return Charted(kind, keys[0], question)


def charted_by(session: Session, scope: Scope, by: Dimension, key: int | None, question: str | None) -> Charted | None:
    """The same of one member of a dimension within the scope; of all answers together, where `question` is None."""
    narrower = {SERVICE: scope.teams or scope.devices, TEAM: scope.devices, DEVICE: scope.services or scope.teams}
    if by not in KINDS or key is None or scope.filters.used or narrower[by]:
        return None
    whole = _is_whole(session, scope, KINDS[by], key)
    return Charted(KINDS[by], key, question) if whole else None


def _is_whole(session: Session, scope: Scope, kind: str, key: int) -> bool:
    """Whether the viewer sees all of it. A device may have been with any team."""
    if scope.visible is None or kind == SCOPE_TEAM:
        return True
    if kind == SCOPE_DEVICE:
        return False
    here = Team.organisation_id == scope.place.organisation_id
    return set(session.scalars(select(Team.team_id).where(here, Team.service_id == key))) <= scope.visible
