"""What judging a record needs to know from the database: read once a transaction, rare things when asked."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from server.fleet.tables import Placement, QuestionnaireVersion, VersionOption
from server.ingest import tables
from server.ingest.incoming import JournalKey
from server.ingest.tables import Response


class Place(NamedTuple):
    """A placement, as far as a response needs it."""

    placement_id: int
    team_id: int
    location_id: int
    team_choices: list[int]
    from_at: datetime
    to_at: datetime | None


class Facts:
    """Bound to one transaction; what it has read stays as it was then."""

    def __init__(self, connection: Connection, devices: Iterable[tuple[int, int]]) -> None:
        """`devices`: (organisation_id, device_id) of those whose records are to be judged."""
        self._connection = connection
        self._places = _places(connection, devices)
        self._versions: dict[tuple[int, int], dict[int, int]] = {}
        self._kinds: dict[tuple[int, int], str | None] = {}

    def options(self, organisation_id: int, reference: int) -> dict[int, int]:
        """How many options each question of a version has, by position; empty: no such version."""
        key = (organisation_id, reference)
        if key not in self._versions:
            rows = self._connection.execute(
                select(VersionOption.position, func.count())
                .where(VersionOption.organisation_id == organisation_id, VersionOption.reference == reference)
                .group_by(VersionOption.position)
            )
            self._versions[key] = dict(rows.all())
        return self._versions[key]

    def kind(self, organisation_id: int, reference: int) -> str | None:
        """Whose questionnaire the version is, patients' or an audit; None: no such version."""
        key = (organisation_id, reference)
        if key not in self._kinds:
            self._kinds[key] = self._connection.scalar(
                select(QuestionnaireVersion.kind).where(
                    QuestionnaireVersion.organisation_id == organisation_id,
                    QuestionnaireVersion.reference == reference,
                )
            )
        return self._kinds[key]

    def place(self, organisation_id: int, device_id: int, instant: datetime) -> Place | None:
        """Where the device was then."""
        for place in self._places.get((organisation_id, device_id), ()):
            if place.from_at <= instant and (place.to_at is None or instant < place.to_at):
                return place
        return None

    def session_start(self, journal: JournalKey, session: int, seconds: int) -> datetime | None:
        """When the session began, by its confirmed status that is nearest to `seconds`: clocks drift."""
        connection = tables.Connection
        row = self._connection.execute(
            select(connection.received_at, connection.seconds)
            .where(
                connection.organisation_id == journal.organisation_id,
                connection.device_id == journal.device_id,
                connection.journal_id == journal.journal_id,
                connection.session == session,
                connection.confirmed_at.is_not(None),
            )
            .order_by(func.abs(connection.seconds - seconds), connection.received_at)
            .limit(1)
        ).one_or_none()
        return None if row is None else row.received_at - timedelta(seconds=row.seconds)

    def known_before(self, journal: JournalKey, sequence: int) -> datetime | None:
        """The latest instant at which this record is known not to have existed yet.

        An earlier record of the journal with a date, or a confirmed status that named a smaller last sequence.
        """
        connection = tables.Connection
        answered = self._connection.scalar(
            select(func.max(Response.answered_at)).where(
                Response.organisation_id == journal.organisation_id,
                Response.device_id == journal.device_id,
                Response.journal_id == journal.journal_id,
                Response.sequence < sequence,
            )
        )
        connected = self._connection.scalar(
            select(func.max(connection.received_at)).where(
                connection.organisation_id == journal.organisation_id,
                connection.device_id == journal.device_id,
                connection.journal_id == journal.journal_id,
                connection.last_sequence < sequence,
                connection.confirmed_at.is_not(None),
            )
        )
        return max((instant for instant in (answered, connected) if instant is not None), default=None)


def _places(connection: Connection, devices: Iterable[tuple[int, int]]) -> dict[tuple[int, int], list[Place]]:
    places: dict[tuple[int, int], list[Place]] = {}
    wanted = {device_id for _, device_id in devices}
    for row in connection.execute(
        select(Placement.__table__).where(Placement.device_id.in_(wanted)).order_by(Placement.from_at)
    ):
        place = Place(row.placement_id, row.team_id, row.location_id, row.team_choices, row.from_at, row.to_at)
        places.setdefault((row.organisation_id, row.device_id), []).append(place)
    return places
