"""One transaction: a collection of messages becomes rows, and, once they are committed, replies.

Locks are taken in one order everywhere: devices, connections, ledger rows, rollups, refusal counts, each in key order.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

from protocol.messages import Batch, Status
from server.fleet.keys import KeyRing
from server.ingest.check import Authentic, check_messages
from server.ingest.connections import (
    ConnectionKey,
    Met,
    confirm,
    find_connections,
    is_confirmed_by,
    key_of,
    open_connections,
)
from server.ingest.content import find_chunks
from server.ingest.custody import Custody, QuarantineRow
from server.ingest.desired import read_desired
from server.ingest.facts import Facts
from server.ingest.incoming import IncomingMessage, JournalKey, Refusal, Reply
from server.ingest.judge import REASON_DATABASE
from server.ingest.ledger import Ledger, advance, lock_ledgers, stored_through
from server.ingest.refusals import count_refusals, log_refusals
from server.ingest.replies import Answerable, answer_batches, answer_requests, answer_statuses
from server.ingest.store import write_custody

logger = logging.getLogger("pet.ingest")

# The database is away, busy, full or without its schema: no message's fault, so all of them wait. A COPY is written by
# the driver itself, whose errors come as they are.
UNAVAILABLE = (
    OperationalError,
    InterfaceError,
    ProgrammingError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.ProgrammingError,
)


def process(engine: Engine, key_ring: KeyRing, messages: Sequence[IncomingMessage], now: datetime) -> list[Reply]:
    """Store the messages; the replies to publish, all of them about what is committed.

    Raises one of UNAVAILABLE when the same messages are to be tried again. A message that the database refuses
    holds up no other: the collection is halved until it stands alone, then its records go to quarantine, or,
    where even that is refused, it is counted.
    """
    try:
        return _attempt(engine, key_ring, messages, now, apart=None)
    except UNAVAILABLE:
        raise
    except Exception:  # whatever a message can provoke, the messages of other devices are stored
        logger.exception("%d messages could not be stored together", len(messages))
    if len(messages) > 1:
        half = len(messages) // 2
        return process(engine, key_ring, messages[:half], now) + process(engine, key_ring, messages[half:], now)
    try:
        return _attempt(engine, key_ring, messages, now, apart=REASON_DATABASE)
    except UNAVAILABLE:
        raise
    except Exception as error:  # as above
        logger.exception("one message could be neither stored nor set apart")
        _count(engine, [Refusal(messages[0], REASON_DATABASE, type(error).__name__)])
        return []


def _attempt(
    engine: Engine,
    key_ring: KeyRing,
    messages: Sequence[IncomingMessage],
    now: datetime,
    *,
    apart: str | None,
) -> list[Reply]:
    with engine.begin() as connection:
        authentic, refusals = check_messages(connection, key_ring, messages)
        replies, conflicts = _store(connection, authentic, now, apart)
        chunks, refused = find_chunks(connection, key_ring, authentic)
        refusals += refused
        count_refusals(connection, refusals)
    log_refusals(refusals)
    _raise_alarm(conflicts)
    return replies + answer_requests(chunks)


def _store(
    connection: Connection, messages: Sequence[Authentic], now: datetime, apart: str | None
) -> tuple[list[Reply], list[QuarantineRow]]:
    statuses = [message for message in messages if isinstance(message.body, Status)]
    batches = [message for message in messages if isinstance(message.body, Batch)]
    batches.sort(key=lambda batch: (batch.journal, batch.batch.first_sequence))
    open_connections(connection, statuses)
    met = find_connections(connection, statuses + batches)
    confirm(connection, batches, met)
    ledgers = _open_ledgers(connection, batches, now)
    facts = Facts(connection, {(batch.device.organisation_id, batch.device.device_id) for batch in batches})
    custody = Custody(facts, apart)
    for batch in batches:
        custody.take(batch, ledgers[batch.journal], _oldest_readable(batch, met))
    conflicts = write_custody(connection, custody)
    advance(connection, ledgers)
    through = stored_through(connection, {message.journal for message in statuses + batches})

    def answerable(message: Authentic) -> Answerable:
        return Answerable(message, met.get(key_of(message)), through.get(message.journal, 0))

    desired = read_desired(connection, statuses)
    replies = answer_statuses([answerable(status) for status in statuses], desired, now)
    replies += answer_batches([answerable(batch) for batch in batches], now)
    return replies, conflicts


def _open_ledgers(connection: Connection, batches: Sequence[Authentic], now: datetime) -> dict[JournalKey, Ledger]:
    ledgers = lock_ledgers(connection, [batch.journal for batch in batches], now)
    for batch in batches:
        ledger = ledgers[batch.journal]
        first, count = batch.batch.first_sequence, len(batch.batch.records)
        held = range(first, min(first + count, ledger.stored_through + 1))
        if held:
            ledger.load(connection, batch.journal, held)
    return ledgers


def _oldest_readable(batch: Authentic, met: dict[ConnectionKey, Met]) -> int | None:
    """What this very connection has said of the batch's journal, and only once its nonce has come back."""
    opened = met.get(key_of(batch))
    if opened is None or not is_confirmed_by(batch, opened) or opened.journal_id != batch.journal.journal_id:
        return None
    return opened.oldest_readable


def _raise_alarm(conflicts: Sequence[QuarantineRow]) -> None:
    for row in conflicts:
        logger.error(
            "conflict device=%08x journal=%s sequence=%d: kept apart; look for a cloned or restored device",
            row.device_id,
            row.journal_id.hex(),
            row.sequence,
        )


def _count(engine: Engine, refusals: Sequence[Refusal]) -> None:
    with engine.begin() as connection:
        count_refusals(connection, refusals)
    log_refusals(refusals)
