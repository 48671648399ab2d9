"""The front page of administration: what the viewer may do here, and what needs attention."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from fastapi import Request
from sqlalchemy.orm import Session

from server.accounts.audit_log import EVERYTHING
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.audit_log import AuditLogAnswer, list_audit_log
from server.api.improving import AskedPage, now_of
from server.api.people import KnownPerson, get_people
from server.api.tokens import KnownToken, get_tokens

EXPIRES_SOON = timedelta(days=14)
VERIFY_EVERY = timedelta(days=31)  # an auditor asks for each month


class Link(NamedTuple):
    """A page that this viewer may use."""

    href: str
    name: str
    what: str


def front(request: Request, session: Session, viewer: Viewer) -> dict[str, Any]:
    """What the template shows."""
    now = now_of(request)
    people = get_people(request, session, viewer).data if viewer.may(Right.MANAGE_PEOPLE) else []
    return {
        "links": links_for(viewer),
        "log": newest_of_log(request, session, viewer),
        "log_is_due": lambda log: log.verified is None or log.verified.at < now - VERIFY_EVERY,
        "expiring": expiring(get_tokens(session, viewer).data, now),
        "strangers": strangers(people),
    }


def links_for(viewer: Viewer) -> list[Link]:
    """The pages below this one that the viewer may use."""
    links = [
        (Right.MANAGE_PEOPLE, Link("/administration/people", "People", "who may do what, and where")),
        (None, Link("/administration/tokens", "API tokens", "what programs show instead of a password")),
        (Right.SHARE, Link("/administration/share-links", "Share links", "figures without an account, for a time")),
        (Right.SEE_AUDIT_LOG, Link("/administration/audit-log", "Audit log", "who changed what, and when")),
    ]
    return [link for right, link in links if right is None or _may(viewer, right)]


def _may(viewer: Viewer, right: Right) -> bool:
    return viewer.may_everywhere(right) if right is Right.SEE_AUDIT_LOG else viewer.may(right)


def newest_of_log(request: Request, session: Session, viewer: Viewer) -> AuditLogAnswer | None:
    """How far the log has come and when it was verified; None where it is not for this viewer."""
    if not _may(viewer, Right.SEE_AUDIT_LOG):
        return None
    return list_audit_log(request, viewer, session, AskedPage(None, 1), EVERYTHING)


def expiring(tokens: list[KnownToken], now: datetime) -> list[KnownToken]:
    """Those in force that end soon: the program that uses one should be given another."""
    ends = now + EXPIRES_SOON
    return [each for each in tokens if each.revoked_at is None and now < each.expires_at <= ends]


def strangers(people: list[KnownPerson]) -> list[KnownPerson]:
    """Whose account waits: nobody ever signed in with it."""
    return [each for each in people if each.state == "active" and each.signed_in_at is None]
