"""Who comes in, by what they show: an API token, a signed-in browser, or being on this machine where that suffices."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from server.accounts import browsers, tokens
from server.accounts.credentials import BROWSER, TOKEN, is_secret
from server.accounts.grants import narrow, reach_of
from server.accounts.nodes import Node, team_paths, teams_below
from server.accounts.people import normal_email
from server.accounts.rights import Right
from server.accounts.tables import ACTIVE, Person
from server.accounts.viewer import Via, Viewer


@dataclass(frozen=True)
class Shown:
    """What a request shows. A token or cookie that is no good is refused, whatever else the request brings."""

    token: str | None = None
    browser: str | None = None
    from_this_machine: bool = False


class Doors:
    """One for the process. `reading` and `writing` are engines; `local_viewer` is an e-mail address, or empty."""

    def __init__(self, reading: Engine, writing: Engine, local_viewer: str = "") -> None:
        self._reading, self._writing = reading, writing
        self._local_viewer = normal_email(local_viewer)

    def find_viewer(self, shown: Shown, at: datetime) -> Viewer | None:
        """Who it is, with what they may do at this instant; None for nobody."""
        if shown.token is not None:
            return self._by_token(shown.token, at)
        if shown.browser:
            return self._by_browser(shown.browser, at)
        return self._of_this_machine(at) if shown.from_this_machine and self._local_viewer else None

    def _by_token(self, secret: str, at: datetime) -> Viewer | None:
        if not is_secret(secret, TOKEN):
            return None
        with Session(self._reading) as session:
            found = tokens.find_token(session, secret, at)
            if found is None:
                return None
            token, owner, used_at = found
            teams = teams_below(Node(token.node_kind, token.node_id), team_paths(session, token.organisation_id))
            whole = reach_of(session, token.organisation_id, token.person_id, at)
        if used_at is None or used_at < at - tokens.USE_NOTED_EVERY:
            with Session(self._writing) as session, session.begin():
                tokens.note_use(session, token, at)
        reach = narrow(whole, frozenset(map(Right, token.rights)), teams)
        actor = f"{owner.email}, by the token {token.name}"
        return Viewer(token.organisation_id, actor, reach, token.person_id, owner.name, Via.TOKEN, token.token_id)

    def _by_browser(self, secret: str, at: datetime) -> Viewer | None:
        if not is_secret(secret, BROWSER):
            return None
        with Session(self._reading) as session:
            found = browsers.find_browser(session, secret, at)
            if found is None:
                return None
            person, sign_in = found
            viewer = _viewer(session, person, at, Via.BROWSER)
        if sign_in.seen_at < at - browsers.SEEN_EVERY:
            with Session(self._writing) as session, session.begin():
                browsers.note_use(session, secret, at)
        return viewer

    def _of_this_machine(self, at: datetime) -> Viewer | None:
        with Session(self._reading) as session:
            query = select(Person).where(Person.email == self._local_viewer, Person.state == ACTIVE)
            person = session.scalar(query)
            return None if person is None else _viewer(session, person, at, Via.MACHINE)


def _viewer(session: Session, person: Person, at: datetime, via: Via) -> Viewer:
    reach = reach_of(session, person.organisation_id, person.person_id, at)
    return Viewer(person.organisation_id, person.email, reach, person.person_id, person.name, via)
