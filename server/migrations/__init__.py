"""The database's schema, step by step. Configured here, so there is no alembic.ini."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL

from server.database import make_engine

# One migration at a time, whoever starts it: the number is the lock's name in the database ("PET" in ASCII).
MIGRATION_LOCK = 0x504554


def upgrade(database_url: str | URL, revision: str = "head") -> None:
    """Bring the schema to `revision`. Safe when nothing is to be done, or twice at once."""
    engine = make_engine(database_url)
    try:
        with engine.begin() as connection:
            configuration = Config()
            configuration.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
            configuration.set_main_option("path_separator", "os")
            configuration.attributes["connection"] = connection
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            command.upgrade(configuration, revision)
    finally:
        engine.dispose()
