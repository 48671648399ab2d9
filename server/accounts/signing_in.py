"""From an e-mail address and a password to a signed-in browser: counted, equally slow for everybody, one error."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from server.accounts.browsers import close_browser, open_browser
from server.accounts.credentials import hash_secret
from server.accounts.passwords import hash_password, is_outdated, verify_password
from server.accounts.people import EMAIL, normal_email, set_password
from server.accounts.tables import ACTIVE, Person
from server.accounts.throttle import count_attempt, forgive, forgive_account
from server.accounts.viewer import Viewer
from server.database import act_as


class WrongCredentialsError(Exception):
    """A wrong address or password, a disabled account or an expired password: nobody is told which of these."""


class Entered(NamedTuple):
    """A browser that is signed in now."""

    secret: str  # for its cookie
    first_password: bool  # somebody else made it up: to be changed


def sign_in(
    engine: Engine, email: str, password: str, address: str, at: datetime, earlier: str | None = None
) -> Entered:
    """Sign the browser in that held the secret `earlier`. Raises WrongCredentialsError, TooManyAttemptsError."""
    email = normal_email(email)
    with Session(engine) as session, session.begin():
        count_attempt(session, email, address, at)
    with Session(engine) as session:
        # A text that can be no address may hold what PostgreSQL's text cannot.
        person = session.scalar(select(Person).where(Person.email == email)) if EMAIL.fullmatch(email) else None
    known = person is not None and person.state == ACTIVE and not _expired(person, at)
    right = verify_password(password, person.password_hash if person and known else None)
    if person is None or not right:
        raise WrongCredentialsError
    with Session(engine) as session, session.begin():
        act_as(session, person.email)
        forgive(session, email, address)
        session.add(person)
        if person.password_hash and is_outdated(person.password_hash):
            person.password_hash = hash_password(password)
        return Entered(open_browser(session, person, at, earlier), person.password_expires_at is not None)


def _expired(person: Person, at: datetime) -> bool:
    return person.password_expires_at is not None and person.password_expires_at <= at


def sign_in_as(engine: Engine, person: Person, at: datetime, earlier: str | None = None) -> Entered:
    """Sign the browser in for somebody whom the OpenID provider vouches for."""
    with Session(engine) as session, session.begin():
        return Entered(open_browser(session, person, at, earlier), first_password=False)


def sign_out(engine: Engine, secret: str | None) -> None:
    """End the browser's sign-in, if there is one."""
    if secret:
        with Session(engine) as session, session.begin():
            close_browser(session, secret)


def change_password(
    engine: Engine, session: Session, viewer: Viewer, old: str, new: str, secret: str, at: datetime
) -> None:
    """Their own, signed in by the browser of this secret. Attempts count as those to sign in do: a browser left open
    must not be a way to guess. Raises WrongCredentialsError, TooManyAttemptsError, OperatorError.
    """
    person = session.get_one(Person, (viewer.organisation_id, viewer.person_id))
    with Session(engine) as counting, counting.begin():
        count_attempt(counting, person.email, None, at)
    if not verify_password(old, person.password_hash):
        raise WrongCredentialsError
    with Session(engine) as counting, counting.begin():
        forgive_account(counting, person.email)
    set_password(session, person, new, but=hash_secret(secret))
