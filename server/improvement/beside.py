"""What patients said beside what an audit found: the same team, topic and weeks, never mixed."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.aggregates.counts import Tally
from server.aggregates.periods import Granularity
from server.improvement.figures import by_period, questions_about, scope_about
from server.improvement.places import Where
from server.improvement.schedule import AuditPeriod
from server.improvement.team_tables import AuditSchedule


def patients_beside(
    session: Session,
    viewer: Viewer,
    schedule: AuditSchedule,
    topic: str,
    periods: Sequence[AuditPeriod],
    today: date,
) -> dict[date, Tally]:
    """{first day of the period: tally}, where anybody answered that this viewer may see."""
    questions = questions_about(session, viewer.organisation_id, None, topic)
    if not periods or not questions:
        return {}
    scope = scope_about(session, viewer, Where(team_id=schedule.team_id), questions, today)
    granularity = Granularity(schedule.every)
    return by_period(session, scope, granularity, periods[-1].first, periods[0].after)
