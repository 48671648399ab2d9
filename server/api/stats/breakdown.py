"""The figures of each part of the scope: teams, devices, questions... in order of name, never of positivity."""

from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.api.figures import Surroundings, flagged_beside, resolved, total
from server.api.query import FiguresQuery
from server.api.resolve import Asked
from server.api.shapes import Aside, Links, Meta, ResolvedQuery, Totals
from server.api.stats.groups import PARTS_MEANING, By, Group, find_groups

MORE = {"by": PARTS_MEANING}


class BreakdownQuery(FiguresQuery):
    """Of figures by part."""

    by: By = By.TEAM


class BreakdownResolved(ResolvedQuery):
    """With what the figures are broken down by."""

    by: str


class PartFigures(Totals):
    """One part, with data or without."""

    code: Annotated[str, Field(description="as an address names it")]
    name: str


class BreakdownAnswer(BaseModel):
    """GET /api/v1/stats/breakdown."""

    query: BreakdownResolved
    meta: Meta
    data: list[PartFigures]
    flagged: Annotated[Aside, Field(description="suspected misuse: left out unless include_flagged")]
    links: Links


def read_breakdown(session: Session, asked: Asked[BreakdownQuery], links: Links) -> BreakdownAnswer:
    """The answer to the question. Raises ProblemError."""
    around = Surroundings(session, asked)
    groups = find_groups(session, asked, asked.query.by, around)
    return BreakdownAnswer(
        query=BreakdownResolved(**resolved(asked), by=asked.query.by),
        meta=around.meta(around.target),
        data=[PartFigures(**part_fields(group, asked)) for group in groups],
        flagged=flagged_beside(session, asked),
        links=links,
    )


def part_fields(group: Group, asked: Asked[Any]) -> dict[str, Any]:
    """The fields of PartFigures."""
    figures = total(group.tally, group.target, asked.thresholds.percent_from)
    return {"code": group.member.code, "name": group.member.name, **figures}
