"""A whole import taken back: its responses and counts go, the file and who took it back stay on record."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.tables import Organisation
from server.imports.responses import journal_of
from server.imports.tables import ImportedRow, ImportStandIn, ResponseImport
from server.ingest.judge import ResponseRow
from server.ingest.rollups import take_from_rollups
from server.ingest.tables import Response


def undo(session: Session, organisation: Organisation, import_id: int, by: str, now: datetime) -> int:
    """How many responses went. Raises OperatorError where there is no such import, or it was taken back before."""
    query = select(ResponseImport).where(
        ResponseImport.organisation_id == organisation.organisation_id, ResponseImport.import_id == import_id
    )
    row = session.scalar(query.with_for_update())
    if row is None:
        raise OperatorError(f"there is no import {import_id}: `pet import list` shows them.")
    if row.undone_at is not None:
        raise OperatorError(f"import {import_id} was taken back at {row.undone_at:%Y-%m-%d %H:%M} by {row.undone_by}.")
    if row.dropped_at is not None:
        raise OperatorError(
            f"the responses of import {import_id} are no longer kept: retention dropped them at "
            f"{row.dropped_at:%Y-%m-%d %H:%M}, and their counts stay."
        )
    of_import = (
        Response.organisation_id == row.organisation_id,
        Response.device_id.in_(
            select(ImportStandIn.device_id).where(
                ImportStandIn.organisation_id == row.organisation_id, ImportStandIn.source_id == row.source_id
            )
        ),
        Response.journal_id == journal_of(row.import_id),
    )
    columns = [getattr(Response, name) for name in ResponseRow._fields]
    # Locked: whoever flags one of them meanwhile has its counts moved first, and what is read here is what is counted.
    stored = select(*columns).where(*of_import).order_by(Response.device_id, Response.sequence).with_for_update()
    responses = [ResponseRow(*found) for found in session.execute(stored)]
    take_from_rollups(session.connection(), responses)
    session.execute(delete(Response).where(*of_import))
    session.execute(
        delete(ImportedRow).where(
            ImportedRow.organisation_id == row.organisation_id, ImportedRow.import_id == row.import_id
        )
    )
    row.undone_at, row.undone_by = now, by
    session.flush()
    return len(responses)
