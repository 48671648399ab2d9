"""What was known when a record was judged: ingest's facts, read once a device and put back to any moment since."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from server.fleet.tables import Placement
from server.ingest import tables
from server.ingest.facts import Facts, Place
from server.ingest.incoming import JournalKey

# Another worker may store what was received a little earlier only afterwards; no transaction takes that long.
IN_FLIGHT = timedelta(minutes=10)


class Heard(NamedTuple):
    """A confirmed status, as far as it says something of time."""

    session: int
    seconds: int
    last_sequence: int
    received_at: datetime
    confirmed_at: datetime


class Dated(NamedTuple):
    """The date of a record, and since when it is known: those from quarantine became known late."""

    sequence: int
    answered_at: datetime
    known_from: datetime


class PastFacts(Facts):
    """Bound to one device at a time. A record without a usable clock is dated from what was known at the `moment`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, ())
        self.moment: datetime | None = None
        self.places: Sequence[Place] = ()
        self._heard: dict[bytes, list[Heard]] = {}
        self._latest: dict[bytes, datetime] = {}  # of the records so far that were stored as they came
        self._late: dict[bytes, list[Dated]] = {}
        self._carried: dict[bytes, datetime] = {}
        self.with_carried = True

    def turn_to(self, places: Sequence[Place], heard: dict[bytes, list[Heard]], carried: dict[bytes, datetime]) -> None:
        """Forget the device before, and judge records of this one."""
        self.places, self._heard, self._carried = places, heard, carried
        self._latest, self._late = {}, {}

    def learn(self, journal_id: bytes, sequence: int, answered_at: datetime, late: datetime | None) -> None:
        """A record before the next one has this date; `late`: since when that is known, where it had to wait."""
        if late is not None:
            self._late.setdefault(journal_id, []).append(Dated(sequence, answered_at, late))
            return
        latest = self._latest.get(journal_id)
        self._latest[journal_id] = answered_at if latest is None else max(latest, answered_at)

    def moments(self, journal_id: bytes, since: datetime) -> list[datetime]:
        """When something was learnt of this journal from just before `since` on, in order."""
        begin = since - IN_FLIGHT
        learnt = {heard.confirmed_at for heard in self._heard.get(journal_id, ())}
        learnt |= {dated.known_from for dated in self._late.get(journal_id, ())}
        return [since, begin, *sorted(moment for moment in learnt if moment > begin)]

    def place(self, organisation_id: int, device_id: int, instant: datetime) -> Place | None:  # noqa: ARG002
        """Where the device was then."""
        return next((each for each in self.places if covers(each, instant)), None)

    def session_start(self, journal: JournalKey, session: int, seconds: int) -> datetime | None:
        """As ingest's, from the statuses that were confirmed by the moment."""
        found = [each for each in self._known(journal) if each.session == session]
        if not found:
            return None
        nearest = min(found, key=lambda each: (abs(each.seconds - seconds), each.received_at))
        return nearest.received_at - timedelta(seconds=nearest.seconds)

    def known_before(self, journal: JournalKey, sequence: int) -> datetime | None:
        """As ingest's, from what was known by the moment."""
        known = [each.received_at for each in self._known(journal) if each.last_sequence < sequence]
        known += [
            each.answered_at
            for each in self._late.get(journal.journal_id, ())
            if each.sequence < sequence and (self.moment is None or each.known_from <= self.moment)
        ]
        if journal.journal_id in self._latest:
            known.append(self._latest[journal.journal_id])
        if self.with_carried and journal.journal_id in self._carried:
            known.append(self._carried[journal.journal_id])
        return max(known, default=None)

    def _known(self, journal: JournalKey) -> list[Heard]:
        heard = self._heard.get(journal.journal_id, [])
        return [each for each in heard if self.moment is None or each.confirmed_at <= self.moment]


def covers(place: Place, instant: datetime) -> bool:
    """Whether the device was there then."""
    return place.from_at <= instant and (place.to_at is None or instant < place.to_at)


def read_heard(connection: Connection, organisation_id: int, device_id: int) -> dict[bytes, list[Heard]]:
    """A device's confirmed statuses, by journal."""
    table = tables.Connection
    query = select(
        table.journal_id, table.session, table.seconds, table.last_sequence, table.received_at, table.confirmed_at
    ).where(table.organisation_id == organisation_id, table.device_id == device_id, table.confirmed_at.is_not(None))
    heard: dict[bytes, list[Heard]] = {}
    for row in connection.execute(query):
        assert row.confirmed_at is not None
        found = Heard(row.session, row.seconds, row.last_sequence, row.received_at, row.confirmed_at)
        heard.setdefault(row.journal_id, []).append(found)
    return heard


def read_places(connection: Connection, organisation_id: int, device_id: int) -> list[Place]:
    """A device's placements as they are, by their beginning."""
    query = (
        select(Placement.__table__)
        .where(Placement.organisation_id == organisation_id, Placement.device_id == device_id)
        .order_by(Placement.from_at)
    )
    return [place_of(row._asdict()) for row in connection.execute(query)]


def place_of(row: dict[str, Any]) -> Place:
    """A row of `placement`, from the table or from the audit log, as far as a response needs it."""
    from_at, to_at = (_instant(row[name]) for name in ("from_at", "to_at"))
    assert from_at is not None
    return Place(row["placement_id"], row["team_id"], row["location_id"], row["team_choices"], from_at, to_at)


def _instant(value: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
