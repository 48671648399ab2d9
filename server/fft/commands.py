"""The commands of the Friends and Family Test: a month's figures, and what maps questions and services to it."""

import csv
import sys
from typing import Annotated

import typer

from server.command_line import OrganisationName, now, transaction
from server.errors import OperatorError
from server.fft.mapping import group_service, map_question
from server.fft.submission import Submission, SubmissionRow, submission
from server.fft.tables import FFT_OPTIONS
from server.fleet.commands import questionnaire, service
from server.fleet.organisations import find_organisation

COLUMNS = ("grouping", "total", *FFT_OPTIONS, "positive %", "negative %", "eligible", "modes of collection")


def fft(
    month: Annotated[str, typer.Option(help="Like 2026-10.")],
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, for a spreadsheet.")] = False,
    organisation: OrganisationName = None,
) -> None:
    """The month's figures of the Friends and Family Test, as they are submitted: by service grouping."""
    with transaction() as session:
        found = submission(session, find_organisation(session, organisation), month, now())
    if as_csv:
        csv.writer(sys.stdout).writerows([COLUMNS, *(_cells(row) for row in found.rows)])
    else:
        _tell(found)


@questionnaire.command("map-fft")
def map_fft(
    question: Annotated[str, typer.Argument(help="Its question_id.")],
    options: Annotated[
        list[str] | None, typer.Argument(metavar="CODE=OPTION", help=f"Each code as one of {', '.join(FFT_OPTIONS)}.")
    ] = None,
    organisation: OrganisationName = None,
) -> None:
    """Count a question as the Friends and Family Test's. Without options: by its codes only, as at first."""
    pairs = dict(_pair(each) for each in options or ())
    with transaction() as session:
        map_question(session, find_organisation(session, organisation), question, pairs)
    said = ", ".join(f"{code} is {option}" for code, option in pairs.items()) or "matched by its codes only"
    print(f"question {question}: {said}")


@service.command("group-fft")
def group_fft(
    code: Annotated[str, typer.Argument(help="Of the service.")],
    grouping: Annotated[str, typer.Argument(help="As the submission names it.")],
    organisation: OrganisationName = None,
) -> None:
    """Submit a service's Friends and Family Test under a grouping; its own name, unless one is given."""
    with transaction() as session:
        group_service(session, find_organisation(session, organisation), code, grouping)
    print(f"service {code} is submitted under {grouping}")


def _pair(text: str) -> tuple[str, str]:
    code, equals, option = text.partition("=")
    if not equals:
        raise OperatorError(f"{text} is no pair: write CODE=OPTION, like excellent=very-good.")
    return code, option


def _cells(row: SubmissionRow) -> list[object]:
    modes = "; ".join(f"{mode} {count}" for mode, count in row.modes.items())
    grouping = f"'{row.grouping}" if row.grouping.startswith(("=", "+", "-", "@")) else row.grouping
    return [grouping, row.total, *row.answers, row.positive_percent, row.negative_percent, row.eligible, modes]


def _tell(found: Submission) -> None:
    over = "" if found.complete else ", not over yet"
    print(f"Friends and Family Test, {found.month}{over}")
    for row in found.rows:
        if not row.total:
            print(f"{row.grouping}: no responses")
            continue
        answers = ", ".join(f"{option} {count}" for option, count in zip(FFT_OPTIONS, row.answers, strict=True))
        modes = ", ".join(f"{mode} {count}" for mode, count in row.modes.items())
        shares = f"{row.positive_percent} % positive, {row.negative_percent} % negative"
        print(f"{row.grouping}: {row.total} responses, {shares}")
        print(f"  {answers}; collected by {modes}")
        if row.flagged:
            print(f"  {row.flagged} more left out as suspected misuse")
        if row.lacking:
            print(f"  its questions do not offer {', '.join(row.lacking)}, which the test asks for")
    for note in found.notes:
        print(note)
