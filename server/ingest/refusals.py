"""Refused messages: counted by reason and day, and logged without a secret."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, func
from sqlalchemy.dialects.postgresql import insert

from server.ingest.incoming import Refusal
from server.ingest.refusal_tables import DeviceRefusal
from server.ingest.tables import RefusalCount

TOPIC_LENGTH_MAX = 80  # of an invented topic, as much as helps

logger = logging.getLogger("pet.ingest")


def count_refusals(connection: Connection, refusals: Sequence[Refusal]) -> None:
    """Add them to the counts of their UTC days, and to those of the devices that they name."""
    _count_by_device(connection, refusals)
    counts = Counter((refusal.reason, refusal.message.received_at.date()) for refusal in refusals)
    if not counts:
        return
    statement = insert(RefusalCount)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["reason", "day"], set_={"count": RefusalCount.count + statement.excluded.count}
        ),
        [{"reason": reason, "day": day, "count": counts[reason, day]} for reason, day in sorted(counts)],
    )


def _count_by_device(connection: Connection, refusals: Sequence[Refusal]) -> None:
    counts: dict[tuple[int, int, str, date], tuple[int, datetime]] = {}
    for refusal in refusals:
        if refusal.device is not None:
            at = refusal.message.received_at
            key = (*refusal.device, refusal.reason, at.date())
            count, last_at = counts.get(key, (0, at))
            counts[key] = (count + 1, max(last_at, at))
    if not counts:
        return
    names = ("organisation_id", "device_id", "reason", "day")
    statement = insert(DeviceRefusal)
    added = {
        "count": DeviceRefusal.count + statement.excluded.count,
        "last_at": func.greatest(DeviceRefusal.last_at, statement.excluded.last_at),
    }
    connection.execute(
        statement.on_conflict_do_update(index_elements=names, set_=added),
        [dict(zip(names, key, strict=True)) | {"count": n, "last_at": at} for key, (n, at) in sorted(counts.items())],
    )


def log_refusals(refusals: Sequence[Refusal]) -> None:
    """A line each; topic and text are quoted, for anybody may have made them up."""
    for refusal in refusals:
        logger.warning(
            "refused reason=%s topic=%r bytes=%d: %r",
            refusal.reason,
            refusal.message.topic[:TOPIC_LENGTH_MAX],
            len(refusal.message.payload),
            refusal.text,
        )
