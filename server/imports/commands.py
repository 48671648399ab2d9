"""`pet import`: historic responses from a file, the list of what was imported, and taking one back."""

from pathlib import Path
from typing import Annotated

import typer

from server.command_line import OrganisationName, now, transaction
from server.database import actor_of
from server.errors import OperatorError
from server.fleet.organisations import find_organisation
from server.imports.bring import SOURCE, Report, Upload, bring
from server.imports.csv_file import FILE_BYTES_MAX
from server.imports.listing import imports
from server.imports.tables import MODES
from server.imports.undo import undo

import_ = typer.Typer(name="import", help="Historic responses from files.", no_args_is_help=True)


@import_.command("responses")
def import_responses(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV in UTF-8; docs/imports.md names the columns.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and store nothing.")] = False,
    source: Annotated[str, typer.Option(help="Where the rows come from: their references are unique there.")] = SOURCE,
    mode: Annotated[str | None, typer.Option(help=f"How they were collected: {', '.join(MODES)}.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Of instants without an offset; the organisation's, unless one is named.")
    ] = None,
    organisation: OrganisationName = None,
) -> None:
    """Import responses from before PET or from paper: the whole file or nothing, and nothing twice."""
    data = _read(file)
    with transaction() as session:
        owner = find_organisation(session, organisation)
        upload = Upload(file.name, data, source, mode, timezone)
        report = bring(session, owner, upload, actor_of(session), now(), dry_run=dry_run)
    _tell(report, dry_run=dry_run)
    if not report.accepted:
        raise OperatorError(f"{file} is not imported: nothing of it is stored. Mend the rows above and say it again.")


@import_.command("list")
def list_imports(organisation: OrganisationName = None) -> None:
    """All imports, newest first."""
    with transaction() as session:
        found = imports(session, find_organisation(session, organisation))
    for each in found:
        undone = f"; taken back {each.undone_at:%Y-%m-%d %H:%M} by {each.undone_by}" if each.undone_at else ""
        undone += f"; rows and file dropped {each.dropped_at:%Y-%m-%d %H:%M}" if each.dropped_at else ""
        print(
            f"{each.import_id} {each.file_name}, source {each.source} ({each.mode}): {each.responses} responses,"
            f" {each.imported_at:%Y-%m-%d %H:%M} by {each.imported_by}{undone}"
        )


@import_.command("undo")
def undo_import(
    number: Annotated[int, typer.Argument(help="As `pet import list` says it.")],
    organisation: OrganisationName = None,
) -> None:
    """Take a whole import back: its responses count no more; the file stays on record."""
    with transaction() as session:
        gone = undo(session, find_organisation(session, organisation), number, actor_of(session), now())
    print(f"import {number} is taken back: {gone} responses count no more; they may be imported again")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(FILE_BYTES_MAX + 1)  # one more than is taken: the refusal says so
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror}.") from None


def _tell(report: Report, *, dry_run: bool) -> None:
    for fault in report.faults:
        print(fault.sentence)
    if report.fault_count > len(report.faults):
        print(f"... and {report.fault_count - len(report.faults)} more")
    if report.fault_count:
        print(f"{report.rows} rows, {report.fault_count} faults")
        return
    for note in report.notes:
        print(note)
    already = f", {report.known} known from before" if report.known else ""
    if report.import_id is not None:
        print(f"import {report.import_id}: {report.new} responses{already}{_span(report)}")
    elif dry_run:
        print(f"would import {report.new} responses{already}{_span(report)}; nothing is stored")
    else:
        print(f"nothing new: {report.known} rows are known from before")


def _span(report: Report) -> str:
    if report.first_at is None or report.last_at is None:
        return ""
    teams = ", ".join(f"{code} {count}" for code, count in report.teams.items())
    return f", {report.first_at:%Y-%m-%d} to {report.last_at:%Y-%m-%d}: {teams}"
