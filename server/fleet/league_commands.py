"""The commands of who takes part in the league of responses."""

from typing import Annotated

import typer

from server.command_line import OrganisationName, now, transaction
from server.database import actor_of
from server.fleet.league import areas, choose
from server.fleet.organisations import find_organisation
from server.fleet.scope import parse_scope

league = typer.Typer(help="Who takes part in the league of responses: only those who asked to.", no_args_is_help=True)

AreaWord = Annotated[str, typer.Argument(metavar="AREA", help="service:CODE or team:CODE.")]


@league.command("opt-in")
def opt_in(area: AreaWord, organisation: OrganisationName = None) -> None:
    """Let a service or team take part. A service's word holds for its teams that said nothing."""
    _say(area, organisation, opted_in=True)
    print(f"{area} is in the league")


@league.command("opt-out")
def opt_out(area: AreaWord, organisation: OrganisationName = None) -> None:
    """Let it take part no longer: nobody else sees its name there."""
    _say(area, organisation, opted_in=False)
    print(f"{area} is not in the league")


@league.command("list")
def list_areas(organisation: OrganisationName = None) -> None:
    """All services and teams: whether they take part, and who said so when."""
    with transaction() as session:
        for area in areas(session, find_organisation(session, organisation).organisation_id):
            word = "in" if area.opted_in else "not in"
            said = area.said
            who = f", said {said.chosen_by} at {said.chosen_at:%Y-%m-%d %H:%M}" if said else ""
            print(f"{area.scope.scope_kind}:{area.code}: {word}{who}")


def _say(area: str, organisation: str | None, *, opted_in: bool) -> None:
    with transaction() as session:
        owner = find_organisation(session, organisation)
        choose(session, owner, parse_scope(session, owner, area), actor_of(session), now(), opted_in=opted_in)
