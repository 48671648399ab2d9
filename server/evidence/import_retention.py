"""Retention of imports: the responses of old ones go with their files, their counts are carried like any others."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from server.evidence.carried import carry_responses
from server.evidence.moves import lock_device
from server.evidence.rows import stored_rows
from server.imports.responses import journal_of
from server.imports.tables import ImportStandIn, ResponseImport
from server.ingest.tables import Response


def drop_imports(session: Session, organisation_id: int, before: datetime, now: datetime) -> tuple[int, int]:
    """(responses, files) that went: of imports from before that instant, those that were taken back too.

    Which rows an import had brought stays on record as hashes, so that nothing is ever brought twice.
    """
    connection = session.connection()
    query = (
        select(ResponseImport)
        .where(
            ResponseImport.organisation_id == organisation_id,
            ResponseImport.imported_at < before,
            ResponseImport.dropped_at.is_(None),
        )
        .order_by(ResponseImport.import_id)
        .with_for_update()
    )
    responses, found = 0, session.scalars(query).all()
    for device_id in _stand_ins(session, organisation_id, {row.source_id for row in found}):
        lock_device(connection, organisation_id, device_id)
    for row in found:
        of_import = _of_import(session, row)
        responses += carry_responses(connection, stored_rows(connection, *of_import))
        connection.execute(delete(Response).where(*of_import))
        row.payload, row.dropped_at = b"", now
    session.flush()
    return responses, len(found)


def _of_import(session: Session, row: ResponseImport) -> tuple[ColumnElement[bool], ...]:
    devices = _stand_ins(session, row.organisation_id, {row.source_id})
    return (
        Response.organisation_id == row.organisation_id,
        Response.device_id.in_(devices),
        Response.journal_id == journal_of(row.import_id),
    )


def _stand_ins(session: Session, organisation_id: int, sources: set[int]) -> Sequence[int]:
    query = select(ImportStandIn.device_id).where(
        ImportStandIn.organisation_id == organisation_id, ImportStandIn.source_id.in_(sources)
    )
    return session.scalars(query.order_by(ImportStandIn.device_id)).all()
