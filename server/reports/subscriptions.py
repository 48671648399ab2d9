"""Who gets what by mail: subscribed by themselves or by who issues reports, and ended with one link of any mail."""

from datetime import datetime
from secrets import token_urlsafe
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.accounts.grants import reach_of
from server.accounts.rights import Right
from server.accounts.tables import ACTIVE, Person
from server.accounts.viewer import Viewer
from server.database import on_keys
from server.improvement.faults import ConflictError, FaultError, NotAllowedError, NotThereError
from server.improvement.numbers import next_number
from server.reports.kinds import Kind
from server.reports.tables import Subscription

DIGEST = "digest"
WHAT = (DIGEST, *Kind)
WORDS = {
    DIGEST: "the weekly digest",
    Kind.MONTHLY: "monthly reports",
    Kind.COMMISSIONER: "reports for commissioners",
    Kind.BOARD: "reports to the board",
    Kind.CONSULTATION: "evidence of consultation",
}
SECRET_BYTES = 24  # nothing to guess
BY_LINK = "the link of a mail"


class Subscribed(NamedTuple):
    """A subscription with whose it is."""

    subscription: Subscription
    person: Person


def subscriptions(session: Session, viewer: Viewer) -> list[Subscribed]:
    """Those in force: one's own; for who issues reports of the whole organisation, all."""
    query = _in_force(viewer.organisation_id)
    if not viewer.may_everywhere(Right.ISSUE_REPORTS):
        query = query.where(Subscription.person_id == viewer.person_id)
    return [Subscribed(*row) for row in session.execute(query)]


def subscribers(session: Session, organisation_id: int, what: str) -> list[Subscribed]:
    """Whose account is in use."""
    query = _in_force(organisation_id).where(Subscription.what == what, Person.state == ACTIVE)
    return [Subscribed(*row) for row in session.execute(query)]


def _in_force(organisation_id: int) -> Select[Subscription, Person]:
    return (
        select(Subscription, Person)
        .join(Person, on_keys(Person, Subscription, "person_id"))
        .where(Subscription.organisation_id == organisation_id, Subscription.ended_at.is_(None))
        .order_by(Subscription.subscription_id)
    )


def viewer_of(session: Session, person: Person, at: datetime) -> Viewer:
    """What this person may see at this instant: what a mail to them may tell."""
    reach = reach_of(session, person.organisation_id, person.person_id, at)
    return Viewer(person.organisation_id, person.email, reach, person.person_id, person.name)


def subscribe(session: Session, viewer: Viewer, what: str, person_id: int | None, now: datetime) -> Subscribed:
    """Oneself, or somebody else, for who issues reports of the whole organisation.

    Raises FaultError, NotAllowedError, NotThereError, and ConflictError where it is in force already.
    """
    number = viewer.person_id if person_id is None else person_id
    if number is None:
        raise FaultError("person", detail="Name who gets the mails: no person stands behind this request.")
    if number != viewer.person_id and not viewer.may_everywhere(Right.ISSUE_REPORTS):
        raise NotAllowedError("You may subscribe yourself; others are subscribed by who issues reports for all.")
    person = session.get(Person, (viewer.organisation_id, number))
    if person is None or person.state != ACTIVE:
        raise NotThereError(f"There is no person {number} here.")
    following = next_number(session, Subscription, Subscription.subscription_id, viewer.organisation_id)
    if session.execute(
        _in_force(viewer.organisation_id).where(Subscription.person_id == number, Subscription.what == what)
    ).first():
        raise ConflictError(f"{person.email} gets the {what} already.")
    row = Subscription(
        organisation_id=viewer.organisation_id,
        subscription_id=following,
        person_id=number,
        what=what,
        secret=token_urlsafe(SECRET_BYTES),
        made_at=now,
        made_by=viewer.actor,
    )
    session.add(row)
    session.flush()
    return Subscribed(row, person)


def unsubscribe(session: Session, viewer: Viewer, number: int, now: datetime) -> None:
    """End one's own, or another's for who issues reports for all. Raises NotThereError."""
    row = session.get(Subscription, (viewer.organisation_id, number))
    mine = row is not None and (row.person_id == viewer.person_id or viewer.may_everywhere(Right.ISSUE_REPORTS))
    if row is None or not mine or row.ended_at is not None:
        raise NotThereError(f"There is no subscription {number} of yours.")
    row.ended_at, row.ended_by = now, viewer.actor
    session.flush()


def who_may_be_added(session: Session, viewer: Viewer, what: str) -> list[Person]:
    """Whose account is in use, and who does not get it yet."""
    getting = [each.person.person_id for each in subscribers(session, viewer.organisation_id, what)]
    query = select(Person).where(Person.organisation_id == viewer.organisation_id, Person.state == ACTIVE)
    return list(session.scalars(query.where(Person.person_id.not_in(getting)).order_by(Person.name)))


def find_by_secret(session: Session, secret: str) -> Subscribed | None:
    """Whose mails a link belongs to, ended ones too."""
    query = select(Subscription, Person).join(Person, on_keys(Person, Subscription, "person_id"))
    row = session.execute(query.where(Subscription.secret == secret)).one_or_none()
    return None if row is None else Subscribed(*row)


def end_by_secret(session: Session, secret: str, now: datetime) -> Subscribed | None:
    """Without signing in; a second time changes nothing."""
    found = find_by_secret(session, secret)
    if found is not None and found.subscription.ended_at is None:
        found.subscription.ended_at, found.subscription.ended_by = now, BY_LINK
        session.flush()
    return found


def words(what: str) -> str:
    """As people call it."""
    return WORDS[what]
