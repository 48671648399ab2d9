"""`pet enrolment`: one-use tokens for who enrols devices at a bench."""

import sys
from typing import Annotated

import typer

from server.command_line import OrganisationName, now, transaction
from server.database import actor_of
from server.fleet.enrolment import TOKEN_LASTS, TOKENS_MAX, make_tokens
from server.fleet.organisations import find_organisation

enrolment = typer.Typer(help="Enrolling devices at a bench.", no_args_is_help=True)


@enrolment.callback()
def _group() -> None:
    """Enrolling devices at a bench."""


@enrolment.command("token")
def make(
    count: Annotated[int, typer.Option(min=1, max=TOKENS_MAX, help="One for each device.")] = 1,
    organisation: OrganisationName = None,
) -> None:
    """Make one-use tokens of 15 minutes, one a line. They are shown now and never again."""
    with transaction() as session:
        owner = find_organisation(session, organisation)
        made_at = now()
        tokens = make_tokens(session, owner.organisation_id, actor_of(session), made_at, count)
    print(*tokens, sep="\n")
    print(f"each enrols one device, until {made_at + TOKEN_LASTS:%H:%M} UTC", file=sys.stderr)
