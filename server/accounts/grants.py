"""Roles on parts of the organisation, and what they add up to for one person at one instant."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from server.accounts.nodes import Node, both, either, node_words, team_paths, teams_below
from server.accounts.rights import RIGHTS, Right, Role
from server.accounts.tables import ORGANISATION, Person, RoleGrant
from server.accounts.viewer import Teams
from server.errors import OperatorError
from server.fleet.turns import take_turn

Reach = Mapping[Right, Teams]


class NamedGrant(NamedTuple):
    """A grant with its part of the organisation in words."""

    grant_id: int
    person_id: int
    role: Role
    node: Node
    words: str
    from_at: datetime
    to_at: datetime | None


def parse_role(word: str) -> Role:
    """Raises OperatorError that names the roles."""
    try:
        return Role(word)
    except ValueError:
        raise OperatorError(f"{word} is no role: name one of {', '.join(Role)}.") from None


def grant(
    session: Session, person: Person, role: Role, node: Node, by: str, from_at: datetime, to_at: datetime | None = None
) -> RoleGrant:
    """Give the role. Raises OperatorError where the person has it on that part already."""
    take_turn(session, person.organisation_id)
    held = _in_force(person.organisation_id, from_at).where(
        RoleGrant.person_id == person.person_id,
        RoleGrant.role == role,
        RoleGrant.node_kind == node.kind,
        _is_key(node.key),
    )
    if session.scalar(held) is not None:
        raise OperatorError(f"{person.email} is {role} there already.")
    if to_at is not None and to_at <= from_at:
        raise OperatorError("a role ends after it begins.")
    row = RoleGrant(
        organisation_id=person.organisation_id,
        person_id=person.person_id,
        role=role,
        node_kind=node.kind,
        node_id=node.key,
        from_at=from_at,
        to_at=to_at,
        granted_by=by,
    )
    session.add(row)
    session.flush()
    return row


def revoke(session: Session, row: RoleGrant, at: datetime) -> None:
    """End the role now: the next request of its holder is without it."""
    row.to_at = max(at, row.from_at)
    session.flush()


def find_grants(session: Session, organisation_id: int, at: datetime, person_id: int | None = None) -> list[RoleGrant]:
    """The grants in force, or yet to come into force, of one person or of all."""
    query = select(RoleGrant).where(
        RoleGrant.organisation_id == organisation_id, or_(RoleGrant.to_at.is_(None), RoleGrant.to_at > at)
    )
    if person_id is not None:
        query = query.where(RoleGrant.person_id == person_id)
    return list(session.scalars(query.order_by(RoleGrant.grant_id)))


def name_grants(session: Session, organisation_id: int, rows: list[RoleGrant]) -> list[NamedGrant]:
    """These grants with their parts of the organisation in words."""
    nodes = {row.grant_id: Node(row.node_kind, row.node_id) for row in rows}
    words = node_words(session, organisation_id, nodes.values())
    return [
        NamedGrant(row.grant_id, row.person_id, Role(row.role), node, words[node], row.from_at, row.to_at)
        for row in rows
        for node in [nodes[row.grant_id]]
    ]


def reach_of(session: Session, organisation_id: int, person_id: int, at: datetime) -> Reach:
    """Each right this person has at this instant, and for which teams: the sum of their roles."""
    rows = session.execute(
        _in_force(organisation_id, at)
        .where(RoleGrant.person_id == person_id)
        .with_only_columns(RoleGrant.role, RoleGrant.node_kind, RoleGrant.node_id)
    ).all()
    paths = team_paths(session, organisation_id) if any(kind != ORGANISATION for _, kind, _ in rows) else []
    reach: dict[Right, Teams] = {}
    for role, kind, key in rows:
        teams = teams_below(Node(kind, key), paths)
        for right in RIGHTS[Role(role)]:
            reach[right] = either(reach.get(right, frozenset()), teams)
    return reach


def narrow(reach: Reach, rights: frozenset[Right], teams: Teams) -> Reach:
    """What is left of a reach for these rights and teams."""
    return {right: both(reach[right], teams) for right in rights & reach.keys()}


def _in_force(organisation_id: int, at: datetime) -> Select[RoleGrant]:
    return select(RoleGrant).where(
        RoleGrant.organisation_id == organisation_id,
        RoleGrant.from_at <= at,
        or_(RoleGrant.to_at.is_(None), RoleGrant.to_at > at),
    )


def _is_key(key: int | None) -> ColumnElement[bool]:
    return RoleGrant.node_id.is_(None) if key is None else RoleGrant.node_id == key
