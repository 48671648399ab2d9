"""The next number of a row in its organisation: what is refused in the end uses none up, as a sequence would."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.fleet.turns import take_turn


def next_number(session: Session, table: Any, column: InstrumentedAttribute[int], organisation_id: int) -> int:
    """After the highest one there is. Whoever else takes one here waits until this transaction ends."""
    take_turn(session, organisation_id)
    last = session.scalar(select(func.max(column)).where(table.organisation_id == organisation_id))
    return (last or 0) + 1
