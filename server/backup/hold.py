"""A restored database is on hold: ingest waits until people have repeated what the backup does not know.

Else a device that was revoked after the backup is let in again, and answers count for the team where their device stood
at the backup. The hold is a table that is there or not, beside the schema: it lies in the database itself, so whoever
connects to it finds it, and it is put before the first row is restored.
"""

from datetime import datetime
from typing import NamedTuple

import psycopg
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.orm import Session

from server.errors import OperatorError

TABLE = "restored"
WORDS = "this database was restored from a backup: see `pet restored`"

# A key that begins with organisation_id, as audited() wants it (migration 0005).
CREATE = f"""CREATE TABLE {TABLE} (
    organisation_id integer NOT NULL, taken_at timestamptz NOT NULL, restored_at timestamptz NOT NULL,
    backup text NOT NULL, PRIMARY KEY (organisation_id, taken_at))"""


class Restored(NamedTuple):
    """From which backup, of which instant, and when."""

    backup: str
    taken_at: datetime
    restored_at: datetime


def is_held(session: Session) -> bool:
    """Whether ingest must wait."""
    return session.scalar(select(func.to_regclass(TABLE))) is not None


def refuse_while_held(session: Session) -> None:
    """Raises OperatorError for what must not be done before people have repeated theirs."""
    if is_held(session):
        raise OperatorError(f"{WORDS}.")


def begin(session: Session) -> None:
    """Put the hold, before anything is restored. It stays where restoring fails: nothing is lost by repeating."""
    if not is_held(session):
        session.execute(text(CREATE))


def explain(session: Session, restored: Restored) -> None:
    """Write down what was restored. The audit log of each organisation says it too: it watches this table."""
    session.execute(text(f"SELECT audited('{TABLE}')"))
    insert = f"INSERT INTO {TABLE} SELECT organisation_id, :taken_at, :restored_at, :backup FROM organisation"  # noqa: S608
    session.execute(text(insert), restored._asdict())


def what_was_restored(session: Session) -> Restored | None:
    """None where it was not finished, or before there was an organisation."""
    row = session.execute(text(f"SELECT backup, taken_at, restored_at FROM {TABLE} LIMIT 1")).first()  # noqa: S608
    return Restored(*row) if row else None


def release(session: Session) -> None:
    """Let ingest go on. The audit log says who did."""
    session.execute(text(f"DELETE FROM {TABLE}"))  # noqa: S608 - a name of our own
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # the audit log is written now, not after the table is gone
    session.execute(text(f"DROP TABLE {TABLE}"))


def keep_out(engine: Engine) -> None:
    """Every new connection of this engine fails while there is a hold, as if the database were away.

    A worker that runs waits then, as it does for a database that restarts: it acks nothing, and goes on by itself. One
    that was connected before the database was replaced has to connect again.
    """

    @event.listens_for(engine, "connect")
    def look(connection: "psycopg.Connection[tuple[object]]", _: object) -> None:
        found = connection.execute("SELECT to_regclass(%s)", (TABLE,)).fetchone()
        connection.rollback()
        if found is not None and found[0] is not None:
            connection.close()
            raise psycopg.OperationalError(WORDS)
