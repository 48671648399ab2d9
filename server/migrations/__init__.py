"""The database's schema, step by step. Configured here, so there is no alembic.ini."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import URL

from server.database import make_engine

# One migration at a time, whoever starts it: the number is the lock's name in the database ("PET" in ASCII).
MIGRATION_LOCK = 0x504554


def upgrade(database_url: str | URL, revision: str = "head") -> str:
    """Bring the schema to `revision`; what was done, in words. Safe when nothing is to be done, or twice at once."""
    engine = make_engine(database_url)
    try:
        with engine.begin() as connection:
            configuration = Config()
            configuration.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
            configuration.set_main_option("path_separator", "os")
            configuration.attributes["connection"] = connection
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            context = MigrationContext.configure(connection)
            before = context.get_current_revision()
            command.upgrade(configuration, revision)
            after = context.get_current_revision()
    finally:
        engine.dispose()
    if before == after:
        return f"the database is at version {after} already: nothing to do"
    return f"the database is at version {after} now ({'was empty' if before is None else f'was at {before}'})"
