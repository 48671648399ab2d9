"""Retention: old responses go together with their evidence; the rollups stay, and a checkpoint says what is gone."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from server.accounts.audit_log import head
from server.database import actor_of
from server.errors import OperatorError
from server.evidence.batches import SignedBatch, signed_batches
from server.evidence.carried import carry_responses, digest, sums
from server.evidence.import_retention import drop_imports
from server.evidence.moves import lock_device
from server.evidence.rows import of_device, stored_rows
from server.evidence.tables import CarriedJournal, Checkpoint
from server.fleet.tables import IMPORT, Device, Organisation
from server.ingest.judge import ResponseRow
from server.ingest.tables import DELIVERED, Evidence, Journal, Quarantine, Response

ROWS_AT_ONCE = 2000  # of one statement


class Dropped(NamedTuple):
    """How many responses, batches and files of imports have gone."""

    responses: int
    batches: int
    imports: int


class Gone(NamedTuple):
    """Of one device: its responses, and what stood in quarantine settled."""

    responses: int
    quarantined: int


class Ended(NamedTuple):
    """A journal whose responses go up to this sequence."""

    journal_id: bytes
    through: int


def run_retention(session: Session, organisation: Organisation, before: date, now: datetime) -> Dropped:
    """Drop what was received before that local day began. The caller commits.

    What still waits in quarantine stays, with the batches that hold it. An import was received when it was made, and
    goes as a whole. Where nothing is that old, no checkpoint is written. Raises OperatorError.
    """
    zone = ZoneInfo(organisation.timezone)
    instant = datetime.combine(before, time(), zone)
    if instant > now:
        raise OperatorError(f"{before} has not come yet: retention drops what is old.")
    connection, here = session.connection(), organisation.organisation_id
    responses = batches = conflicts = 0
    carried_before = digest(connection, here)
    devices = select(Device.device_id).where(Device.organisation_id == here, Device.state != IMPORT)
    for device_id in connection.scalars(devices.order_by(Device.device_id)).all():
        lock_device(connection, here, device_id)
        ended = _ended(connection, here, device_id, instant)
        if ended:
            gone = _drop_responses(connection, here, device_id, ended)
            responses, conflicts = responses + gone.responses, conflicts + gone.quarantined
            batches += _drop_batches(connection, here, device_id, ended, instant)
    imported, imports = drop_imports(session, here, instant, now)
    dropped = Dropped(responses + imported, batches, imports)
    carried = digest(connection, here)
    if any(dropped) or conflicts or carried != carried_before:
        _write_checkpoint(session, here, instant, now, dropped, carried)
    return dropped


def _write_checkpoint(
    session: Session, organisation_id: int, instant: datetime, now: datetime, dropped: Dropped, carried: bytes
) -> None:
    last = head(session, organisation_id)
    session.add(
        Checkpoint(
            organisation_id=organisation_id,
            received_before=instant,
            made_at=now,
            made_by=actor_of(session),
            **dropped._asdict(),
            sums=sums(session.connection(), organisation_id),
            digest=carried,
            audit_sequence=last.sequence,
            audit_hash=bytes.fromhex(last.hash),
        )
    )
    session.flush()


def _ended(connection: Connection, organisation_id: int, device_id: int, instant: datetime) -> list[Ended]:
    """How far each journal goes: up to the first sequence that was received later."""
    ended = []
    for journal_id, through in connection.execute(
        select(Journal.journal_id, Journal.stored_through)
        .where(Journal.organisation_id == organisation_id, Journal.device_id == device_id)
        .order_by(Journal.journal_id)
    ):
        kept = [
            connection.scalar(
                select(func.min(table.sequence)).where(
                    table.organisation_id == organisation_id,
                    table.device_id == device_id,
                    table.journal_id == journal_id,
                    table.received_at >= instant,
                    *conditions,
                )
            )
            for table, conditions in ((Response, ()), (Quarantine, (Quarantine.in_ledger,)))
        ]
        first_kept = min((sequence for sequence in kept if sequence is not None), default=through + 1)
        if first_kept > 1:
            ended.append(Ended(journal_id, first_kept - 1))
    return ended


def _drop_responses(connection: Connection, organisation_id: int, device_id: int, ended: list[Ended]) -> Gone:
    of_ended = or_(*(and_(Response.journal_id == each.journal_id, Response.sequence <= each.through) for each in ended))
    latest: dict[bytes, datetime] = {}

    def followed() -> Iterator[ResponseRow]:
        for row in stored_rows(connection, *of_device(organisation_id, device_id), of_ended):
            if row.answered_at is not None:
                latest[row.journal_id] = max(row.answered_at, latest.get(row.journal_id, row.answered_at))
            yield row

    dropped = carry_responses(connection, followed())
    connection.execute(delete(Response).where(*of_device(organisation_id, device_id), of_ended))
    quarantined = 0
    for each in ended:
        quarantined += _drop_quarantine(connection, organisation_id, device_id, each)
        _carry_journal(connection, organisation_id, device_id, each, latest.get(each.journal_id))
    return Gone(dropped, quarantined)


def _carry_journal(
    connection: Connection, organisation_id: int, device_id: int, ended: Ended, answered_at: datetime | None
) -> None:
    statement = insert(CarriedJournal).values(
        organisation_id=organisation_id,
        device_id=device_id,
        journal_id=ended.journal_id,
        dropped_through=ended.through,
        answered_at=answered_at,
    )
    later = {
        name: func.greatest(getattr(CarriedJournal, name), statement.excluded[name])
        for name in ("dropped_through", "answered_at")
    }
    keys = ["organisation_id", "device_id", "journal_id"]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=later))


def _drop_quarantine(connection: Connection, organisation_id: int, device_id: int, ended: Ended) -> int:
    """What was delivered, and conflicts: those hold somebody's answers too."""
    result = connection.execute(
        delete(Quarantine).where(
            *_quarantined(organisation_id, device_id, ended),
            or_(Quarantine.resolution == DELIVERED, ~Quarantine.in_ledger),
        )
    )
    return result.rowcount


def _quarantined(organisation_id: int, device_id: int, ended: Ended) -> tuple[ColumnElement[bool], ...]:
    return (
        Quarantine.organisation_id == organisation_id,
        Quarantine.device_id == device_id,
        Quarantine.journal_id == ended.journal_id,
        Quarantine.sequence <= ended.through,
    )


def _drop_batches(
    connection: Connection, organisation_id: int, device_id: int, ended: list[Ended], instant: datetime
) -> int:
    through = {each.journal_id: each.through for each in ended}
    waiting = {
        (each.journal_id, sequence)
        for each in ended
        for sequence in connection.scalars(
            select(Quarantine.sequence).where(*_quarantined(organisation_id, device_id, each))
        )
    }

    def goes(batch: SignedBatch) -> bool:
        last = batch.first_sequence + len(batch.records) - 1
        sequences = range(batch.first_sequence, last + 1)
        return (
            not batch.fault
            and batch.received_at < instant
            and last <= through.get(batch.journal_id, 0)
            and not any((batch.journal_id, sequence) in waiting for sequence in sequences)
        )

    gone = [batch for batch in signed_batches(connection, organisation_id, device_id, None) if goes(batch)]
    for start in range(0, len(gone), ROWS_AT_ONCE):
        keys = [(batch.journal_id, batch.first_sequence, batch.digest) for batch in gone[start : start + ROWS_AT_ONCE]]
        connection.execute(
            delete(Evidence).where(
                Evidence.organisation_id == organisation_id,
                Evidence.device_id == device_id,
                tuple_(Evidence.journal_id, Evidence.first_sequence, Evidence.digest).in_(keys),
            )
        )
    return len(gone)
