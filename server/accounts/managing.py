"""Who may manage whom: an administrator of a part of the organisation decides there, and nobody on themselves.

Nobody makes somebody greater than they are: neither by a role, nor by the password of an account.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from server.accounts import people as accounts
from server.accounts.browsers import last_sign_ins
from server.accounts.grants import NamedGrant, find_grants, grant, name_grants, revoke
from server.accounts.nodes import Node, covers, find_node, team_paths, teams_below
from server.accounts.rights import RIGHTS, Right, Role
from server.accounts.tables import ACTIVE, Person, RoleGrant
from server.accounts.viewer import Teams, Viewer


class NotThereError(LookupError):
    """What the viewer asks about does not exist, or not for them."""


class NotYoursError(PermissionError):
    """They see it, and may not do that to it. The text says why."""


class Managed(NamedTuple):
    """A person with the roles they have now, or will have. `seen`: those on parts of which the viewer manages any."""

    person: Person
    grants: Sequence[NamedGrant]
    seen: Sequence[NamedGrant]
    signed_in_at: datetime | None = None


class Manager:
    """One viewer with the right to manage people at one instant. Its functions never commit."""

    def __init__(self, session: Session, viewer: Viewer, at: datetime) -> None:
        self._session, self._viewer, self._at = session, viewer, at
        self._mine = viewer.teams(Right.MANAGE_PEOPLE)
        self._paths = team_paths(session, viewer.organisation_id)
        self._sign_ins = last_sign_ins(session, viewer.organisation_id)

    def people(self) -> list[Managed]:
        """Everybody with a role in the viewer's part; for who manages the whole, everybody."""
        rows = name_grants(self._session, self._here, find_grants(self._session, self._here, self._at))
        everybody = [
            self._managed(person, [row for row in rows if row.person_id == person.person_id])
            for person in accounts.people(self._session, self._here)
        ]
        return [each for each in everybody if self._sees(each)]

    def find(self, person_id: int) -> Managed:
        """Raises NotThereError."""
        person = self._session.get(Person, (self._here, person_id))
        if person is not None:
            found = self._managed(person)
            if self._sees(found):
                return found
        raise NotThereError(f"There is nobody of the number {person_id} here.")

    def add(self, email: str, name: str, role: Role | None, on: str | None) -> tuple[Managed, str]:
        """A new account and its first password. Raises OperatorError, NotYoursError (whoever calls gives up then)."""
        if self._mine is not None and not (role and on):
            raise NotYoursError("You manage a part of the organisation: give the account a role there.")
        person = accounts.add_person(self._session, self._here, email, name, self._at)
        password = accounts.give_first_password(self._session, person, self._at)
        if role and on:
            self._grant(person, role, on, None)
        return self._managed(person), password

    def grant(self, person_id: int, role: Role, on: str, to_at: datetime | None) -> Managed:
        """Raises NotThereError, NotYoursError, OperatorError."""
        person = self._another(person_id).person
        self._grant(person, role, on, to_at)
        return self._managed(person)

    def revoke(self, person_id: int, grant_id: int) -> None:
        """Raises NotThereError, NotYoursError."""
        found = self._another(person_id)
        row = self._session.get(RoleGrant, (self._here, grant_id))
        if row is None or grant_id not in [each.grant_id for each in found.seen]:
            raise NotThereError(f"{found.person.email} has no role of the number {grant_id}.")
        self._decides_on(Node(row.node_kind, row.node_id))
        revoke(self._session, row, self._at)

    def set_state(self, person_id: int, state: str) -> Managed:
        """Let the account sign in, or not. Raises NotThereError, NotYoursError."""
        found = self._wholly(person_id)
        (accounts.enable if state == ACTIVE else accounts.disable)(self._session, found.person)
        return found

    def first_password(self, person_id: int) -> tuple[Managed, str]:
        """A new one, in place of a forgotten one. Raises NotThereError, NotYoursError."""
        found = self._wholly(person_id)
        for each in found.grants:
            self._may_all_that(each.role, each.node)
        return found, accounts.give_first_password(self._session, found.person, self._at)

    @property
    def _here(self) -> int:
        return self._viewer.organisation_id

    def _managed(self, person: Person, grants: Sequence[NamedGrant] | None = None) -> Managed:
        """`grants`: where they are known already."""
        if grants is None:
            rows = find_grants(self._session, self._here, self._at, person.person_id)
            grants = name_grants(self._session, self._here, rows)
        seen = [each for each in grants if self._touches(each.node)]
        return Managed(person, grants, seen, self._sign_ins.get(person.person_id))

    def _teams(self, node: Node) -> Teams:
        return teams_below(node, self._paths)

    def _sees(self, managed: Managed) -> bool:
        return self._mine is None or bool(managed.seen)

    def _touches(self, node: Node) -> bool:
        teams = self._teams(node)
        return self._mine is None or teams is None or bool(teams & self._mine)

    def _grant(self, person: Person, role: Role, on: str, to_at: datetime | None) -> None:
        node = find_node(self._session, self._viewer, on)
        self._decides_on(node)
        self._may_all_that(role, node)
        grant(self._session, person, role, node, self._viewer.actor, self._at, to_at)

    def _may_all_that(self, role: Role, node: Node) -> None:
        """That the viewer has every right of the role there: whom they make, they could sign in as."""
        beyond = sorted(right for right in RIGHTS[role] if not self._reaches(right, node))
        if beyond:
            named = f"{'an' if role[0] in 'aeiou' else 'a'} {role}"
            raise NotYoursError(
                f"Your own account has no right to {' or to '.join(beyond)} there, and {named} has: "
                "whoever runs the server decides on it, with `pet person`."
            )

    def _decides_on(self, node: Node) -> None:
        if not self._manages(node):
            raise NotYoursError("You do not manage people on all of that part of the organisation.")

    def _manages(self, node: Node) -> bool:
        return self._reaches(Right.MANAGE_PEOPLE, node)

    def _reaches(self, right: Right, node: Node) -> bool:
        """All teams of it; a part that has none yet belongs to who has the whole, for nobody knows its teams."""
        mine, teams = self._viewer.teams(right), self._teams(node)
        return mine is None or (bool(teams) and covers(mine, teams))

    def _another(self, person_id: int) -> Managed:
        found = self.find(person_id)
        if person_id == self._viewer.person_id:
            raise NotYoursError("Nobody decides on their own account: ask another administrator.")
        return found

    def _wholly(self, person_id: int) -> Managed:
        """Somebody whose every role the viewer could take away: whoever can become them gains nothing by it."""
        found = self._another(person_id)
        if not all(self._manages(each.node) for each in found.grants):
            raise NotYoursError("They have roles beyond the part that you manage.")
        return found
