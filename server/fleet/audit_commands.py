"""The command that shows staff's audits."""

from datetime import datetime
from typing import Annotated

import typer

from server.aggregates.audits import audit_lines
from server.command_line import OrganisationName, transaction
from server.fleet.organisations import find_organisation

DAY = ["%Y-%m-%d"]


def audits(
    from_day: Annotated[datetime, typer.Option("--from", formats=DAY, help="The first day.")],
    to_day: Annotated[datetime, typer.Option("--to", formats=DAY, help="The day after the last.")],
    organisation: OrganisationName = None,
) -> None:
    """What staff ticked in their audits, by day, team and line; never part of what patients said."""
    with transaction() as session:
        owner = find_organisation(session, organisation)
        for line in audit_lines(session, owner.organisation_id, from_day.date(), to_day.date()):
            counts = ", ".join(f"{code} {count}" for code, count in line.counts.items())
            left = f", skipped {line.skipped}, timed out {line.timed_out}" if line.skipped or line.timed_out else ""
            name = f"{line.questionnaire} {line.version}"
            print(f"{line.day} {line.team} {name} {line.question_id}: {counts}{left}")
