"""The figures of a whole period in one row, held against its target and what they are compared with."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.aggregates.counts import Tally, tallies
from server.aggregates.dimensions import FLAGGED
from server.aggregates.outside import published_period
from server.aggregates.periods import Period
from server.api.figures import Surroundings, aside, resolved, total
from server.api.query import ComparedQuery
from server.api.resolve import Asked
from server.api.shapes import Aside, Comparison, Links, Meta, ResolvedQuery, Totals
from server.api.stats.comparing import compare


class ComparedResolved(ResolvedQuery):
    """With what the totals are held against."""

    compare: str


class SummaryAnswer(BaseModel):
    """GET /api/v1/stats/summary."""

    query: ComparedResolved
    meta: Meta
    data: Annotated[list[Totals], Field(description="one row")]
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
        comparison=compare(session, asked, period, tally),
        undated=aside(_wanted(undated, asked), counted=asked.period.unbounded),
        flagged=aside(found.get((True,), Tally()), counted=asked.query.include_flagged),
        links=links,
    )


def _wanted(found: Mapping[tuple[bool], Tally], asked: Asked[Any]) -> Tally:
    """Without suspected misuse, unless it is asked for."""
    clean = found.get((False,), Tally())
    return clean.plus(found.get((True,), Tally())) if asked.query.include_flagged else clean
