"""Whether anybody tells the broker of each change: without a follower a revoked device keeps its account there.

The follower holds a lock of its database session, so that it is gone as soon as its process or its connection is.
"""

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from server.settings import Settings

FOLLOWED_LOCK = 0x50455446  # shared: several workers may follow
FOLLOWS = "the broker follows within two seconds"
NOT_TOLD = (
    "THE BROKER HAS NOT BEEN TOLD: it lets in whom it let in before, until `pet ingest` runs and reaches it "
    "(`journalctl -u pet-ingest` says what is in the way), or `pet broker follow` is said"
)
NO_ACCOUNTS = "this broker keeps no accounts (PET_BROKER_KEEPS_ACCOUNTS)"


def hold_follower(connection: Connection) -> None:
    """From now on, as long as this connection lives, the broker is told of each change."""
    connection.execute(text("SELECT pg_advisory_lock_shared(:lock)"), {"lock": FOLLOWED_LOCK})


def is_followed(session: Session) -> bool:
    """Whether somebody tells the broker just now."""
    query = (
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND classid = 0 AND objid = CAST(:lock AS oid) AND objsubid = 1"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    )
    return bool(session.scalar(text(query), {"lock": FOLLOWED_LOCK}))


def broker_words(session: Session, settings: Settings) -> str:
    """What a command says behind what it has changed."""
    if not settings.broker_keeps_accounts:
        return NO_ACCOUNTS
    return FOLLOWS if is_followed(session) else NOT_TOLD
