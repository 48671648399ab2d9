"""Positivity over time: every bucket of the period, empty ones too, and what is in no bucket."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.aggregates.counts import Tally
from server.aggregates.outside import published_period
from server.aggregates.periods import Bucket, Granularity, Period, instant
from server.aggregates.timeseries import Timeseries, TooManyBucketsError, timeseries
from server.api.figures import Surroundings, aside, judged, resolved, total
from server.api.query import SeriesQuery, wrong
from server.api.resolve import Asked
from server.api.shapes import Aside, Comparison, Judged, Links, Meta, SeriesResolved, Totals
from server.api.stats.comparing import compare
from server.improvement.marks import action_marks


class Point(Judged):
    """One bucket; its instants are in UTC."""

    period: str
    start: datetime
    end: datetime
    complete: Annotated[
        bool, Field(description="it is over, and every device in use but the late ones has delivered since")
    ]


class Mark(BaseModel):
    """An action that began: a line on the chart."""

    day: date
    title: str
    action: int


class TimeseriesAnswer(BaseModel):
    """GET /api/v1/stats/timeseries."""

    query: SeriesResolved
    meta: Meta
    data: list[Point]
    totals: Totals
    undated: Annotated[Aside, Field(description="responses without a usable date: in no bucket")]
    flagged: Annotated[Aside, Field(description="suspected misuse: left out unless include_flagged")]
    comparison: Annotated[Comparison | None, Field(description="of the totals")] = None
    without_hour: Annotated[
        Aside | None, Field(description="by hour: of days of a team too few to tell their hours; null of other buckets")
    ]
    marks: Annotated[list[Mark], Field(description="actions that you may see, by the day they began")]
    links: Links


def read_timeseries(session: Session, asked: Asked[SeriesQuery], links: Links) -> TimeseriesAnswer:
    """The answer to the question. Raises ProblemError."""
    series = find_series(session, asked)
    around = Surroundings(session, asked)
    least = asked.thresholds.percent_from
    target = around.target_before(series.after)
    answered = resolved(asked, Period(series.first, series.after))
    hourly = asked.query.granularity is Granularity.HOUR
    return TimeseriesAnswer(
        query=SeriesResolved(**answered, granularity=asked.query.granularity, compare=asked.query.compare),
        meta=around.meta(target),
        comparison=compare(session, asked, _compared_period(asked), series.totals),
        data=[point(asked, around, bucket, tally) for bucket, tally in series.points],
        totals=Totals(**total(series.totals, target, least)),
        undated=aside(asked, series.undated, counted=asked.period.unbounded),
        flagged=aside(asked, series.flagged, counted=asked.query.include_flagged),
        without_hour=aside(asked, series.without_hour, counted=True) if hourly else None,
        marks=find_marks(session, asked, series),
        links=links,
    )


def _compared_period(asked: Asked[SeriesQuery]) -> Period:
    """What the totals are of, with the ends that were asked for."""
    return published_period(asked.scope, asked.period, asked.query.granularity)


def find_marks(session: Session, asked: Asked[Any], series: Timeseries) -> list[Mark]:
    """Of actions that began within the series, and are about what was asked for."""
    scope = asked.scope
    found = action_marks(session, asked.viewer, teams=scope.teams, services=scope.services, questions=scope.questions)
    return [
        Mark(day=mark.day, title=mark.title, action=mark.action_id)
        for mark in found
        if series.first <= mark.day < series.after
    ]


def find_series(session: Session, asked: Asked[Any]) -> Timeseries:
    """The counts of each bucket. Raises ProblemError."""
    try:
        return timeseries(session, asked.scope, asked.period, asked.query.granularity, asked.today)
    except TooManyBucketsError as error:
        raise wrong("granularity", f"{error} Ask for a coarser granularity or a shorter period.") from None


def point(asked: Asked[Any], around: Surroundings, bucket: Bucket, tally: Tally) -> Point:
    end = instant(bucket.after, asked.place.zone)
    return Point(
        **judged(tally, around.target_before(_day_after(bucket, asked)), asked.thresholds.percent_from),
        period=bucket.label,
        start=instant(bucket.first, asked.place.zone),
        end=end,
        complete=around.is_complete(end),
    )


def _day_after(bucket: Bucket, asked: Asked[Any]) -> date:
    """The local day after the bucket's last one; of an hour, after its own."""
    if isinstance(bucket.first, datetime):
        return bucket.first.astimezone(asked.place.zone).date() + timedelta(days=1)
    return bucket.after
