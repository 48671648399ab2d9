"""The conditions that a scope and a period put on rows, as SQL. Values are parameters; what is written here is ours."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from server.aggregates.periods import Period
from server.aggregates.scope import Scope
from server.ingest.tables import UNDATED

# A question narrows answers to those of the versions' places where it is asked.
ASKED = """(t.reference, t.position) IN (SELECT q.reference, q.position FROM version_question q
    WHERE q.organisation_id = :organisation AND q.question_id = ANY(:questions))"""
OF_SERVICES = """t.team_id IN (SELECT e.team_id FROM team e
    WHERE e.organisation_id = :organisation AND e.service_id = ANY(:services))"""
OF_DIRECTORATES = """t.team_id IN (SELECT e.team_id FROM team e
    JOIN service s ON (s.organisation_id, s.service_id) = (e.organisation_id, e.service_id)
    WHERE e.organisation_id = :organisation AND s.directorate_id = ANY(:directorates))"""


@dataclass
class Conditions:
    """Conditions on rows called `t`, joined by AND, with the values they name."""

    parts: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, part: str, **values: Any) -> None:
        """One more."""
        self.parts.append(part)
        self.values |= values

    @property
    def sql(self) -> str:
        """All of them."""
        return " AND ".join(self.parts) or "true"


def of_scope(scope: Scope, *, questions: bool) -> Conditions:
    """Whose rows. `questions`: whether the rows are of single questions, so that these narrow them too."""
    found = Conditions()
    found.add("t.organisation_id = :organisation", organisation=scope.place.organisation_id)
    if scope.services:
        found.add(OF_SERVICES, services=list(scope.services))
    if scope.directorates:
        found.add(OF_DIRECTORATES, directorates=list(scope.directorates))
    if scope.teams:
        found.add("t.team_id = ANY(:teams)", teams=list(scope.teams))
    if scope.visible is not None:
        found.add("t.team_id = ANY(CAST(:visible AS integer[]))", visible=sorted(scope.visible))
    if scope.devices:
        found.add("t.device_id = ANY(:devices)", devices=list(scope.devices))
    if questions and scope.questions:
        found.add(ASKED, questions=list(scope.questions))
    return found


def of_days(conditions: Conditions, period: Period) -> None:
    """Rows of one day each, within the period; undated ones are not."""
    conditions.add("t.day <> :undated", undated=UNDATED)
    if period.first:
        conditions.add("t.day >= :first", first=period.first)
    if period.after:
        conditions.add("t.day < :after", after=period.after)


def of_segments(conditions: Conditions, period: Period) -> None:
    """Rows of one segment each. Each end of the period is a Monday or a first of a month, or open.

    By a first of a month the months are told apart, by a Monday the weeks: plain columns, whose rows the planner can
    estimate, and it sorts tens of thousands of rows where it expects a few hundred.
    """
    conditions.add("t.month <> :undated", undated=UNDATED)
    first, after = period
    if first:
        conditions.add("t.month >= :first_month", first_month=first.replace(day=1))
        if first.day != 1:
            conditions.add("t.week >= :first", first=first)
    if after:
        conditions.add("t.month <= :last_month", last_month=(after - timedelta(days=1)).replace(day=1))
        if after.day != 1:
            conditions.add("t.week < :after", after=after)


def is_border(day: date | None) -> bool:
    """Whether segments begin on this day, so that they can be summed up to it."""
    return day is None or day.weekday() == 0 or day.day == 1


def split(period: Period) -> tuple[list[Period], Period | None]:
    """(spans to be summed day by day, the span between that segments cover or None). No day is in two of them."""
    first, after = period
    begin, end = first, after
    while not is_border(begin):
        assert begin is not None
        begin += timedelta(days=1)
    while not is_border(end):
        assert end is not None
        end -= timedelta(days=1)
    if begin is not None and end is not None and begin >= end:
        return ([], period) if is_border(first) and is_border(after) else ([period], None)
    days = [Period(first, begin)] if begin != first else []
    return days + ([Period(end, after)] if end != after else []), Period(begin, end)
