"""API tokens: what programs show. Each is a part of what its owner may do, for a time, and is shown once."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from server.accounts.credentials import TOKEN, hash_secret, make_secret
from server.accounts.nodes import Node, covers, team_paths, teams_below
from server.accounts.rights import Right
from server.accounts.tables import ACTIVE, ApiToken, ApiTokenUse, Person
from server.accounts.viewer import Viewer
from server.database import on_keys
from server.errors import OperatorError

LASTS_MAX = timedelta(days=366)
USE_NOTED_EVERY = timedelta(minutes=5)


class ExpiryError(OperatorError):
    """An end that a token cannot have."""


class Shown(NamedTuple):
    """A token as a list shows it: never its secret."""

    token: ApiToken
    owner: Person
    used_at: datetime | None


def make_token(
    session: Session,
    viewer: Viewer,
    name: str,
    rights: frozenset[Right],
    node: Node,
    expires_at: datetime,
    at: datetime,
) -> tuple[Shown, str]:
    """A token and its secret, which is never to be had again. Raises OperatorError.

    Its rights must be its maker's own on all of the node; where they are taken away later, the token loses them too.
    """
    if not rights:
        raise OperatorError("a token has at least one right.")
    if not at < expires_at <= at + LASTS_MAX:
        raise ExpiryError(f"a token expires after now and within {LASTS_MAX.days} days.")
    teams = teams_below(node, team_paths(session, viewer.organisation_id))
    for right in sorted(rights):
        if not covers(viewer.teams(right), teams):
            raise OperatorError(f"your own account has no right to {right} there.")
    secret = make_secret(TOKEN)
    token = ApiToken(
        organisation_id=viewer.organisation_id,
        person_id=viewer.person_id,
        name=name,
        secret_hash=hash_secret(secret),
        rights=sorted(rights),
        node_kind=node.kind,
        node_id=node.key,
        created_at=at,
        expires_at=expires_at,
    )
    session.add(token)
    session.flush()
    return Shown(token, session.get_one(Person, (token.organisation_id, token.person_id)), None), secret


def find_token(session: Session, secret: str, at: datetime) -> Shown | None:
    """The token of this secret, in force, of an account that is."""
    query = _shown().where(
        ApiToken.secret_hash == hash_secret(secret),
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > at,
        Person.state == ACTIVE,
    )
    found = session.execute(query).one_or_none()
    return found and Shown(*found)


def tokens(session: Session, organisation_id: int, person_id: int | None = None) -> list[Shown]:
    """Those of one person or of all, the newest first; expired and revoked ones too."""
    query = _shown().where(ApiToken.organisation_id == organisation_id).order_by(ApiToken.token_id.desc())
    if person_id is not None:
        query = query.where(ApiToken.person_id == person_id)
    return [Shown(*row) for row in session.execute(query)]


def find_own_token(session: Session, organisation_id: int, token_id: int, person_id: int | None) -> ApiToken | None:
    """The token of this number, of this person or (None) of anybody."""
    token = session.get(ApiToken, (organisation_id, token_id))
    return token if token is not None and person_id in {None, token.person_id} else None


def revoke_token(session: Session, token: ApiToken, at: datetime) -> None:
    """It stops working with the next request; to revoke it again changes nothing."""
    token.revoked_at = token.revoked_at or at
    session.flush()


def note_use(session: Session, token: ApiToken, at: datetime) -> None:
    """That it was used just now."""
    new = insert(ApiTokenUse).values(organisation_id=token.organisation_id, token_id=token.token_id, used_at=at)
    session.execute(new.on_conflict_do_update(index_elements=["organisation_id", "token_id"], set_={"used_at": at}))


def _shown() -> Select[ApiToken, Person, datetime | None]:
    return (
        select(ApiToken, Person, ApiTokenUse.used_at)
        .join(Person, on_keys(ApiToken, Person, "person_id"))
        .outerjoin(ApiTokenUse, on_keys(ApiToken, ApiTokenUse, "token_id"))
    )
