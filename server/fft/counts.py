"""How often each option was chosen in a month, by team, question and mode of collection."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import case, func, select, tuple_
from sqlalchemy.orm import Session

from server.accounts.viewer import Teams
from server.database import on_keys
from server.fft.tables import FftGrouping
from server.fleet.tables import IMPORT, Device, Organisation, Service, Team
from server.imports.tables import ImportSource, ImportStandIn
from server.ingest.tables import RollupDay

DEVICE_MODE = "device"  # beside the modes of imports


class Counted(NamedTuple):
    """The counts of options 1 to 6 of one question of a version in one team."""

    team_id: int
    reference: int
    position: int
    mode: str
    flagged: bool
    options: tuple[int, ...]


class GroupedService(NamedTuple):
    """A service with teams that count here, and what it is submitted under."""

    code: str
    grouping: str
    teams: list[int]


def counted(
    session: Session,
    organisation: Organisation,
    days: tuple[date, date],
    questions: Collection[tuple[int, int]],
    teams: Teams,
) -> list[Counted]:
    """`days`: the first, and the one after the last. `questions`: (reference, position)."""
    mode = case((Device.state == IMPORT, func.coalesce(ImportSource.mode, "other")), else_=DEVICE_MODE).label("mode")
    owner = (RollupDay.team_id, RollupDay.reference, RollupDay.position)
    sums = [func.sum(getattr(RollupDay, f"n{option}")) for option in range(1, 7)]
    query = (
        select(*owner, mode, RollupDay.flagged, *sums)
        .join(Device, on_keys(Device, RollupDay, "device_id"))
        .outerjoin(ImportStandIn, on_keys(ImportStandIn, RollupDay, "device_id"))
        .outerjoin(ImportSource, on_keys(ImportSource, ImportStandIn, "source_id"))
        .where(
            RollupDay.organisation_id == organisation.organisation_id,
            RollupDay.day >= days[0],
            RollupDay.day < days[1],
            tuple_(RollupDay.reference, RollupDay.position).in_(list(questions)),
        )
        .group_by(*owner, mode, RollupDay.flagged)
    )
    if teams is not None:
        query = query.where(RollupDay.team_id.in_(teams))
    return [
        Counted(team, reference, position, mode, flagged, tuple(map(int, options)))
        for team, reference, position, mode, flagged, *options in session.execute(query)
    ]


def grouped_services(session: Session, organisation: Organisation, teams: Teams) -> list[GroupedService]:
    """Those of the groupings of which the viewer may see every count, by grouping and code: a part of a grouping's
    counts under its name would be taken for all of them.
    """
    query = (
        select(Service.code, func.coalesce(FftGrouping.grouping, Service.name).label("under"), Team.team_id)
        .join(Team, on_keys(Team, Service, "service_id"))
        .outerjoin(FftGrouping, on_keys(FftGrouping, Service, "service_id"))
        .where(Service.organisation_id == organisation.organisation_id)
        .order_by("under", Service.code, Team.team_id)
    )
    found: dict[str, GroupedService] = {}
    partly: set[str] = set()
    for code, grouping, team_id in session.execute(query):
        if teams is not None and team_id not in teams:
            partly.add(grouping)
            continue
        found.setdefault(code, GroupedService(code, grouping, [])).teams.append(team_id)
    return [service for service in found.values() if service.grouping not in partly]
