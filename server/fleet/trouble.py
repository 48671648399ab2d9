"""What of a device's records is not where it should be: lost, kept apart, refused; by reason, without answers."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.fleet.tables import Organisation
from server.ingest.refusal_tables import DeviceRefusal
from server.ingest.tables import Gap, Quarantine

SHOWN_MAX = 50  # the newest; a device with more is broken anyway, and the sums say how many


class LostSpan(NamedTuple):
    """Sequences that will never arrive."""

    first: int
    last: int
    reason: str
    recorded_at: datetime

    @property
    def records(self) -> int:
        """How many."""
        return self.last - self.first + 1


class Apart(NamedTuple):
    """Authentic records that could not be stored, by reason. `waiting`: those that may still be delivered."""

    reason: str
    waiting: int
    resolved: int
    first_at: datetime
    last_at: datetime


class Refused(NamedTuple):
    """Messages on its topics that were refused, by reason."""

    reason: str
    messages: int
    last_at: datetime


class Trouble(NamedTuple):
    """All of it."""

    lost: list[LostSpan]
    apart: list[Apart]
    refused: list[Refused]


def trouble(session: Session, organisation: Organisation, device_id: int) -> Trouble:
    """Of one device, the newest first."""

    def of(table: Any) -> Any:
        return (table.organisation_id == organisation.organisation_id, table.device_id == device_id)

    gaps = (
        select(Gap.first_sequence, Gap.last_sequence, Gap.reason, Gap.recorded_at)
        .where(*of(Gap))
        .order_by(Gap.recorded_at.desc(), Gap.first_sequence.desc())
        .limit(SHOWN_MAX)
    )
    newest = func.max(Quarantine.received_at)
    open_ = Quarantine.resolution.is_(None)
    apart = (
        select(
            Quarantine.reason,
            func.count().filter(open_),
            func.count().filter(~open_),
            func.min(Quarantine.received_at),
            newest,
        )
        .where(*of(Quarantine))
        .group_by(Quarantine.reason)
        .order_by(newest.desc())
    )
    last = func.max(DeviceRefusal.last_at)
    refused = (
        select(DeviceRefusal.reason, func.sum(DeviceRefusal.count), last)
        .where(*of(DeviceRefusal))
        .group_by(DeviceRefusal.reason)
        .order_by(last.desc())
    )
    return Trouble(
        lost=[LostSpan(*row) for row in session.execute(gaps)],
        apart=[Apart(*row) for row in session.execute(apart)],
        refused=[Refused(reason, int(messages), at) for reason, messages, at in session.execute(refused)],
    )
