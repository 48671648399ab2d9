"""Which target is in force for what, on which day. A target is data: its value, scope and dates."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.aggregates.devices import Lineage
from server.aggregates.scope import Place
from server.fleet.tables import (
    SCOPE_DEVICE,
    SCOPE_ORGANISATION,
    SCOPE_SERVICE,
    SCOPE_TEAM,
    Target,
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
