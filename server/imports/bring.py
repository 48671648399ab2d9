"""One import: a whole file or nothing, and nothing twice. The caller's transaction decides whether it stays."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from server.accounts.viewer import Teams
from server.errors import OperatorError
from server.fleet.tables import Organisation
from server.fleet.turns import take_turn
from server.imports.csv_file import Table, read_table
from server.imports.facts import RESPONDENT, AskedVersion, Facts, read_facts
from server.imports.instants import known_zones
from server.imports.responses import response_row
from server.imports.rows import QUESTION_PREFIX, ImportedResponse, RowFault, RowReader
from server.imports.sources import find_or_make_source, mode_fault, source_fault, stand_ins
from server.imports.tables import ImportedRow, ResponseImport
from server.ingest.store import write_responses

FAULTS_MAX = 1000  # listed; more are counted, and nobody reads so many
SOURCE = "history"  # one for all files unless another is named: so no file counts twice under another name
IDENTITIES_AT_ONCE = 5000  # in one query


class Upload(NamedTuple):
    """A file as handed over. `timezone`: of instants without an offset; None is the organisation's.

    `teams`: those that whoever imports may change, None for all.
    """

    file_name: str
    data: bytes
    source: str = SOURCE
    mode: str | None = None
    timezone: str | None = None
    teams: Teams = None


class Report(NamedTuple):
    """What became of it, or would: nothing is stored where there is a fault. `known`: rows brought earlier."""

    source: str
    digest: bytes
    rows: int
    new: int
    known: int
    first_at: datetime | None
    last_at: datetime | None
    teams: dict[str, int]  # new responses by code
    notes: list[str]
    fault_count: int
    faults: list[RowFault]  # the first FAULTS_MAX
    import_id: int | None  # None: nothing was stored

    @property
    def accepted(self) -> bool:
        """Whether every row can be imported."""
        return self.fault_count == 0


class _Reading(NamedTuple):
    """A file's rows, each with its identity, and everything that is wrong."""

    responses: list[tuple[bytes, ImportedResponse]]
    faults: list[RowFault]


def bring(
    session: Session, organisation: Organisation, upload: Upload, by: str, now: datetime, *, dry_run: bool = False
) -> Report:
    """Read the file and store what is new in it. Raises OperatorError where it cannot be read at all."""
    for fault in (source_fault(upload.source), mode_fault(upload.mode), _zone_fault(upload.timezone)):
        if fault:
            raise OperatorError(fault)
    table = read_table(upload.data)
    take_turn(session, organisation.organisation_id)  # whoever waits here sees what the import before has brought
    facts = read_facts(session, organisation, upload.teams)
    timezone = upload.timezone or organisation.timezone
    reading = read_rows(table, facts, upload.source, timezone, now)
    known = _known(session, organisation, [identity for identity, _ in reading.responses])
    faults = reading.faults + list(_conflicts(reading.responses, known))
    new = [(identity, response) for identity, response in reading.responses if identity not in known]
    import_id = None
    if new and not faults and not dry_run:
        import_id = _store(session, organisation, upload, new, _Rest(timezone, len(known), by, now, facts))
    return _report(upload, table, reading.responses, new, faults, import_id)


def read_rows(table: Table, facts: Facts, source: str, timezone: str, now: datetime) -> _Reading:
    """Every row of the file. Raises ImportFileError for a header that cannot be used."""
    reader = RowReader(table.columns, facts, timezone, now)
    responses: list[tuple[bytes, ImportedResponse]] = []
    faults: list[RowFault] = []
    contents: Counter[bytes] = Counter()
    lines: dict[str, int] = {}
    for number, line in enumerate(table.lines, 1):
        response = reader.read(number, line)
        if isinstance(response, list):
            faults += response
            continue
        first = lines.setdefault(response.reference, response.line) if response.reference else response.line
        if first != response.line:
            remedy = "give each row a reference of its own"
            faults.append(RowFault(line.number, "reference", response.reference, f"is that of line {first}", remedy))
        contents[response.content] += not response.reference
        responses.append((response.identity(source, contents[response.content]), response))
    return _Reading(responses, faults)


def _zone_fault(timezone: str | None) -> str:
    if timezone is None or timezone in known_zones():
        return ""
    return f"{timezone} is not a time zone: name one like Europe/London."


def _known(session: Session, organisation: Organisation, identities: list[bytes]) -> dict[bytes, ImportedRow]:
    """Of these rows those that an import has brought already."""
    found: dict[bytes, ImportedRow] = {}
    for start in range(0, len(identities), IDENTITIES_AT_ONCE):
        query = select(ImportedRow).where(
            ImportedRow.organisation_id == organisation.organisation_id,
            ImportedRow.identity.in_(identities[start : start + IDENTITIES_AT_ONCE]),
        )
        found |= {row.identity: row for row in session.scalars(query)}
    return found


def _conflicts(responses: list[tuple[bytes, ImportedResponse]], known: dict[bytes, ImportedRow]) -> Iterator[RowFault]:
    for identity, response in responses:
        row = known.get(identity)
        if row is not None and row.content != response.content:
            problem = f"was brought by import {row.import_id} (row {row.row}) and said something else there"
            remedy = f"take that back first (pet import undo {row.import_id}), or name another source"
            yield RowFault(response.line, "reference", response.reference, problem, remedy)


class _Rest(NamedTuple):
    timezone: str
    known: int
    by: str
    now: datetime
    facts: Facts


def _store(
    session: Session,
    organisation: Organisation,
    upload: Upload,
    new: list[tuple[bytes, ImportedResponse]],
    rest: _Rest,
) -> int:
    """The number of the import."""
    source = find_or_make_source(session, organisation, upload.source, upload.mode)
    teams = {code: rest.facts.teams[code] for code in sorted({response.team for _, response in new})}
    places = stand_ins(session, organisation, source, teams, rest.now)
    row = ResponseImport(
        organisation_id=organisation.organisation_id,
        source_id=source.source_id,
        file_name=upload.file_name,
        digest=sha256(upload.data).digest(),
        payload=upload.data,
        timezone=rest.timezone,
        responses=len(new),
        known=rest.known,
        teams=sorted(teams.values()),
        imported_at=rest.now,
        imported_by=rest.by,
    )
    session.add(row)
    session.flush()
    responses = [response_row(organisation, row, places[response.team], response) for _, response in new]
    write_responses(session.connection(), responses)
    rows = [
        {
            "organisation_id": organisation.organisation_id,
            "identity": identity,
            "import_id": row.import_id,
            "row": response.row,
            "content": response.content,
        }
        for identity, response in new
    ]
    session.execute(insert(ImportedRow), rows)
    return row.import_id


def _report(
    upload: Upload,
    table: Table,
    responses: list[tuple[bytes, ImportedResponse]],
    new: list[tuple[bytes, ImportedResponse]],
    faults: list[RowFault],
    import_id: int | None,
) -> Report:
    instants = [response.answered_at for _, response in new]
    faults = sorted(faults, key=lambda fault: fault.line)
    return Report(
        source=upload.source,
        digest=sha256(upload.data).digest(),
        rows=len(table.lines),
        new=len(new),
        known=len(responses) - len(new),
        first_at=min(instants, default=None),
        last_at=max(instants, default=None),
        teams=dict(sorted(Counter(response.team for _, response in new).items())),
        notes=list(_notes(table, responses)),
        fault_count=len(faults),
        faults=faults[:FAULTS_MAX],
        import_id=import_id,
    )


def _notes(table: Table, responses: list[tuple[bytes, ImportedResponse]]) -> Iterator[str]:
    """What was understood that the file does not say in so many words."""
    versions: dict[tuple[str, int], AskedVersion] = {
        (response.questionnaire, response.version_number): response.asked for _, response in responses
    }
    for (code, number), asked in sorted(versions.items(), key=lambda item: item[0]):
        columns = {column.removeprefix(QUESTION_PREFIX) for column in table.columns}
        columns |= {asked.respondent} if RESPONDENT in columns and asked.respondent else set()
        lacking = [word for word in asked.questions if word not in columns]
        if lacking:
            words = ", ".join(lacking)
            yield f"{code} version {number}: no column for {words}; counted as not asked, not as skipped"
