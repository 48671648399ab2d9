"""What the kept files say: the responses of every import that stands, read anew and held against what was written."""

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import on_keys
from server.errors import OperatorError
from server.fleet.tables import IMPORTED_LOCATION, Location, Organisation, Team
from server.imports.bring import read_rows
from server.imports.csv_file import read_table
from server.imports.facts import Facts, read_facts
from server.imports.responses import response_row
from server.imports.rows import ImportedResponse
from server.imports.sources import StandIn
from server.imports.tables import ImportedRow, ImportSource, ImportStandIn, ResponseImport
from server.ingest.judge import ResponseRow


class ImportFault(NamedTuple):
    """An import whose kept file does not say what was written of it."""

    import_id: int
    detail: str


def imported_responses(session: Session, organisation: Organisation) -> Iterator[ResponseRow | ImportFault]:
    """In the order of their imports. Those that were undone brought nothing; of dropped ones counts are carried."""
    facts = read_facts(session, organisation, None)
    places = _places(session, organisation)
    query = (
        select(ResponseImport, ImportSource.code)
        .join(ImportSource, on_keys(ImportSource, ResponseImport, "source_id"))
        .where(
            ResponseImport.organisation_id == organisation.organisation_id,
            ResponseImport.undone_at.is_(None),
            ResponseImport.dropped_at.is_(None),
        )
        .order_by(ResponseImport.import_id)
    )
    for row, source in session.execute(query):
        responses = _responses(row, source, facts)
        if isinstance(responses, ImportFault):
            yield responses
            continue
        brought = _brought(session, row)
        if len(brought) != row.responses:
            detail = f"{len(brought)} of its rows are on record, and it brought {row.responses}"
            yield ImportFault(row.import_id, detail)
        for number, (identity, content) in brought.items():
            found = responses.get(number)
            place = places.get((row.source_id, found[1].team)) if found else None
            if found is None or place is None or (identity, content) != (found[0], found[1].content):
                yield ImportFault(row.import_id, f"row {number} of the kept file is not the one that was imported")
                continue
            yield response_row(organisation, row, place, found[1])
        session.expunge(row)  # its file may be large


def _responses(
    row: ResponseImport, source: str, facts: Facts
) -> dict[int, tuple[bytes, ImportedResponse]] | ImportFault:
    if sha256(row.payload).digest() != row.digest:
        return ImportFault(row.import_id, "the kept file is not the one that was imported: its SHA-256 differs")
    try:
        reading = read_rows(read_table(row.payload), facts, source, row.timezone, row.imported_at)
    except OperatorError as error:
        return ImportFault(row.import_id, str(error))
    if reading.faults:
        return ImportFault(row.import_id, reading.faults[0].sentence)
    return {response.row: (identity, response) for identity, response in reading.responses}


def _brought(session: Session, row: ResponseImport) -> dict[int, tuple[bytes, bytes]]:
    query = (
        select(ImportedRow.row, ImportedRow.identity, ImportedRow.content)
        .where(ImportedRow.organisation_id == row.organisation_id, ImportedRow.import_id == row.import_id)
        .order_by(ImportedRow.row)
    )
    return {number: (identity, content) for number, identity, content in session.execute(query)}


def _places(session: Session, organisation: Organisation) -> dict[tuple[int, str], StandIn]:
    """By source and code of the team."""
    here = organisation.organisation_id
    location_id = session.scalar(
        select(Location.location_id).where(Location.organisation_id == here, Location.code == IMPORTED_LOCATION[0])
    )
    query = (
        select(ImportStandIn, Team.code)
        .join(Team, on_keys(Team, ImportStandIn, "team_id"))
        .where(ImportStandIn.organisation_id == here)
    )
    return {
        (row.source_id, code): StandIn(row.device_id, row.placement_id, row.team_id, location_id or 0)
        for row, code in session.execute(query)
    }
