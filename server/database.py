"""The database: the base of all tables, their naming convention, and engines made from a URL."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    and_,
    create_engine,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase, Session

DRIVER = "postgresql+psycopg"
CONNECT_TIMEOUT_S = 5  # a database that is away is noticed, and the caller's own back-off takes over


class Base(DeclarativeBase):
    """Every primary, unique and foreign key begins with organisation_id, so that data can be spread by it."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        bytes: LargeBinary(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(),
        dict[str, int]: JSONB(),
        list[int]: ARRAY(SmallInteger()),
    }


# The wire's unsigned 32-bit numbers do not fit PostgreSQL's integer.
Unsigned32 = BigInteger


def make_engine(url: str | URL) -> Engine:
    """An engine for a `postgresql://` URL; sessions speak UTC, whatever the server's own time zone is."""
    return create_engine(
        make_url(url).set(drivername=DRIVER),
        connect_args={"options": "-c timezone=UTC", "connect_timeout": CONNECT_TIMEOUT_S},
        pool_pre_ping=True,
    )


def act_as(session: Session, actor: str) -> None:
    """Say who does what follows in this transaction: the audit log, which the database writes, names them."""
    session.execute(text("SELECT set_config('pet.actor', :actor, true)"), {"actor": actor})


def actor_of(session: Session | Connection) -> str:
    """Who does what happens in this transaction, as the audit log will name them."""
    setting = text("SELECT coalesce(nullif(current_setting('pet.actor', true), ''), 'database user ' || session_user)")
    return str(session.scalar(setting))


def on_keys(left: Any, right: Any, *names: str) -> ColumnElement[bool]:
    """The condition of a join: both rows are of one organisation and agree in these columns."""
    return and_(*(getattr(left, name) == getattr(right, name) for name in ("organisation_id", *names)))
