"""Slows down who guesses passwords: by account, whether there is one of that name or not, and by network address."""

import hashlib
import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from server.accounts.tables import ACCOUNT, ADDRESS, SignInAttempt

# So many attempts may fail without any wait. Behind one address there may be a whole hospital.
FREE_FAILURES = {ACCOUNT: 5, ADDRESS: 50}
FIRST_WAIT = timedelta(seconds=30)  # doubled by each further failure
LONGEST_WAIT = timedelta(minutes=15)  # no longer: a stranger must not be able to lock anybody out for good
FORGOTTEN_AFTER = timedelta(hours=1)
DOUBLINGS_MAX = 10
IPV6_PREFIX_BITS = 64  # what one subscriber is given

Key = tuple[str, bytes]


class TooManyAttemptsError(Exception):
    """No attempt is looked at before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many attempts")
        self.until = until


def count_attempt(session: Session, email: str, address: str | None, at: datetime) -> None:
    """Count an attempt as failed before it is looked at, so that many at once cannot slip by together.

    `address`: None for somebody who is signed in and asked for their password again: of the account alone.
    Raises TooManyAttemptsError, and then counts nothing.
    """
    session.execute(delete(SignInAttempt).where(SignInAttempt.last_at < at - FORGOTTEN_AFTER))
    keys = _keys(email, address or "")[: 1 if address is None else 2]
    rows = session.scalars(
        select(SignInAttempt).where(_among(keys)).order_by(SignInAttempt.kind, SignInAttempt.key).with_for_update()
    ).all()
    until = max((_open_again(row) for row in rows), default=at)
    if until > at:
        raise TooManyAttemptsError(until)
    new = insert(SignInAttempt).values(
        [{"kind": kind, "key": key, "failures": 1, "last_at": at} for kind, key in sorted(keys)]
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=["kind", "key"], set_={"failures": SignInAttempt.failures + 1, "last_at": at}
        )
    )


def forgive(session: Session, email: str, address: str) -> None:
    """The counted attempt was right: the account's failures are forgotten, the address keeps its earlier ones."""
    account, place = _keys(email, address)
    session.execute(delete(SignInAttempt).where(_among([account])))
    session.execute(
        update(SignInAttempt).where(_among([place])).values(failures=func.greatest(SignInAttempt.failures - 1, 0))
    )


def _open_again(row: SignInAttempt) -> datetime:
    too_many = row.failures - FREE_FAILURES[row.kind]
    if too_many < 0:
        return row.last_at
    wait: timedelta = FIRST_WAIT * 2 ** min(too_many, DOUBLINGS_MAX)
    return row.last_at + min(LONGEST_WAIT, wait)


def forgive_account(session: Session, email: str) -> None:
    """The owner has shown the password: the account's failures are forgotten."""
    session.execute(delete(SignInAttempt).where(_among(_keys(email, "")[:1])))


def _keys(email: str, address: str) -> tuple[Key, Key]:
    return (ACCOUNT, _digest(email)), (ADDRESS, _digest(_neighbourhood(address)))


def _neighbourhood(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((found, IPV6_PREFIX_BITS), strict=False))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _among(keys: Iterable[Key]) -> ColumnElement[bool]:
    return tuple_(SignInAttempt.kind, SignInAttempt.key).in_(list(keys))
