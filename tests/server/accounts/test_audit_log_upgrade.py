"""A database that was there before the audit log: its rows stand in the log as they were found."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from server.accounts.audit_log import verify
from server.database import make_engine
from server.evidence.audited import audited_differences, replay_log
from server.evidence.differences import Summary
from server.migrations import upgrade


@pytest.fixture
def old(postgres):
    """A database as it was before the audit log, with an organisation in it."""
    url = make_url(postgres)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE DATABASE of_old")
        database = url.set(database="of_old").render_as_string(hide_password=False)
        upgrade(database, "0003")
        engine = make_engine(database)
        with engine.begin() as rows:
            rows.execute(text("INSERT INTO organisation (name, timezone) VALUES ('Old Trust', 'Europe/London')"))
            rows.execute(text("INSERT INTO service (organisation_id, code, name) VALUES (1, 'beds', 'Beds')"))
            rows.execute(
                text(
                    "INSERT INTO device (organisation_id, serial, state, enrolled_at, key_epoch) "
                    "VALUES (1, 'A', 'active', now(), 1)"
                )
            )
            rows.execute(
                text(
                    "INSERT INTO device_key (organisation_id, device_id, key_epoch, wrapped_key, password_hash, "
                    "created_at) VALUES (1, 1, 1, 'secret', 'hash', now())"
                )
            )
        yield engine, database
        engine.dispose()
        connection.execute("DROP DATABASE of_old WITH (FORCE)")


def test_what_was_there_before_the_log_is_in_it(old):
    engine, database = old
    upgrade(database)
    with Session(engine) as session:
        assert verify(session, 1).broken is None
        rows = session.execute(text("SELECT action, subject, detail FROM audit_log ORDER BY sequence")).all()
        found = {(row.action, row.subject) for row in rows}
        assert {("organisation baseline", ""), ("service baseline", "1"), ("device_key baseline", "1/1")} <= found
        assert "wrapped_key" not in str(rows)
        connection = session.connection()
        summary = Summary()
        logged, _ = replay_log(connection, 1)
        assert list(audited_differences(connection, 1, logged, summary)) == []
        assert summary.audited_rows >= 4
