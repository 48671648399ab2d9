"""`pet rebuild --check`: everything that is counted, recomputed from what was signed, and compared row by row."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.accounts.audit_log import verify
from server.evidence.audited import Row, audited_differences, replay_log
from server.evidence.batches import DeviceKeys, SignedBatch, signed_batches
from server.evidence.carried import digest
from server.evidence.differences import EVIDENCE, EXTRA, MISSING, OTHER, Difference, Summary, compare
from server.evidence.holdings import read_holdings
from server.evidence.kept_files import kept_file_differences
from server.evidence.names import ResponseKey
from server.evidence.past import PastFacts, place_of, read_heard, read_places
from server.evidence.replayed import Replayed
from server.evidence.rows import key_of, of_device, stored_rows
from server.evidence.tables import Checkpoint, ResponseFlag
from server.evidence.tallied import Tallied
from server.fleet.keys import KeyRing
from server.fleet.tables import IMPORT, Device, Organisation
from server.imports.replay import ImportFault, imported_responses
from server.ingest.check import KnownDevice
from server.ingest.judge import ResponseRow
from server.ingest.tables import Response


def check(session: Session, key_ring: KeyRing, organisation: Organisation, summary: Summary) -> Iterator[Difference]:
    """Every difference in what is stored of this organisation; `summary` is filled meanwhile.

    Device by device, so that memory holds one device's responses at a time. The session must see one state of the
    database throughout (REPEATABLE READ), or what is stored meanwhile would look like a fault.
    """
    for difference in _differences(session, key_ring, organisation, summary):
        summary.differences += 1
        yield difference


def _differences(
    session: Session, key_ring: KeyRing, organisation: Organisation, summary: Summary
) -> Iterator[Difference]:
    connection, here = session.connection(), organisation.organisation_id
    broken = verify(session, here).broken
    if broken is not None:
        yield Difference(EVIDENCE, f"audit log row {broken.sequence}", broken.why)
    logged, placements = replay_log(connection, here)
    yield from audited_differences(connection, here, logged, summary)
    yield from kept_file_differences(connection, here)
    yield from _checkpoint(connection, here)
    tallied = Tallied(connection, here, summary)
    facts = PastFacts(connection)
    imported = _Imported(session, organisation)
    yield from imported.faults
    for device in _devices(connection, organisation):
        summary.devices += 1
        if device.state == IMPORT:
            rows = imported.rows.pop(device.device_id, [])
            summary.imported += len(rows)
            yield from _imported_differences(connection, device, rows)
        else:
            replayed = _replayed(connection, device, facts, summary, placements)
            yield from replayed.differences(_sound(replayed, connection, key_ring, summary))
            yield from replayed.faults
            rows = replayed.rows
        yield from tallied.device(device.device_id, rows)
    yield from _of_nobody(connection, here)
    yield from tallied.rest()


def _devices(connection: Connection, organisation: Organisation) -> list[KnownDevice]:
    query = (
        select(Device.organisation_id, Device.device_id, Device.state, Device.enrolled_at, Device.key_epoch)
        .where(Device.organisation_id == organisation.organisation_id)
        .order_by(Device.device_id)
    )
    return [KnownDevice(*row, timezone=organisation.timezone) for row in connection.execute(query)]


def _of_nobody(connection: Connection, here: int) -> Iterator[Difference]:
    """Responses of a device that is not there: the database refuses them, but not to somebody with all rights."""
    known = select(Device.device_id).where(Device.organisation_id == here)
    query = (
        select(Response.device_id, func.count())
        .where(Response.organisation_id == here, Response.device_id.not_in(known))
        .group_by(Response.device_id)
    )
    for device_id, count in connection.execute(query.order_by(Response.device_id)):
        yield Difference(EXTRA, f"{count} responses of {device_name(device_id)}", "there is no such device")


def _replayed(
    connection: Connection,
    device: KnownDevice,
    facts: PastFacts,
    summary: Summary,
    placements: dict[int, list[Row]],
) -> Replayed:
    owner = (device.organisation_id, device.device_id)
    holdings = read_holdings(connection, *owner)
    places = read_places(connection, *owner)
    states = {place.placement_id: [place] for place in places}
    for placement_id, rows in placements.items():
        of_this = [place_of(row) for row in rows if row.get("device_id") == device.device_id and "from_at" in row]
        states.setdefault(placement_id, []).extend(of_this)
    facts.turn_to(places, read_heard(connection, *owner), holdings.carried)
    return Replayed(device, holdings, facts, summary, states)


def _sound(replayed: Replayed, connection: Connection, key_ring: KeyRing, summary: Summary) -> Iterator[SignedBatch]:
    """The batches that were signed as they are kept; the others become faults."""
    owner = (replayed.device.organisation_id, replayed.device.device_id)
    for batch in signed_batches(connection, *owner, DeviceKeys(connection, key_ring, *owner)):
        summary.batches += 1
        if batch.fault:
            name = f"batch {device_name(batch.device_id)}-{batch.journal_id.hex()}-{batch.first_sequence}"
            replayed.faults.append(Difference(EVIDENCE, name, batch.fault))
        else:
            yield batch


class _Imported:
    """What the kept files of imports bring, by the device that stands for their source."""

    def __init__(self, session: Session, organisation: Organisation) -> None:
        self.faults: list[Difference] = []
        self.rows: dict[int, list[ResponseRow]] = {}
        flags = {
            ResponseKey(flag.device_id, flag.journal_id, flag.sequence): flag.flagged
            for flag in session.scalars(
                select(ResponseFlag)
                .where(ResponseFlag.organisation_id == organisation.organisation_id)
                .order_by(ResponseFlag.flag_id)
            )
        }
        for found in imported_responses(session, organisation):
            if isinstance(found, ImportFault):
                self.faults.append(Difference(EVIDENCE, f"import {found.import_id}", found.detail))
            else:
                row = found._replace(flagged_by_person=flags.get(key_of(found)))
                self.rows.setdefault(row.device_id, []).append(row)


def _imported_differences(connection: Connection, device: KnownDevice, rows: list[ResponseRow]) -> Iterator[Difference]:
    due = {key_of(row): row for row in rows}
    for row in stored_rows(connection, *of_device(device.organisation_id, device.device_id)):
        name = f"response {key_of(row).name()}"
        expected = due.pop(key_of(row), None)
        if expected is None:
            yield Difference(EXTRA, name, "stored, but no import brought it")
        elif expected != row:
            yield Difference(OTHER, name, compare(row, expected))
    for key in due:
        yield Difference(MISSING, f"response {key.name()}", "an import brought it")


def _checkpoint(connection: Connection, organisation_id: int) -> Iterator[Difference]:
    """What is carried is what the last checkpoint said. That checkpoint itself is held against the audit log."""
    last = connection.execute(
        select(Checkpoint.checkpoint_id, Checkpoint.digest)
        .where(Checkpoint.organisation_id == organisation_id)
        .order_by(Checkpoint.checkpoint_id.desc())
        .limit(1)
    ).one_or_none()
    nothing = digest(connection, -1)
    due, name = (nothing, "carried counts") if last is None else (last.digest, f"checkpoint {last.checkpoint_id}")
    if digest(connection, organisation_id) != due:
        yield Difference(EVIDENCE, name, "what is carried of dropped responses is not what the checkpoint says")
