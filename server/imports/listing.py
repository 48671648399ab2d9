"""The imports there are, and the file of one."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.accounts.viewer import Teams
from server.database import on_keys
from server.fleet.tables import Organisation, Team
from server.imports.csv_file import read_table
from server.imports.tables import ImportSource, ResponseImport


class Listed(NamedTuple):
    """One import. `known`: rows of the file that an earlier import had brought already."""

    import_id: int
    source: str
    mode: str
    file_name: str
    digest: bytes
    responses: int
    known: int
    teams: list[int]
    imported_at: datetime
    imported_by: str
    undone_at: datetime | None
    undone_by: str | None
    dropped_at: datetime | None


def imports(
    session: Session,
    organisation: Organisation,
    teams: Teams = None,
    before: int | None = None,
    limit: int | None = None,
) -> list[Listed]:
    """Newest first, from the one before `before`; with `teams` those that brought responses for these teams only."""
    query = _listed().where(ResponseImport.organisation_id == organisation.organisation_id)
    if teams is not None:
        query = query.where(ResponseImport.teams.contained_by(sorted(teams)))
    if before is not None:
        query = query.where(ResponseImport.import_id < before)
    return [Listed(*row) for row in session.execute(query.order_by(ResponseImport.import_id.desc()).limit(limit))]


class KeptFile(NamedTuple):
    """A file as it was handed over. `teams`: of all its rows, of those too that an earlier import had brought."""

    data: bytes
    teams: frozenset[int]
    dropped_at: datetime | None  # since then there are no data, and of the teams only those it brought something for


def import_file(session: Session, organisation: Organisation, import_id: int) -> KeptFile | None:
    """The file of this import; None where there is none."""
    query = select(ResponseImport.payload, ResponseImport.teams, ResponseImport.dropped_at).where(
        ResponseImport.organisation_id == organisation.organisation_id, ResponseImport.import_id == import_id
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    if row.dropped_at is not None:
        return KeptFile(row.payload, frozenset(row.teams), row.dropped_at)
    table = read_table(row.payload)
    place = table.columns.index("team")
    named = select(Team.team_id).where(
        Team.organisation_id == organisation.organisation_id, Team.code.in_({line.cells[place] for line in table.lines})
    )
    return KeptFile(row.payload, frozenset(row.teams) | frozenset(session.scalars(named)), None)


def _listed() -> Select[*tuple[Any, ...]]:
    return select(
        ResponseImport.import_id,
        ImportSource.code,
        ImportSource.mode,
        ResponseImport.file_name,
        ResponseImport.digest,
        ResponseImport.responses,
        ResponseImport.known,
        ResponseImport.teams,
        ResponseImport.imported_at,
        ResponseImport.imported_by,
        ResponseImport.undone_at,
        ResponseImport.undone_by,
        ResponseImport.dropped_at,
    ).join(ImportSource, on_keys(ImportSource, ResponseImport, "source_id"))
