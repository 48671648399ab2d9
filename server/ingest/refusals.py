"""Refused messages: counted by reason and day, and logged without a secret."""

import logging
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from server.ingest.incoming import Refusal
from server.ingest.tables import RefusalCount

TOPIC_LENGTH_MAX = 80  # of an invented topic, as much as helps

logger = logging.getLogger("pet.ingest")


def count_refusals(connection: Connection, refusals: Sequence[Refusal]) -> None:
    """Add them to the counts of their UTC days."""
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
