"""The parts of an organisation that a role or token covers: the whole, a directorate, a service or a team."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.accounts.tables import DIRECTORATE, NODE_KINDS, ORGANISATION, SERVICE, TEAM
from server.accounts.viewer import Teams, Viewer
from server.database import on_keys
from server.errors import OperatorError
from server.fleet.tables import Directorate, Service, Team

_TABLES: dict[str, type[Directorate | Service | Team]] = {DIRECTORATE: Directorate, SERVICE: Service, TEAM: Team}


class Node(NamedTuple):
    """One part; `key` is None for the whole organisation."""

    kind: str
    key: int | None = None


WHOLE = Node(ORGANISATION)


class TeamPath(NamedTuple):
    """A team and what it belongs to."""

    team_id: int
    service_id: int
    directorate_id: int | None


class NoNodeError(OperatorError):
    """A word that names no part of this organisation."""


def parse_node(session: Session, organisation_id: int, word: str) -> Node:
    """From `organisation`, `directorate:CODE`, `service:CODE` or `team:CODE`. Raises NoNodeError."""
    kind, _, code = word.partition(":")
    if word == ORGANISATION:
        return WHOLE
    if kind not in _TABLES or not code:
        forms = ", ".join(each if each == ORGANISATION else f"{each}:CODE" for each in NODE_KINDS)
        raise NoNodeError(f"{word} names no part of the organisation: write one of {forms}.")
    table = _TABLES[kind]
    key = session.scalar(select(_key(table)).where(table.organisation_id == organisation_id, table.code == code))
    if key is None:
        raise _no_node(word)
    return Node(kind, key)


def find_node(session: Session, viewer: Viewer, word: str) -> Node:
    """As parse_node; a part of which the viewer sees no team is to them like one that is not there."""
    node = parse_node(session, viewer.organisation_id, word)
    if node == WHOLE or any(teams is None for teams in viewer.reach.values()):
        return node
    teams = teams_below(node, team_paths(session, viewer.organisation_id)) or frozenset()
    if any(teams & (reached or frozenset()) for reached in viewer.reach.values()):
        return node
    raise _no_node(word)


def _no_node(word: str) -> NoNodeError:
    return NoNodeError(f"there is no {word.replace(':', ' ', 1)}.")


def node_words(session: Session, organisation_id: int, nodes: Iterable[Node]) -> dict[Node, str]:
    """Each node as parse_node reads it."""
    words = {WHOLE: ORGANISATION}
    wanted = set(nodes) - {WHOLE}
    for kind, table in _TABLES.items():
        keys = [node.key for node in wanted if node.kind == kind]
        if not keys:
            continue
        found = select(_key(table), table.code).where(table.organisation_id == organisation_id, _key(table).in_(keys))
        words |= {Node(kind, key): f"{kind}:{code}" for key, code in session.execute(found)}
    return words


def team_paths(session: Session, organisation_id: int) -> list[TeamPath]:
    """Every team of the organisation."""
    query = (
        select(Team.team_id, Team.service_id, Service.directorate_id)
        .join(Service, on_keys(Team, Service, "service_id"))
        .where(Team.organisation_id == organisation_id)
    )
    return [TeamPath(*row) for row in session.execute(query)]


def team_codes(session: Session, organisation_id: int) -> dict[int, str]:
    """The word for each team."""
    query = select(Team.team_id, Team.code).where(Team.organisation_id == organisation_id)
    return dict(session.execute(query).all())


def teams_below(node: Node, paths: Sequence[TeamPath]) -> Teams:
    """The teams that belong to this part; None for the whole organisation, whatever teams it has."""
    if node.kind == ORGANISATION:
        return None
    return frozenset(path.team_id for path in paths if getattr(path, f"{node.kind}_id") == node.key)


def both(one: Teams, other: Teams) -> Teams:
    """The teams in both."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def either(one: Teams, other: Teams) -> Teams:
    """The teams in either."""
    return None if one is None or other is None else one | other


def covers(outer: Teams, inner: Teams) -> bool:
    """Whether all of `inner` lies in `outer`."""
    return outer is None or (inner is not None and inner <= outer)


def _key(table: type[Directorate | Service | Team]) -> InstrumentedAttribute[int]:
    column: InstrumentedAttribute[int] = getattr(table, f"{table.__tablename__}_id")
    return column
