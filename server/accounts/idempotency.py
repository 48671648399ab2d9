"""Who asked for what under which key, and what they were answered: kept, so that it can be said again."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from server.accounts.idempotency_tables import IdempotencyKey

KEPT_FOR = timedelta(days=2)  # whoever repeats a request later than that means a new one


class KeyOf(NamedTuple):
    """Whose key it is. `actor`: the credential that it came with (Viewer.credential)."""

    organisation_id: int
    actor: str
    key: str


class KeptAnswer(NamedTuple):
    """What a request was answered with."""

    status: int
    media_type: str | None
    headers: dict[str, str]
    body: bytes


class OtherRequestError(ValueError):
    """The key came before, with another request."""


def claim(session: Session, of: KeyOf, request: bytes, now: datetime) -> KeptAnswer | None:
    """What this request was answered with before; None where the key is free, and from now on the caller's.

    `request`: its digest. A twin still running is waited for: the row is its lock. Raises OtherRequestError.
    """
    here = IdempotencyKey.organisation_id == of.organisation_id
    session.execute(delete(IdempotencyKey).where(here, IdempotencyKey.created_at < now - KEPT_FOR))
    mine = insert(IdempotencyKey).values(**of._asdict(), request=request, headers={}, created_at=now.astimezone(UTC))
    if session.execute(mine.on_conflict_do_nothing().returning(IdempotencyKey.key)).first() is not None:
        return None
    found = session.scalars(select(IdempotencyKey).where(*_is(of))).one()
    if found.request != request:
        raise OtherRequestError
    assert found.status is not None  # it is committed with its answer
    return KeptAnswer(found.status, found.media_type, found.headers, found.body or b"")


def keep(session: Session, of: KeyOf, answer: KeptAnswer) -> None:
    """With the transaction that made what the answer tells of."""
    session.execute(update(IdempotencyKey).where(*_is(of)).values(**answer._asdict()))


def _is(of: KeyOf) -> list[ColumnElement[bool]]:
    return [getattr(IdempotencyKey, name) == value for name, value in of._asdict().items()]
