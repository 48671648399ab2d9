"""The figures of a whole period in one row, held against its target and what they are compared with."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from server.aggregates.counts import Tally, WholeBucketsError, tallies
from server.aggregates.dimensions import FLAGGED
from server.aggregates.outside import published_period
from server.aggregates.periods import Period
from server.api.figures import Surroundings, aside, judged, resolved, total
from server.api.query import ComparedQuery
from server.api.resolve import Asked
from server.api.shapes import Aside, Comparison, Judged, Links, Meta, ResolvedQuery, Totals
from server.api.stats.comparing import compare, months_before
from server.api.stats.rolling import weeks_before


class ComparedResolved(ResolvedQuery):
    """With what the totals are held against."""

    compare: str


class ThirteenWeeks(Judged):
    """The whole weeks that end with a month: a month alone mostly has too few responses for a verdict."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    from_: Annotated[str, Field(alias="from")]
    to: str


class SummaryAnswer(BaseModel):
    """GET /api/v1/stats/summary."""

    query: ComparedResolved
    meta: Meta
    data: Annotated[list[Totals], Field(description="one row")]
    thirteen_weeks: Annotated[ThirteenWeeks | None, Field(description="of one whole month; null of other periods")]
    comparison: Comparison | None
    undated: Annotated[Aside, Field(description="responses without a usable date: in no bucket")]
    flagged: Annotated[Aside, Field(description="suspected misuse: left out unless include_flagged")]
    links: Links


def read_summary(session: Session, asked: Asked[ComparedQuery], links: Links) -> SummaryAnswer:
    """The answer to the question. Raises ProblemError."""
    around = Surroundings(session, asked)
    period = published_period(asked.scope, asked.period, None)
    found = tallies(session, asked.scope, asked.period, (FLAGGED,))
    # By themselves: of several questions it is known only how many people answered at least, and a difference of two
    # such numbers is none.
    nothing = Period(asked.today, asked.today)
    undated = tallies(session, asked.scope, nothing, (FLAGGED,), undated=True)
    tally = _wanted(found, asked)
    return SummaryAnswer(
        query=ComparedResolved(**resolved(asked, period), compare=asked.query.compare),
        meta=around.meta(around.target),
        data=[Totals(**total(tally, around.target, asked.thresholds.percent_from))],
        thirteen_weeks=_thirteen_weeks(session, asked, period, around.target),
        comparison=compare(session, asked, period, tally),
        undated=aside(asked, _wanted(undated, asked), counted=asked.period.unbounded),
        flagged=aside(asked, found.get((True,), Tally()), counted=asked.query.include_flagged),
        links=links,
    )


def _thirteen_weeks(session: Session, asked: Asked[Any], period: Period, target: float | None) -> ThirteenWeeks | None:
    """Up to the month's end, or to now; none of another period, and none where no weeks are shown."""
    first, after = period
    if first is None or after is None or after.day != 1 or months_before(after, 1) != first:
        return None
    weeks = Period(*weeks_before(asked))
    try:
        tally = tallies(session, asked.scope, weeks).get((), Tally())
    except WholeBucketsError:  # with a filter, somebody from outside is shown months only
        return None
    figures = judged(tally, target, asked.thresholds.percent_from)
    return ThirteenWeeks(**figures, from_=str(weeks.first), to=str(weeks.after))


def _wanted(found: Mapping[tuple[bool], Tally], asked: Asked[Any]) -> Tally:
    """Without suspected misuse, unless it is asked for."""
    clean = found.get((False,), Tally())
    return clean.plus(found.get((True,), Tally())) if asked.query.include_flagged else clean
