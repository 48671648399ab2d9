"""Since when each alert stands: what tells one occurrence from the next of its kind on the same device."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from protocol.instants import UNIX_OFFSET_S
from protocol.topics import device_name
from server.database import on_keys
from server.fleet.alert_tables import AlertSeen
from server.fleet.alerts import BATTERY_LOW_MV, CLOCK_OFF_S_MAX, STORAGE_USED_MAX, Alert, Kind, silent_since
from server.fleet.rollout_tables import Desired
from server.fleet.roster import Entry
from server.fleet.tables import Device, Organisation
from server.fleet.watching import REFUSALS_COUNT_FOR, watched
from server.ingest.refusal_tables import DeviceRefusal
from server.ingest.tables import Connection, Gap

MICROSECOND = timedelta(microseconds=1)
UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ALWAYS: ColumnElement[datetime] = literal_column("CAST('-infinity' AS timestamptz)")
SAID = (Kind.LOW_BATTERY, Kind.CLOCK, Kind.STORAGE)  # what every status says anew


class Occurrence(NamedTuple):
    """One alert of one device, from `since` on. `seen`: who acknowledged it, None where nobody has."""

    entry: Entry
    alert: Alert
    since: datetime
    seen: AlertSeen | None

    @property
    def word(self) -> str:
        """By which it is named; the next occurrence has another."""
        instant = (self.since - UNIX_EPOCH) // MICROSECOND
        return f"{device_name(self.entry.device_id)}-{self.alert.kind.replace(' ', '-')}-{instant}"


def occurrences(
    session: Session, organisation: Organisation, entries: Sequence[Entry], now: datetime
) -> list[Occurrence]:
    """What is to be seen to of these devices, in their order, the most urgent of a device first."""
    found = watched(session, organisation, entries, now)
    alerting = [entry for entry in entries if found[entry.device_id]]
    numbers = [entry.device_id for entry in alerting]
    begun = _begun(session, organisation, found, numbers)
    query = select(AlertSeen).where(
        AlertSeen.organisation_id == organisation.organisation_id, AlertSeen.device_id.in_(numbers)
    )
    seen = {(row.device_id, row.kind, row.since): row for row in session.scalars(query)}
    standing = []
    for entry in alerting:
        for alert in found[entry.device_id]:
            since = begun.get((entry.device_id, alert.kind)) or _silent_since(entry)
            standing.append(Occurrence(entry, alert, since, seen.get((entry.device_id, alert.kind.value, since))))
    return standing


def _silent_since(entry: Entry) -> datetime:
    """Of a device that is overdue; and where the history of another alert is not to be had, its last word."""
    return silent_since(entry) or (entry.said.at if entry.said else entry.enrolled_at)


def _begun(
    session: Session, organisation: Organisation, standing: Mapping[int, Sequence[Alert]], numbers: Collection[int]
) -> dict[tuple[int, Kind], datetime]:
    here = organisation.organisation_id
    found: dict[tuple[int, Kind], datetime] = {}
    for kind in SAID:
        said = [number for number in numbers if any(alert.kind is kind for alert in standing[number])]
        for row in session.execute(_said_since(here, kind, said)) if said else ():
            found[row.device_id, kind] = row.received_at
    newest = (
        (Kind.LOST_RECORDS, Gap, func.max(Gap.recorded_at)),  # what is lost stays lost; more of it is news
        (Kind.REFUSED, Desired, func.max(Desired.changed_at)),  # it refuses what it should hold since then
    )
    for kind, table, instant in newest:
        query = select(table.device_id, instant).where(table.organisation_id == here, table.device_id.in_(numbers))
        found |= {(number, kind): at for number, at in session.execute(query.group_by(table.device_id))}
    return found | _refused_since(session, here, numbers)


def _said_since(here: int, kind: Kind, numbers: Collection[int]) -> Any:
    """By device: the first status of the unbroken row of statuses, up to the last, that say so.

    Device by device from the newest back: of years of statuses those are read that say so, and one that does not.
    """
    its = (on_keys(Connection, Device, "device_id"), Connection.confirmed_at.is_not(None))
    well = (
        select(Connection.received_at)
        .where(*its, ~_says(kind))
        .order_by(Connection.received_at.desc())
        .limit(1)
        .lateral("well")
    )
    first = (
        select(Connection.received_at)
        .where(*its, Connection.received_at > func.coalesce(well.c.received_at, ALWAYS))
        .order_by(Connection.received_at)
        .limit(1)
        .lateral("first")
    )
    return (
        select(Device.device_id, first.c.received_at)
        .select_from(Device)
        .outerjoin(well, true())
        .join(first, true())
        .where(Device.organisation_id == here, Device.device_id.in_(numbers))
    )


def _says(kind: Kind) -> ColumnElement[bool]:
    """The conditions of server/fleet/alerts.py, for the database; a test holds both against each other."""
    if kind is Kind.LOW_BATTERY:
        return and_(Connection.battery_mv > 0, Connection.battery_mv < BATTERY_LOW_MV)
    if kind is Kind.STORAGE:
        room = (1 - STORAGE_USED_MAX) * Connection.all_slots
        return and_(Connection.all_slots > 0, Connection.free_slots < room)
    offset = Connection.clock + UNIX_OFFSET_S - func.round(func.extract("epoch", Connection.received_at))
    return or_(Connection.clock == 0, func.abs(offset) > CLOCK_OFF_S_MAX)


def _refused_since(session: Session, here: int, numbers: Collection[int]) -> dict[tuple[int, Kind], datetime]:
    """The first day of refusals, between which there was never so long a pause that nothing was to be seen to."""
    query = (
        select(DeviceRefusal.device_id, DeviceRefusal.day, func.max(DeviceRefusal.last_at).label("last_at"))
        .where(DeviceRefusal.organisation_id == here, DeviceRefusal.device_id.in_(numbers))
        .group_by(DeviceRefusal.device_id, DeviceRefusal.day)
        .order_by(DeviceRefusal.device_id, DeviceRefusal.day)
    )
    found: dict[tuple[int, Kind], datetime] = {}
    over: dict[int, datetime] = {}
    for row in session.execute(query):
        day, key = datetime.combine(row.day, time(), UTC), (row.device_id, Kind.REFUSED_MESSAGES)
        if key not in found or day >= over[row.device_id]:
            found[key] = day
        over[row.device_id] = row.last_at + REFUSALS_COUNT_FOR
    return found


def acknowledge(session: Session, organisation: Organisation, one: Occurrence, by: str, now: datetime) -> Occurrence:
    """Somebody knows of it. Whoever said so first stays the one who did."""
    key = (organisation.organisation_id, one.entry.device_id, one.alert.kind.value, one.since)
    names = ("organisation_id", "device_id", "kind", "since")
    row = dict(zip(names, key, strict=True)) | {"seen_at": now, "seen_by": by}
    session.execute(insert(AlertSeen).values(row).on_conflict_do_nothing())
    return one._replace(seen=session.get_one(AlertSeen, key))
