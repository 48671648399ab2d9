"""The funnel: which parts differ from all together by more than their n explains. Never a ranking."""

from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.api.figures import Surroundings, flagged_beside, percent, resolved
from server.api.resolve import Asked
from server.api.shapes import Aside, Links, Meta, Percent
from server.api.stats.breakdown import BreakdownQuery, BreakdownResolved, PartFigures, part_fields
from server.api.stats.groups import Group, by_code, find_groups
from server.measures.funnel import FunnelPoint, funnel


class FunnelRow(PartFigures):
    """One part in the funnel; limits in percent."""

    basis: Annotated[int, Field(description="the n of the limits: at least so many people answered")]
    lower_95: Percent | None
    upper_95: Percent | None
    lower_998: Percent | None
    upper_998: Percent | None
    place: Annotated[str | None, Field(description="where it lies; null below 10 responses: too few to be judged")]


class FunnelAnswer(BaseModel):
    """GET /api/v1/stats/funnel."""

    query: BreakdownResolved
    meta: Meta
    pooled: Annotated[Percent | None, Field(description="all parts together: the middle of the funnel")]
    data: Annotated[list[FunnelRow], Field(description="in order of name")]
    flagged: Annotated[Aside, Field(description="suspected misuse: left out unless include_flagged")]
    links: Links


def read_funnel(session: Session, asked: Asked[BreakdownQuery], links: Links) -> FunnelAnswer:
    """The answer to the question. Raises ProblemError."""
    around = Surroundings(session, asked)
    groups = by_code(find_groups(session, asked, asked.query.by, around))
    found = funnel({code: group.part for code, group in groups.items()})
    enough = sum(group.part.basis for group in groups.values()) >= asked.thresholds.percent_from
    return FunnelAnswer(
        query=BreakdownResolved(**resolved(asked), by=asked.query.by),
        meta=around.meta(around.target),
        pooled=percent(100 * found.pooled) if enough and found.pooled is not None else None,
        data=[_row(groups[code], point, asked, shown=enough) for code, point in found.points.items()],
        flagged=flagged_beside(session, asked),
        links=links,
    )


def _row(group: Group, point: FunnelPoint, asked: Asked[BreakdownQuery], *, shown: bool) -> FunnelRow:
    """Limits lie around the pooled share: where that may not be published, neither may they."""
    inner, outer = (point.limits_95, point.limits_998) if shown else (None, None)
    judged = shown and group.part.basis >= asked.thresholds.percent_from
    return FunnelRow(
        **part_fields(group, asked),
        basis=group.part.basis,
        lower_95=percent(100 * inner.lower) if inner else None,
        upper_95=percent(100 * inner.upper) if inner else None,
        lower_998=percent(100 * outer.lower) if outer else None,
        upper_998=percent(100 * outer.upper) if outer else None,
        place=point.place if judged else None,
    )
