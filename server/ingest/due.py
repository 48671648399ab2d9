"""Desired states that change by themselves: a placement or a text begins or ends, or a roll-out fails and is halted."""

import logging
import threading
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.desired import due, refresh
from server.fleet.halting import halt_failing
from server.fleet.keys import KeyRing
from server.fleet.organisations import organisations
from server.ingest.transaction import UNAVAILABLE

POLL_S = 30.0  # devices sync minutes apart at the earliest

logger = logging.getLogger("pet.ingest")


def watch(engine: Engine, key_ring: KeyRing, stopping: threading.Event) -> None:
    """Look again and again until `stopping` is set. Several workers may do so: one waits for the other."""
    while not stopping.wait(POLL_S):
        try:
            halt(engine, key_ring, datetime.now(UTC))
            refresh_due(engine, key_ring, datetime.now(UTC))
        except UNAVAILABLE:
            continue  # the worker beside it says so already
        except Exception:  # batches are stored whatever happens here
            logger.exception("desired states could not be made anew")


def halt(engine: Engine, key_ring: KeyRing, now: datetime) -> int:
    """Offer no application any more that fails on the devices that have it; how many were withdrawn."""
    halted = 0
    with Session(engine) as session, session.begin():
        for organisation in organisations(session):
            for each in halt_failing(session, organisation):
                logger.error("%s", each.words)
                halted += 1
        if halted:
            refresh(session, lambda: key_ring, now)
    return halted


def refresh_due(engine: Engine, key_ring: KeyRing, now: datetime) -> int:
    """Make anew what changes by itself by now; how many devices' desired states have changed."""
    changed = 0
    with Session(engine) as session:
        organisations = due(session, now)
    for organisation_id in organisations:
        try:
            with Session(engine) as session, session.begin():
                changed += refresh(session, lambda: key_ring, now, organisation_id)
        except OperatorError as error:
            logger.warning("desired states of organisation %d could not be made anew: %s", organisation_id, error)
    if changed:
        logger.info("%d devices should hold something else now", changed)
    return changed
