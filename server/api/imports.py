"""Imports of historic responses for programs: a file in, every fault of every row out, or all of it stored."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.blame import blaming, conflicting
from server.api.cursors import number_part, read_cursor
from server.api.devices import PAGE, Cursor, Limit, Links, next_link
from server.api.idempotency import CreateOnce
from server.api.parameters import only
from server.api.problems import Problem, ProblemError, in_body, make_problem
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.api.uploads import UPLOAD, Upload
from server.fleet.organisations import organisation_of, teams
from server.imports.bring import Report, bring
from server.imports.listing import Listed, import_file, imports
from server.imports.undo import undo

IMPORT_MAX = 2**31 - 2  # PostgreSQL's integer, and room for the one after

router = APIRouter(prefix=PREFIX, tags=["imports"], responses=refusals())

Imports = Annotated[Viewer, needs(Right.MANAGE_FLEET)]
# A file holds single responses to the minute: who brings it in need not be who may read them.
Exports = Annotated[Viewer, needs(Right.EXPORT_EVIDENCE)]
Number = Annotated[int, Path(ge=1, le=IMPORT_MAX)]


class Fault(BaseModel):
    """What is wrong in which line and column, with what, and what to do."""

    line: int
    column: str
    value: str
    problem: str
    remedy: str


class ImportReport(BaseModel):
    """What became of a file, or would. `import` is null where nothing was stored: a dry run, or nothing new."""

    import_: Annotated[int | None, Field(alias="import", serialization_alias="import")]
    dry_run: bool
    accepted: bool
    source: str
    sha256: str
    rows: int
    new: int
    known: Annotated[int, Field(description="rows that an earlier import brought already")]
    first_at: datetime | None
    last_at: datetime | None
    teams: dict[str, int]
    notes: list[str]
    fault_count: int
    faults: Annotated[list[Fault], Field(description="the first thousand")]


class ImportAnswer(BaseModel):
    """One import."""

    import_: Annotated[int, Field(alias="import", serialization_alias="import")]
    file_name: str
    source: str
    mode: str
    sha256: str
    responses: int
    known: int
    teams: list[str]
    imported_at: datetime
    imported_by: str
    undone_at: datetime | None
    undone_by: str | None
    dropped_at: Annotated[datetime | None, Field(description="when retention dropped its responses and its file")]


class ImportsAnswer(BaseModel):
    """Imports, newest first."""

    data: list[ImportAnswer]
    links: Links


@router.post(
    "/imports",
    operation_id="create_import",
    status_code=201,
    response_model=ImportReport,
    responses={**refusals(409, 413, 415), 200: {"model": ImportReport, "description": "What a dry run found"}},
    openapi_extra=UPLOAD,
    dependencies=[only("dry_run", "source", "mode", "timezone", "file_name")],
)
def create_import(
    request: Request,
    viewer: Imports,
    session: WritingSession,
    once: CreateOnce,
    upload: Upload,
    dry_run: Annotated[bool, Query()] = False,
) -> Response:
    """Import responses from a CSV file: the whole file or nothing, and nothing twice."""
    owner = organisation_of(session, viewer.organisation_id)
    file = upload._replace(teams=viewer.teams(Right.MANAGE_FLEET))

    def make() -> ImportReport:
        with blaming():
            report = bring(session, owner, file, viewer.actor, request.app.state.now(), dry_run=dry_run)
        if not dry_run and not report.accepted:
            raise ProblemError(_refusal(report))
        return _report(report, dry_run=dry_run)

    if dry_run:
        return JSONResponse(make().model_dump(mode="json", by_alias=True))
    return once.create(make, lambda made: f"{PREFIX}/imports" + (f"/{made.import_}" if made.import_ else ""))


@router.get("/imports", operation_id="list_imports", dependencies=[only("limit", "cursor")])
def get_imports(
    request: Request,
    viewer: Imports,
    session: OpenSession,
    limit: Limit = PAGE,
    cursor: Cursor = None,  # noqa: ARG001 - read together with its question
) -> ImportsAnswer:
    """The imports that brought responses for teams that you look after only."""
    owner = organisation_of(session, viewer.organisation_id)
    before = read_cursor(request.query_params.multi_items(), number_part)
    found = imports(session, owner, viewer.teams(Right.MANAGE_FLEET), before[0] if before else None, limit + 1)
    codes = {team.team_id: team.code for team, _ in teams(session, owner)}
    link = next_link(request, [found[limit - 1].import_id]) if len(found) > limit else None
    return ImportsAnswer(data=[_answer(each, codes) for each in found[:limit]], links=Links(next=link))


@router.get("/imports/{number}", operation_id="get_import", dependencies=[only()])
def get_import(number: Number, viewer: Imports, session: OpenSession) -> ImportAnswer:
    """One import."""
    owner = organisation_of(session, viewer.organisation_id)
    codes = {team.team_id: team.code for team, _ in teams(session, owner)}
    return _answer(_seen(session, viewer, number), codes)


@router.get(
    "/imports/{number}/file",
    operation_id="get_import_file",
    response_class=Response,
    responses={200: {"description": "The file", "content": {"text/csv": {"schema": {"type": "string"}}}}},
    dependencies=[only()],
)
def get_file(number: Number, viewer: Exports, session: OpenSession) -> Response:
    """The file of an import, byte for byte, for who may export the evidence of every team in it."""
    found = import_file(session, organisation_of(session, viewer.organisation_id), number)
    allowed = viewer.teams(Right.EXPORT_EVIDENCE)
    if found is None or not (allowed is None or found.teams <= allowed):
        raise _missing(number)
    if found.dropped_at is not None:
        detail = f"The file of import {number} is no longer kept: retention dropped it at {found.dropped_at}."
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, detail))
    name = f'attachment; filename="import-{number}.csv"'
    return Response(found.data, media_type="text/csv", headers={"Content-Disposition": name})


@router.delete("/imports/{number}", operation_id="undo_import", responses=refusals(409), dependencies=[only()])
def undo_import(request: Request, number: Number, viewer: Imports, session: WritingSession) -> ImportAnswer:
    """Take a whole import back: its responses count no more; the file stays on record."""
    _seen(session, viewer, number)
    owner = organisation_of(session, viewer.organisation_id)
    with conflicting():
        undo(session, owner, number, viewer.actor, request.app.state.now())
    codes = {team.team_id: team.code for team, _ in teams(session, owner)}
    return _answer(_seen(session, viewer, number), codes)


def _seen(session: Any, viewer: Viewer, number: int) -> Listed:
    owner = organisation_of(session, viewer.organisation_id)
    found = imports(session, owner, viewer.teams(Right.MANAGE_FLEET), number + 1, 1)
    if not found or found[0].import_id != number:
        raise _missing(number)
    return found[0]


def _missing(number: int) -> ProblemError:
    return ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is no import {number} here."))


def _report(report: Report, *, dry_run: bool) -> ImportReport:
    return ImportReport.model_validate(
        {
            "import": report.import_id,
            "dry_run": dry_run,
            "accepted": report.accepted,
            "source": report.source,
            "sha256": report.digest.hex(),
            "rows": report.rows,
            "new": report.new,
            "known": report.known,
            "first_at": report.first_at,
            "last_at": report.last_at,
            "teams": report.teams,
            "notes": report.notes,
            "fault_count": report.fault_count,
            "faults": [fault._asdict() for fault in report.faults],
        }
    )


def _refusal(report: Report) -> Problem:
    """Every fault by line and column; the pointer leads into the file: /body/LINE/COLUMN."""
    shown = len(report.faults)
    more = f", of which the first {shown} are listed" if shown < report.fault_count else ""
    detail = f"Nothing is imported: {report.fault_count} faults{more}. A dry run says the same and stores nothing."
    errors = [in_body(fault.line, fault.column, detail=fault.sentence) for fault in report.faults]
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return Problem(title="Wrong rows", status=status, detail=detail, errors=errors)


def _answer(each: Listed, codes: dict[int, str]) -> ImportAnswer:
    fields = each._asdict() | {
        "import": each.import_id,
        "sha256": each.digest.hex(),
        "teams": [codes[number] for number in each.teams],
    }
    return ImportAnswer.model_validate(fields)
