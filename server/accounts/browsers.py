"""Browsers that people signed in with: a new secret at every sign-in, an end after idleness and in any case."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from server.accounts.credentials import BROWSER, hash_secret, make_secret
from server.accounts.tables import ACTIVE, LastSignIn, Person, SignIn
from server.database import on_keys

IDLE_MAX = timedelta(hours=1)  # a ward's shared computer
LASTS_MAX = timedelta(hours=12)  # one working day, however busy
SEEN_EVERY = timedelta(minutes=1)  # how exactly idleness is known: not every request writes


def open_browser(session: Session, person: Person, at: datetime, earlier: str | None = None) -> str:
    """Sign the person in: the secret for the cookie. What the browser held `earlier` is worth nothing any more."""
    close_browser(session, earlier)
    session.execute(delete(SignIn).where(or_(SignIn.seen_at < at - IDLE_MAX, SignIn.created_at < at - LASTS_MAX)))
    secret = make_secret(BROWSER)
    session.add(
        SignIn(
            organisation_id=person.organisation_id,
            secret_hash=hash_secret(secret),
            person_id=person.person_id,
            created_at=at,
            seen_at=at,
        )
    )
    session.flush()
    note = insert(LastSignIn).values(organisation_id=person.organisation_id, person_id=person.person_id, at=at)
    session.execute(note.on_conflict_do_update(index_elements=["organisation_id", "person_id"], set_={"at": at}))
    return secret


def find_browser(session: Session, secret: str, at: datetime) -> tuple[Person, SignIn] | None:
    """Who is signed in with it; nobody where it was idle for too long, is too old, or the account is disabled."""
    query = (
        select(Person, SignIn)
        .join(SignIn, on_keys(Person, SignIn, "person_id"))
        .where(
            SignIn.secret_hash == hash_secret(secret),
            SignIn.seen_at > at - IDLE_MAX,
            SignIn.created_at > at - LASTS_MAX,
            Person.state == ACTIVE,
        )
    )
    found = session.execute(query).one_or_none()
    return found and (found[0], found[1])


def last_sign_ins(session: Session, organisation_id: int) -> dict[int, datetime]:
    """By person; nobody who never signed in is in it."""
    query = select(LastSignIn.person_id, LastSignIn.at).where(LastSignIn.organisation_id == organisation_id)
    return dict(session.execute(query).all())


def note_use(session: Session, secret: str, at: datetime) -> None:
    """That the browser was used just now."""
    session.execute(update(SignIn).where(SignIn.secret_hash == hash_secret(secret)).values(seen_at=at))


def close_browser(session: Session, secret: str | None) -> None:
    """Sign it out."""
    if secret:
        session.execute(delete(SignIn).where(SignIn.secret_hash == hash_secret(secret)))
