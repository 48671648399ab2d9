"""When answers are given, told inside the teams only: by local weekday and hour, with what a clock change doubles."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.aggregates.dimensions import QUESTION
from server.aggregates.heatmap import HeatCell as Counted
from server.aggregates.heatmap import heatmap as counted_by_hour
from server.aggregates.members import members
from server.api.figures import Surroundings, flagged_beside, percent, resolved
from server.api.query import FiguresQuery
from server.api.resolve import Asked
from server.api.shapes import Aside, Links, Meta, Percent, ResolvedQuery
from server.measures.heatmap import HeatCell, Square, heatmap, hours_passed
from server.measures.part import Part

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Metric(StrEnum):
    """What each square tells."""

    N = "n"
    POSITIVITY = "positivity"


MORE = {"metric": f"one of {', '.join(Metric)}: what each square tells"}


class HeatQuery(FiguresQuery):
    """Of the heat map."""

    metric: Metric = Metric.N


class HeatResolved(ResolvedQuery):
    """With what each square tells."""

    metric: str


class HeatRow(BaseModel):
    """One hour of the week."""

    weekday: Annotated[int, Field(ge=1, le=7, description="1 Monday to 7 Sunday")]
    day: str
    hour: Annotated[int, Field(ge=0, le=23, description="local")]
    n: Annotated[int, Field(description="answers: positive + neutral + negative")]
    positivity: Percent | None
    ci95: tuple[Percent, Percent] | None
    suppressed: bool
    hours: Annotated[int | None, Field(description="how often this hour really passed in the period")]
    per_hour: Annotated[float | None, Field(description="answers an hour")]


class HeatAnswer(BaseModel):
    """GET /api/v1/stats/heatmap: 168 rows."""

    query: HeatResolved
    meta: Meta
    data: list[HeatRow]
    flagged: Annotated[Aside, Field(description="suspected misuse: left out unless include_flagged")]
    links: Links


def read_heatmap(session: Session, asked: Asked[HeatQuery], links: Links) -> HeatAnswer:
    """The answer to the question. Raises ProblemError, WholeBucketsError."""
    told = asked.query.metric is Metric.POSITIVITY
    around = Surroundings(session, asked)
    found = counted_by_hour(session, asked.scope, asked.period)
    # Nobody answers a question twice: at least so many people gave these answers.
    questions = max(1, len(members(session, asked.scope, QUESTION, asked.now, ())))
    first, after = asked.period
    hours = hours_passed(first, after, asked.place.zone) if first and after else {}
    parts = {
        Square(*key): Part(cell.positive, cell.counted, -(-cell.counted // questions))
        for key, cell in found.items()
        if told
    }
    return HeatAnswer(
        query=HeatResolved(**resolved(asked), metric=asked.query.metric),
        meta=around.meta(around.target),
        data=[
            _row(cell, found.get((cell.square.weekday, cell.square.hour)), told=told, hours=hours.get(cell.square))
            for cell in heatmap(parts, hours, asked.thresholds.percent_from)
        ],
        flagged=flagged_beside(session, asked),
        links=links,
    )


def _row(cell: HeatCell, counted: Counted | None, *, told: bool, hours: int | None) -> HeatRow:
    n = counted.counted if counted else 0
    interval = cell.interval
    return HeatRow(
        weekday=cell.square.weekday + 1,
        day=DAYS[cell.square.weekday],
        hour=cell.square.hour,
        n=n,
        positivity=percent(None if cell.share is None else 100 * cell.share),
        ci95=None if interval is None else (round(100 * interval.lower, 1), round(100 * interval.upper, 1)),
        suppressed=told and cell.part.n > 0 and cell.share is None,
        hours=hours,
        per_hour=round(n / hours, 3) if hours else None,
    )
