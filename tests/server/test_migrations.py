"""The migrations make exactly the tables that the code describes, on the same rules."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, UniqueConstraint, inspect, text

import server.accounts.audit_tables
import server.accounts.idempotency_tables
import server.accounts.tables
import server.evidence.tables
import server.fft.tables
import server.fleet.alert_tables
import server.fleet.enrolment_tables
import server.fleet.league_tables
import server.fleet.rebase_tables
import server.fleet.rollout_tables
import server.fleet.tables
import server.improvement.tables
import server.improvement.team_tables
import server.ingest.refusal_tables
import server.ingest.rollup_tables
import server.ingest.tables
import server.reports.tables  # noqa: F401, they fill Base.metadata
from server.database import Base
from server.migrations import upgrade


def test_the_migrated_database_is_what_the_tables_say(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_checks_are_the_same_too(engine):
    """Alembic does not compare them."""
    inspector = inspect(engine)
    for table in Base.metadata.sorted_tables:
        stated = {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)}
        found = {check["name"] for check in inspector.get_check_constraints(table.name)}
        assert found == stated


def test_to_migrate_again_changes_nothing(engine, database_url):
    upgrade(database_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_every_key_begins_with_the_organisation():
    """So that data can be spread by it. Two have none: an unknown device or name belongs to no organisation."""
    for table in Base.metadata.sorted_tables:
        if table.name in ("refusal_count", "sign_in_attempt"):
            continue
        assert next(iter(table.primary_key.columns)).name == "organisation_id", table.name
        for key in table.foreign_key_constraints:
            assert key.column_keys[0] == "organisation_id", (table.name, key.name)
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint) and table.name != "organisation":
                assert next(iter(constraint.columns)).name == "organisation_id", (table.name, constraint.name)
