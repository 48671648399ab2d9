"""Responses since the start: how many there had been at the end of each week, month or quarter."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.aggregates.coverage import responses_since_start
from server.aggregates.periods import Granularity, Period, instant
from server.api.figures import Surroundings, flagged_beside, resolved
from server.api.query import EVERYBODY_IS_TOLD, FiguresQuery, refuse_without_effect
from server.api.resolve import Asked
from server.api.shapes import Aside, Links, Meta, ResolvedQuery


class Step(StrEnum):
    """From one running total to the next."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


MORE = {"granularity": f"one of {', '.join(Step)}: from one running total to the next"}


class CumulativeQuery(FiguresQuery):
    """Of responses since the start."""

    granularity: Step = Step.MONTH


class CumulativeResolved(ResolvedQuery):
    """With the length of a step."""

    granularity: str


class RunningTotal(BaseModel):
    """The end of one bucket; its instants are in UTC."""

    period: str
    start: datetime
    end: datetime
    n: Annotated[int, Field(description="responses since the start, undated ones left out")]
    complete: Annotated[bool, Field(description="it is over, and every device in use but the late ones has delivered")]


class CumulativeAnswer(BaseModel):
    """GET /api/v1/stats/cumulative."""

    query: CumulativeResolved
    meta: Meta
    data: list[RunningTotal]
    flagged: Annotated[Aside, Field(description="suspected misuse: left out unless include_flagged")]
    links: Links


def read_cumulative(session: Session, asked: Asked[CumulativeQuery], links: Links) -> CumulativeAnswer:
    """The answer to the question. Raises ProblemError, TooManyBucketsError."""
    refuse_without_effect(asked.query, "min_n", EVERYBODY_IS_TOLD)
    around, zone = Surroundings(session, asked), asked.place.zone
    step = asked.query.granularity
    totals = responses_since_start(session, asked.scope, asked.period, Granularity(step), asked.today)
    return CumulativeAnswer(
        query=CumulativeResolved(**resolved(asked), granularity=step),
        meta=around.meta(around.target),
        data=[
            RunningTotal(
                period=bucket.label,
                start=instant(bucket.first, zone),
                end=(end := instant(bucket.after, zone)),
                n=number,
                complete=around.is_complete(end),
            )
            for bucket, number in totals
        ],
        flagged=flagged_beside(session, asked, Period(None, asked.period.after)),
        links=links,
    )
