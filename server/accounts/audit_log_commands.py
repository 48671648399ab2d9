"""`pet audit-log`: read it, verify it, and write its head down outside of the database."""

import json
from pathlib import Path
from typing import Annotated

import typer

from server.accounts import audit_log as log
from server.command_line import OrganisationName, actor, now, transaction
from server.errors import OperatorError
from server.fleet.organisations import find_organisation

EXIT_BROKEN = 1  # the command did its work, and what it found is bad
LISTED = 50
LISTED_MAX = 10_000

audit_log = typer.Typer(help="The log of every change, which the database writes itself.", no_args_is_help=True)


@audit_log.command("list")
def list_entries(
    limit: Annotated[int, typer.Option(min=1, max=LISTED_MAX, help="How many.")] = LISTED,
    before: Annotated[int | None, typer.Option(metavar="SEQUENCE", help="Only what is older than this row.")] = None,
    organisation: OrganisationName = None,
) -> None:
    """The newest entries first."""
    with transaction() as session:
        here = find_organisation(session, organisation).organisation_id
        for entry in log.entries(session, here, before=before, limit=limit):
            detail = json.dumps(entry.detail, ensure_ascii=False, sort_keys=True)
            print(
                f"{entry.sequence} {entry.at:%Y-%m-%d %H:%M:%S} {entry.actor}: {entry.action} {entry.subject} {detail}"
            )


@audit_log.command()
def head(
    append: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Add it to this file, which belongs on another machine.")
    ] = None,
    organisation: OrganisationName = None,
) -> None:
    """Print the log's head: who keeps it elsewhere can later show that nothing before it was changed."""
    with transaction() as session:
        found = log.head(session, find_organisation(session, organisation).organisation_id)
    print(found.line())
    if append is not None:
        try:
            with append.open("a", encoding="utf-8") as file:
                file.write(found.line() + "\n")
        except OSError as error:
            raise OperatorError(f"{append} cannot be written: {error.strerror}.") from None


@audit_log.command()
def verify(
    heads: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Heads that `pet audit-log head` has written.")
    ] = None,
    organisation: OrganisationName = None,
) -> None:
    """Recompute the whole chain; exit code 1 and the first broken row where it does not hold."""
    lines = _read(heads) if heads is not None else []
    with transaction(snapshot=True) as session:
        owner = find_organisation(session, organisation)
        known = log.read_heads(lines, owner.organisation_id)
        found, seen = log.verify(session, owner.organisation_id, known), log.head(session, owner.organisation_id)
    with transaction() as session:
        log.note_verification(session, seen, found, actor(), now())
    if found.broken is not None:
        print(f"row {found.broken.sequence} is broken: {found.broken.why}")
        raise typer.Exit(EXIT_BROKEN)
    print(f"{found.rows} rows, each as it was written; {len(known)} heads from outside agree")


def _read(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"the file of heads {path} cannot be read: {error}.") from None
