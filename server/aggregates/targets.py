"""Which target is in force for what, on which day. A target is data: its value, scope and dates."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.aggregates.devices import Lineage, standings
from server.aggregates.scope import Place, Scope
from server.fleet.tables import (
    SCOPE_DEVICE,
    SCOPE_ORGANISATION,
    SCOPE_SERVICE,
    SCOPE_TEAM,
    Target,
    Team,
)


@dataclass(frozen=True)
class Targets:
    """All targets of an organisation."""

    rows: list[Target]

    def percent_on(self, day: date, lineage: Lineage) -> float | None:
        """The target in force on `day`, 0..100: the narrowest scope wins, then the later `from_date`."""
        keys = (
            (SCOPE_DEVICE, lineage.device_id),
            (SCOPE_TEAM, lineage.team_id),
            (SCOPE_SERVICE, lineage.service_id),
            (SCOPE_ORGANISATION, None),
        )
        for kind, key in keys:
            if key is None and kind != SCOPE_ORGANISATION:
                continue
            found = [row for row in self.rows if (row.scope_kind, row.scope_id) == (kind, key)]
            found = [row for row in found if row.from_date <= day < (row.to_date or date.max)]
            if found:
                return float(100 * max(found, key=lambda row: (row.from_date, row.target_id)).value)
        return None


def find_targets(session: Session, place: Place) -> Targets:
    """All targets ever set in this organisation: a few."""
    rows = session.scalars(select(Target).where(Target.organisation_id == place.organisation_id))
    return Targets(list(rows))


def lineage_of(session: Session, scope: Scope, at: datetime) -> Lineage:
    """What the whole of a scope belonged to at that instant: with one device named its team and service too, and so on
    up.
    """
    if len(scope.devices) == 1:
        devices = standings(session, scope, at)
        return devices[0].lineage if devices else Lineage(scope.devices[0])
    if len(scope.teams) == 1:
        service = select(Team.service_id).where(
            Team.organisation_id == scope.place.organisation_id, Team.team_id == scope.teams[0]
        )
        return Lineage(team_id=scope.teams[0], service_id=session.scalar(service))
    return Lineage(service_id=scope.services[0] if len(scope.services) == 1 else None)
