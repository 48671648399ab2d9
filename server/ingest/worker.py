"""One ingest worker: collect, store, and only after the commit reply and give the broker its PUBACKs."""

import logging
import queue
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine

from protocol.record import RECORD_BYTES
from server.fleet.keys import KeyRing
from server.ingest.incoming import IncomingMessage, Reply
from server.ingest.receive import Received, Receiver
from server.ingest.transaction import UNAVAILABLE, process

# A transaction closes at whichever comes first, or when nothing waits: a device has one batch outstanding.
TRANSACTION_ROWS_MAX = 5000
TRANSACTION_S_MAX = 0.02
IDLE_POLL_S = 0.5  # how soon an idle worker notices that it is to stop
BACK_OFF_FIRST_S = 0.1
BACK_OFF_MAX_S = 5.0

logger = logging.getLogger("pet.ingest")


def work(receiver: Receiver, engine: Engine, key_ring: KeyRing, stopping: threading.Event) -> None:
    """Work until `stopping` is set. What is not stored by then gets neither reply nor PUBACK."""
    while not stopping.is_set():
        collected = collect(receiver.received)
        if not collected:
            continue
        replies = _store(engine, key_ring, [row.message for row in collected], stopping)
        if replies is None:
            return
        for reply in replies:
            receiver.publish(reply)
        for row in collected:
            receiver.acknowledge(row)


def collect(received: "queue.Queue[Received]") -> list[Received]:
    """The messages of one transaction; empty where none came for a while."""
    try:
        collected = [received.get(timeout=IDLE_POLL_S)]
    except queue.Empty:
        return []
    closes_at = time.monotonic() + TRANSACTION_S_MAX
    rows = _rows(collected[0])
    while rows < TRANSACTION_ROWS_MAX and time.monotonic() < closes_at:
        try:
            collected.append(received.get_nowait())
        except queue.Empty:
            break
        rows += _rows(collected[-1])
    return collected


def _store(
    engine: Engine, key_ring: KeyRing, messages: Sequence[IncomingMessage], stopping: threading.Event
) -> list[Reply] | None:
    """Try until the database takes them, longer and longer apart; None where the worker is to stop before."""
    back_off_s = BACK_OFF_FIRST_S
    while True:
        try:
            return process(engine, key_ring, messages, datetime.now(UTC))
        except UNAVAILABLE as error:
            logger.warning("the database takes nothing: %s; again in %.1f s", _first_line(error), back_off_s)
        if stopping.wait(back_off_s):
            return None
        back_off_s = min(2 * back_off_s, BACK_OFF_MAX_S)


def _rows(received: Received) -> int:
    return 1 + len(received.message.payload) // RECORD_BYTES


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
