"""Share links: the figures of one question, shown without an account to whoever has the address, for a time."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.accounts.credentials import SHARE, hash_secret, make_secret
from server.accounts.grants import reach_of
from server.accounts.nodes import both
from server.accounts.rights import Right
from server.accounts.tables import ACTIVE, Person, ShareLink
from server.accounts.viewer import Via, Viewer
from server.database import on_keys
from server.errors import OperatorError

LASTS_MAX = timedelta(days=92)  # a quarter: then somebody decides again


class Shown(NamedTuple):
    """A link as a list shows it: never its secret."""

    link: ShareLink
    owner: Person


class Shared(NamedTuple):
    """What a link opens."""

    viewer: Viewer
    name: str
    query: str
    expires_at: datetime


def make_share(
    session: Session, viewer: Viewer, name: str, query: str, expires_at: datetime, at: datetime
) -> tuple[Shown, str]:
    """A link and its secret, which is never to be had again. Raises OperatorError."""
    if not at < expires_at <= at + LASTS_MAX:
        raise OperatorError(f"a link expires after now and within {LASTS_MAX.days} days.")
    secret = make_secret(SHARE)
    link = ShareLink(
        organisation_id=viewer.organisation_id,
        person_id=viewer.person_id,
        name=name,
        query=query,
        secret_hash=hash_secret(secret),
        created_at=at,
        expires_at=expires_at,
    )
    session.add(link)
    session.flush()
    return Shown(link, session.get_one(Person, (link.organisation_id, link.person_id))), secret


def open_share(session: Session, secret: str, at: datetime) -> Shared | None:
    """What the link of this secret shows: as to somebody outside, of those teams that its maker may still share."""
    query = _shown().where(
        ShareLink.secret_hash == hash_secret(secret),
        ShareLink.revoked_at.is_(None),
        ShareLink.expires_at > at,
        Person.state == ACTIVE,
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    link, maker = found
    reach = reach_of(session, link.organisation_id, maker.person_id, at)
    viewer = shared_by(Viewer(link.organisation_id, f"share link {link.share_id} of {maker.email}", reach))
    return Shared(viewer, link.name, link.query, link.expires_at) if viewer.may(Right.SEE_FIGURES) else None


def shared_by(viewer: Viewer) -> Viewer:
    """What this viewer's links show: figures of the teams that they may share, as somebody from outside sees them."""
    teams = both(viewer.teams(Right.SHARE), viewer.teams(Right.SEE_FIGURES))
    return Viewer(viewer.organisation_id, viewer.actor, {Right.SEE_FIGURES: teams}, via=Via.SHARE)


def shares(session: Session, organisation_id: int, person_id: int | None = None) -> list[Shown]:
    """Those of one person or of all, the newest first; expired and revoked ones too."""
    query = _shown().where(ShareLink.organisation_id == organisation_id).order_by(ShareLink.share_id.desc())
    if person_id is not None:
        query = query.where(ShareLink.person_id == person_id)
    return [Shown(*row) for row in session.execute(query)]


def find_own_share(session: Session, organisation_id: int, share_id: int, person_id: int | None) -> ShareLink | None:
    """The link of this number, of this person or (None) of anybody."""
    link = session.get(ShareLink, (organisation_id, share_id))
    return link if link is not None and person_id in {None, link.person_id} else None


def revoke_share(session: Session, link: ShareLink, at: datetime) -> None:
    """It stops working with the next request; to revoke it again changes nothing."""
    link.revoked_at = link.revoked_at or at
    session.flush()


def _shown() -> Select[ShareLink, Person]:
    return select(ShareLink, Person).join(Person, on_keys(ShareLink, Person, "person_id"))
