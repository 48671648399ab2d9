"""Keeps the broker's accounts as the database says: at the start, when a device changes, when the broker comes back."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.broker import follow
from server.fleet.broker_control import Control, control_of
from server.fleet.broker_follower import hold_follower
from server.fleet.keys import KeyRing
from server.ingest.transaction import UNAVAILABLE
from server.settings import Settings

CHANNEL = "pet_broker"  # the database tells here that a device or its keys changed (migration 0014)
WAIT_S = 0.5  # how soon it is noticed that the broker went away, or that the process is to stop
BACK_OFF_FIRST_S = 0.2
BACK_OFF_MAX_S = 5.0

logger = logging.getLogger("pet.ingest")


def keep_accounts(engine: Engine, key_ring: KeyRing, settings: Settings, stopping: threading.Event) -> None:
    """Until `stopping` is set. What is in the way is logged and tried again, longer and longer apart."""
    back_off_s = BACK_OFF_FIRST_S
    while not stopping.is_set():
        try:
            with _listening(engine) as connection, control_of(settings) as control:
                _follow(engine, key_ring, control)
                hold_follower(connection)
                back_off_s = BACK_OFF_FIRST_S
                _watch(_driver(connection), control, engine, key_ring, stopping)
        except (OperatorError, *UNAVAILABLE) as error:
            logger.warning("the broker's accounts do not follow: %s", str(error).strip().splitlines()[0])
        except Exception:  # batches are stored whatever happens here
            logger.exception("the broker's accounts do not follow")
        stopping.wait(back_off_s)
        back_off_s = min(2 * back_off_s, BACK_OFF_MAX_S)


def _watch(
    database: psycopg.Connection[Any],
    control: Control,
    engine: Engine,
    key_ring: KeyRing,
    stopping: threading.Event,
) -> None:
    while control.connected and not stopping.is_set():
        if list(database.notifies(timeout=WAIT_S, stop_after=1)):
            _follow(engine, key_ring, control)


def _follow(engine: Engine, key_ring: KeyRing, control: Control) -> None:
    with Session(engine) as session:
        found = follow(session, key_ring, control.ask)
    logger.info("accounts: %s", found.words)


@contextmanager
def _listening(engine: Engine) -> Iterator[Connection]:
    """A connection of its own, which hears of changes from now on."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"LISTEN {CHANNEL}")
        try:
            yield connection
        finally:
            connection.invalidate()  # it listens: not for the pool


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver
