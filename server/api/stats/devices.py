"""Every device of a scope with its figures: those without data too, for these have to be found."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.aggregates.counts import Tally
from server.aggregates.devices import Standing, device_tallies, looked_after, shown_name, standings
from server.aggregates.lineages import within_team
from server.aggregates.targets import find_targets
from server.api.figures import end_of, judged
from server.api.resolve import Asked
from server.api.shapes import Judged


class DeviceFigures(Judged):
    """One device of the scope, with data or without. `looked_after`: its viewer is told how it does, too."""

    device: str
    name: str
    looked_after: bool
    state: str
    service: str | None
    team: str | None
    location: str | None
    heard_at: datetime | None
    waiting: Annotated[int, Field(description="answers it said it holds and that have not arrived")]


def read_devices(session: Session, asked: Asked[Any]) -> list[DeviceFigures]:
    """Every device placed within the scope or with answers in it, each over the whole period; by serial.

    Where a device was placed at the period's end decides on its names and target: a month that is over stays so.
    """
    found = device_tallies(session, asked.scope, asked.period)
    targets = find_targets(session, asked.place)
    after = asked.period.after
    last_day = asked.today if after is None else min(asked.today, after - timedelta(days=1))
    least = asked.thresholds.percent_from

    def figures(standing: Standing) -> DeviceFigures:
        tally = found.get(standing.device_id, Tally())
        return DeviceFigures(
            **judged(tally, targets.percent_on(last_day, within_team(session, asked.scope, standing.lineage)), least),
            device=device_name(standing.device_id),
            name=shown_name(standing, asked.scope),
            looked_after=looked_after(standing, asked.scope),
            state=standing.state,
            service=standing.service,
            team=standing.team,
            location=standing.location,
            heard_at=standing.heard_at,
            waiting=standing.waiting,
        )

    return [figures(each) for each in standings(session, asked.scope, end_of(asked), also=found.keys())]
