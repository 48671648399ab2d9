"""People who may sign in: added, found, disabled, and given a password."""

import re
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.accounts.passwords import check_password, hash_password, make_password
from server.accounts.tables import ACTIVE, DISABLED, Person, SignIn
from server.errors import OperatorError
from server.fleet.turns import take_turn

EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}")
NAME_MAX = 100
FIRST_PASSWORD_LASTS = timedelta(days=3)  # somebody else has read it


def add_person(session: Session, organisation_id: int, email: str, name: str, at: datetime) -> Person:
    """A new account, without password and roles. Raises OperatorError."""
    email = normal_email(email)
    if not EMAIL.fullmatch(email):
        raise OperatorError(f"{email} is not an e-mail address.")
    if not 0 < len(name.strip()) <= NAME_MAX or not name.isprintable():
        raise OperatorError(f"a name has 1 to {NAME_MAX} letters.")
    take_turn(session, organisation_id)
    if session.scalar(select(Person.person_id).where(Person.email == email)) is not None:
        # In whichever organisation: who signs in names none.
        raise OperatorError(f"{email} has an account already.")
    person = Person(organisation_id=organisation_id, email=email, name=name.strip(), state=ACTIVE, created_at=at)
    session.add(person)
    session.flush()
    return person


def normal_email(text: str) -> str:
    """As it is stored: nobody remembers how they wrote it."""
    return text.strip().lower()


def find_person(session: Session, organisation_id: int, email: str) -> Person:
    """Raises OperatorError where there is nobody of this address."""
    found = session.scalar(
        select(Person).where(Person.organisation_id == organisation_id, Person.email == normal_email(email))
    )
    if found is None:
        raise OperatorError(f"nobody has the address {email}: `pet person list` names everybody.")
    return found


def people(session: Session, organisation_id: int) -> list[Person]:
    """Everybody, disabled or not, by e-mail."""
    return list(session.scalars(select(Person).where(Person.organisation_id == organisation_id).order_by(Person.email)))


def anybody(session: Session) -> bool:
    """Whether there is an account at all, in whatever organisation."""
    return session.scalar(select(select(Person).exists())) or False


def set_password(session: Session, person: Person, password: str, but: bytes = b"") -> None:
    """One that its owner chose. Whoever is signed in with the old one is signed out, but for the browser they use.

    Raises OperatorError.
    """
    check_password(password, person.email)
    person.password_hash = hash_password(password)
    person.password_expires_at = None
    end_sign_ins(session, person, but)


def give_first_password(session: Session, person: Person, at: datetime | None) -> str:
    """A random one, to hand over: returned once. It works for some days from `at`, or (None) until it is changed."""
    password = make_password()
    person.password_hash = hash_password(password)
    person.password_expires_at = at + FIRST_PASSWORD_LASTS if at else None
    end_sign_ins(session, person)
    return password


def disable(session: Session, person: Person) -> None:
    """They can no longer sign in; who is signed in is not any more, and their tokens and links stop working."""
    person.state = DISABLED
    end_sign_ins(session, person)


def enable(session: Session, person: Person) -> None:
    """They can sign in again, with the roles they still have."""
    person.state = ACTIVE
    session.flush()


def end_sign_ins(session: Session, person: Person, but: bytes = b"") -> None:
    """Sign them out everywhere, except for the browser whose secret has this hash."""
    session.execute(
        delete(SignIn).where(
            SignIn.organisation_id == person.organisation_id,
            SignIn.person_id == person.person_id,
            SignIn.secret_hash != but,
        )
    )
    session.flush()
