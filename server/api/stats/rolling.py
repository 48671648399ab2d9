"""Each part beside the thirteen whole weeks that end with the period: a month of one device mostly cannot tell yet."""

from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.aggregates.periods import Period
from server.api.figures import Surroundings, flagged_beside, judged, resolved
from server.api.resolve import Asked
from server.api.shapes import Aside, Judged, Links, Meta
from server.api.stats.breakdown import BreakdownQuery, BreakdownResolved
from server.api.stats.groups import Group, find_groups
from server.measures.rolling import ROLLING_WEEKS, rolling_bounds


class RollingFigures(Judged):
    """One part in the period, and in the weeks that end with it."""

    code: Annotated[str, Field(description="as an address names it")]
    name: str
    rolling: Judged


class RollingWeeks(BaseModel):
    """The whole weeks that the figures beside the period are of; `last` is the last day of them."""

    weeks: int
    first: date
    last: date


class RollingAnswer(BaseModel):
    """GET /api/v1/stats/rolling."""

    query: BreakdownResolved
    meta: Meta
    rolling: RollingWeeks
    data: list[RollingFigures]
    flagged: Annotated[Aside, Field(description="suspected misuse: left out unless include_flagged")]
    links: Links


def read_rolling(session: Session, asked: Asked[BreakdownQuery], links: Links) -> RollingAnswer:
    """The answer to the question. Raises ProblemError."""
    around, by = Surroundings(session, asked), asked.query.by
    first, after = weeks_before(asked)
    weeks = Period(first, after)
    beside = {group.member.code: group for group in find_groups(session, asked._replace(period=weeks), by, around)}
    groups = find_groups(session, asked, by, around)
    least = asked.thresholds.percent_from
    return RollingAnswer(
        query=BreakdownResolved(**resolved(asked), by=by),
        meta=around.meta(around.target),
        rolling=RollingWeeks(weeks=ROLLING_WEEKS, first=first, last=after - timedelta(days=1)),
        data=[RollingFigures(**_fields(group, beside.pop(group.member.code, None), least)) for group in groups],
        flagged=flagged_beside(session, asked),
        links=links,
    )


def weeks_before(asked: Asked[Any]) -> tuple[date, date]:
    """The thirteen whole weeks that are over by the period's end, and of which the viewer is told by now: their first
    day, and the day after.
    """
    told = asked.scope.horizon if asked.scope.outside else asked.today
    return rolling_bounds(min(asked.period.after or told, told))


def _fields(group: Group, beside: Group | None, least: int) -> dict[str, Any]:
    """Both are held against the target at the period's end."""
    tally = beside.tally if beside is not None else type(group.tally)()
    return {
        "code": group.member.code,
        "name": group.member.name,
        **judged(group.tally, group.target, least),
        "rolling": Judged(**judged(tally, group.target, least)),
    }
