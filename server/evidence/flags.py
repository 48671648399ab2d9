"""Misuse set or cleared by a person: with a reason, by name, reversible, and counted anew in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.database import actor_of
from server.evidence.moves import lock_device, move_counts
from server.evidence.names import ResponseKey
from server.evidence.rows import of_response, stored_rows
from server.evidence.tables import ResponseFlag
from server.ingest.judge import ResponseRow
from server.ingest.tables import Response

REASON_CHARACTERS_MAX = 500


class ResponseState(NamedTuple):
    """Whose response it is, and how it counts."""

    team_id: int
    flagged: bool
    device_flagged: bool


def find_response(session: Session, organisation_id: int, key: ResponseKey) -> ResponseState | None:
    """The response as it stands; None where there is none of this name."""
    row = next(stored_rows(session.connection(), *of_response(organisation_id, key)), None)
    return None if row is None else _state(row)


def set_flag(
    session: Session, organisation_id: int, key: ResponseKey, *, flagged: bool | None, reason: str, now: datetime
) -> ResponseState | None:
    """Count the response as misuse, or as none, or (None) as its device said; the response as it stands then.

    None where there is none of this name. The caller has asked whether whoever says so may, and commits.
    """
    connection = session.connection()
    lock_device(connection, organisation_id, key.device_id)
    before = next(stored_rows(connection, *of_response(organisation_id, key), lock=True), None)
    if before is None:
        return None
    session.add(
        ResponseFlag(
            organisation_id=organisation_id,
            **key._asdict(),
            flagged=flagged,
            reason=reason,
            set_by=actor_of(session),
            set_at=now,
        )
    )
    session.flush()
    after = before._replace(flagged_by_person=flagged)
    connection.execute(update(Response).where(*of_response(organisation_id, key)).values(flagged_by_person=flagged))
    if before.flagged != after.flagged:
        move_counts(connection, [before], [after])
    return _state(after)


def _state(row: ResponseRow) -> ResponseState:
    return ResponseState(row.team_id, row.flagged, row._replace(flagged_by_person=None).flagged)


def flag_history(session: Session, organisation_id: int, key: ResponseKey) -> Sequence[ResponseFlag]:
    """All that was said of the response, oldest first."""
    return session.scalars(
        select(ResponseFlag)
        .where(
            ResponseFlag.organisation_id == organisation_id,
            ResponseFlag.device_id == key.device_id,
            ResponseFlag.journal_id == key.journal_id,
            ResponseFlag.sequence == key.sequence,
        )
        .order_by(ResponseFlag.flag_id)
    ).all()
