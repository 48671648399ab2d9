"""The commands of evidence: check what is counted, retention, corrected placements, the auditor's export."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import IO, Annotated

import typer

from server.aggregates.scope import Names, UnknownNameError, find_place, find_scope
from server.command_line import OrganisationName, instant, now, transaction
from server.errors import OperatorError
from server.evidence.corrections import Corrected
from server.evidence.corrections import correct_placement as correct
from server.evidence.differences import Summary
from server.evidence.export import Figure
from server.evidence.export import export_evidence as export
from server.evidence.rebuild import check as check_everything
from server.evidence.retention import run_retention
from server.fleet.devices import find_device
from server.fleet.keys import open_key_ring
from server.fleet.organisations import find_location, find_organisation, find_team
from server.fleet.rollout import rollout
from server.settings import load_settings

EXIT_DIFFERENT = 1  # the command did its work, and what it found is bad

retention = typer.Typer(help="How long single responses are kept.", no_args_is_help=True)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OperatorError(f"{text} is not a date: write it like 2026-01-31.") from None


Day = Annotated[date, typer.Option("--before", parser=_day, metavar="DATE", help="A local day; it is kept itself.")]


def rebuild(
    *,
    check: Annotated[bool, typer.Option("--check", help="Compare, and change nothing.")] = False,
    organisation: OrganisationName = None,
) -> None:
    """Recompute every response and every rollup from the signed evidence; exit code 1 where anything differs."""
    if not check:
        raise OperatorError("say `pet rebuild --check`: it compares and changes nothing. What differs is for a person.")
    key_ring = open_key_ring(load_settings().key_file)
    summary = Summary()
    with transaction(snapshot=True) as session:
        owner = find_organisation(session, organisation)
        for difference in check_everything(session, key_ring, owner, summary):
            print(difference)
    print(
        f"{summary.devices} devices, {summary.batches} batches, {summary.responses} responses, {summary.imported} "
        f"imported, {summary.rollup_rows} rollup rows, {summary.audited_rows} audited rows: "
        f"{summary.differences} differences"
    )
    if summary.deliverable:
        print(f"{summary.deliverable} records in quarantine can be stored by now: `pet quarantine replay`")
    if summary.differences:
        raise typer.Exit(EXIT_DIFFERENT)


@retention.command("run")
def run(before: Day, organisation: OrganisationName = None) -> None:
    """Drop responses that were received before a day, with their evidence. Every figure stays as it is."""
    with transaction() as session:
        dropped = run_retention(session, find_organisation(session, organisation), before, now())
    what = f"{dropped.responses} responses, {dropped.batches} batches and {dropped.imports} files of imports"
    print(f"{what} received before {before} are gone for good")


def export_evidence(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="New ZIP file; it holds answers, of nobody by name.")],
    *,
    service: Annotated[list[str] | None, typer.Option(help="A service's code; repeat it.")] = None,
    team: Annotated[list[str] | None, typer.Option(help="A team's code; repeat it.")] = None,
    device: Annotated[list[str] | None, typer.Option(help="Eight hex digits; repeat it.")] = None,
    from_day: Annotated[date | None, typer.Option("--from", parser=_day, metavar="DATE", help="First day.")] = None,
    to_day: Annotated[
        date | None, typer.Option("--to", parser=_day, metavar="DATE", help="Day after the last.")
    ] = None,
    organisation: OrganisationName = None,
) -> None:
    """Write the responses behind a figure, with the signed bytes that they came in, for an auditor."""
    asked = {"service": service, "team": team, "device": device, "from": from_day, "to": to_day}
    with transaction(snapshot=True) as session:
        place = find_place(session, find_organisation(session, organisation).organisation_id)
        try:
            scope = find_scope(session, place, Names(service or (), team or (), device or ()))
        except UnknownNameError as error:
            raise OperatorError(str(error)) from None
        figure = Figure(place.organisation_id, scope.services, scope.teams, scope.devices, from_day, to_day)
        with new_file(file) as output:
            exported = export(session, figure, asked, now(), output)
    print(f"{exported.responses} responses in {file}; check it with `python3 verify.py {file}`, which is in it")
    print(f"seal {exported.seal}: note it apart from the file, so that nobody can change it unseen")


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Readable by you only; what is there already is never overwritten. Raises OperatorError."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from None
    with os.fdopen(number, "wb") as file:
        yield file


def correct_placement(
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="Its serial, or its 8 hex digits.")],
    team: Annotated[str, typer.Option(help="The code of the team that it was really with.")],
    location: Annotated[str, typer.Option(help="The code of the location where it really was.")],
    from_at: Annotated[datetime, typer.Option("--from", parser=instant, metavar="INSTANT")],
    reason: Annotated[str, typer.Option(help="Why this is known only now; it is in the audit log.")],
    *,
    to_at: Annotated[datetime | None, typer.Option("--to", parser=instant, metavar="INSTANT")] = None,
    choice: Annotated[list[str] | None, typer.Option(help="A team that a nurse could choose; repeat it.")] = None,
    organisation: OrganisationName = None,
) -> None:
    """Say where a device really was, and count its responses of that time there. Issued reports stand."""
    with rollout() as session:
        owner = find_organisation(session, organisation)
        corrected = Corrected(
            find_team(session, owner, team),
            find_location(session, owner, location),
            [find_team(session, owner, code) for code in choice or ()],
            from_at,
            to_at,
            reason,
        )
        moved = correct(session, find_device(session, owner, device), corrected, now())
    until = "and still is" if to_at is None else f"until {to_at}"
    print(f"device {device} was with {team} at {location} from {from_at} {until}: {moved} responses are counted anew")
