"""The statistical process control chart of a positivity: is it only restless, or did something happen?"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.aggregates.counts import Tally
from server.aggregates.periods import Bucket, Granularity, Period, instant, whole_bucket
from server.aggregates.rebases import charted, find_rebases
from server.aggregates.timeseries import Timeseries
from server.api.figures import Surroundings, aside, resolved
from server.api.query import BucketsQuery, Day, wrong
from server.api.resolve import Asked
from server.api.shapes import Aside, BucketsResolved, Links, Meta, Percent
from server.api.stats.groups import part_of
from server.api.stats.locked import Made, Past, find_past, places_of, span_of_baseline
from server.api.stats.series import Mark, Point, find_marks, find_series, point
from server.measures.chart import BASELINE_POINTS, Chart, ChartKind, ChartPoint, ChartSettings, Limits, RunLengths
from server.measures.concerns import special_of
from server.measures.icons import variation
from server.measures.part import Part
from server.measures.pchart import baseline_parts, choose_chart, pchart
from server.measures.reading import how_made, reading
from server.measures.spc import xmr

BASELINE_MAX = 104  # two years of weeks
REBASES_MAX = 20
GRANULARITIES = (Granularity.DAY, Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER)


class Drawing(StrEnum):
    """Which chart; `auto` is the one that fits how many answered."""

    AUTO = "auto"
    XMR = "xmr"
    P = "p"
    P_PRIME = "p-prime"


MORE = {
    "chart": f"one of {', '.join(Drawing)}",
    "baseline": f"2 to {BASELINE_MAX}: limits are made of so many points with answers, and then locked",
    "rebase": "days on which limits would begin anew: what if, which the chart tells and nobody records",
    "screening": "true or false: whether an XmR chart leaves exceptional moving ranges out",
}


class ControlQuery(BucketsQuery):
    """Of a control chart."""

    chart: Drawing = Drawing.AUTO
    baseline: Annotated[int, Field(ge=2, le=BASELINE_MAX)] = BASELINE_POINTS
    rebase: Annotated[list[Day], Field(max_length=REBASES_MAX, default_factory=list)]
    screening: bool = False


class ControlPoint(Point):
    """One bucket with its limits, in percent; all null where the bucket is no point of the chart."""

    mean: Percent | None
    lower: Percent | None
    upper: Percent | None
    near_lower: Percent | None
    near_upper: Percent | None
    charted: Annotated[
        bool, Field(description="whether it is a point: over, not cut by the period, and with answers enough")
    ]
    rule: Annotated[str | None, Field(description="why it is special")]
    side: str | None
    kind: Annotated[str, Field(description="improvement, concern or common cause")]


class ControlChart(BaseModel):
    """How the chart was made and what it says."""

    kind: str
    baseline: int
    baseline_from: Annotated[
        date | None, Field(description="the first day of what the limits in force are made of, before the period too")
    ]
    baseline_to: Annotated[date | None, Field(description="the day after its last")]
    recorded: Annotated[list[date], Field(description="days on which limits begin anew on record: see /rebases")]
    rebase: Annotated[list[date], Field(description="as asked for: what if, recorded nowhere")]
    screening: bool
    trend: int
    shift: int
    left_out: Annotated[int, Field(description="buckets that are over and had too few answers for a point")]
    trial_limits: Annotated[bool, Field(description="the limits in force are of too few points to be relied on")]
    variation: str
    assurance: str | None
    level: Annotated[
        str | None, Field(description="what the latest bucket weighs: concern, watch, highlight or good sign")
    ]
    reading: str
    how_made: str


class ControlAnswer(BaseModel):
    """GET /api/v1/stats/spc."""

    query: BucketsResolved
    meta: Meta
    chart: ControlChart
    data: list[ControlPoint]
    marks: Annotated[list[Mark], Field(description="actions that you may see, by the day they began")]
    flagged: Annotated[Aside, Field(description="suspected misuse: left out unless include_flagged")]
    links: Links


def read_control(
    session: Session, asked: Asked[ControlQuery], links: Links, *, own_limits: bool = False
) -> ControlAnswer:
    """The answer to the question. Raises ProblemError. `own_limits`: of the period asked for, not of the scope's past;
    an action's weeks are judged by what was usual just before it.
    """
    query = asked.query
    if query.granularity not in GRANULARITIES:
        raise wrong("granularity", "is too short for a control chart: an hour has too few answers.")
    series = find_series(session, asked)
    around = Surroundings(session, asked)
    target = around.target_before(series.after)
    past = Past() if own_limits else find_past(session, asked, series.first, query.granularity)
    made = _make(asked, series, past, target, () if own_limits else _recorded(session, asked, series))
    answered = resolved(asked, Period(series.first, series.after))
    return ControlAnswer(
        query=BucketsResolved(**answered, granularity=query.granularity),
        meta=around.meta(target),
        chart=_told(made, query, asked.thresholds.percent_from, too_few(asked, series)),
        data=[
            _point(asked, around, bucket, tally, one)
            for (bucket, tally), one in zip(series.points, made.asked_for.points, strict=True)
        ],
        marks=find_marks(session, asked, series),
        flagged=aside(asked, series.flagged, counted=query.include_flagged),
        links=links,
    )


def _recorded(session: Session, asked: Asked[ControlQuery], series: Timeseries) -> Sequence[date]:
    """The days up to the end of what was asked for at which limits begin anew on record."""
    about = charted(session, asked.scope)
    return [day for day in find_rebases(session, asked.place).get(about, []) if day < series.after] if about else []


def _make(
    asked: Asked[ControlQuery], series: Timeseries, past: Past, target: float | None, recorded: Sequence[date]
) -> Made:
    """The chart of all that is known up to the end of what was asked for."""
    query = asked.query
    days = [*past.days, *(bucket.first for bucket, _ in series.points)]
    places = places_of(days, [*_what_if(query, series, past), *recorded], query.granularity)
    parts = [*past.parts, *charted_parts(asked, series)]
    return Made(make_chart(query, parts, target, tuple(sorted(places))), days, len(past.days), recorded)


def charted_parts(asked: Asked[Any], series: Timeseries) -> list[Part]:
    """One a bucket; empty where it is not over or the period cuts it (a part of a week pulls the chart, and would be
    another point in another period), or has too few for a percentage.
    """
    least = asked.thresholds.percent_from
    return [part.point(least) if over else Part(0, 0) for over, part in _buckets(asked, series)]


def too_few(asked: Asked[Any], series: Timeseries) -> int:
    """The whole buckets that are over, with answers, and yet no points."""
    return sum(over and 0 < part.basis < asked.thresholds.percent_from for over, part in _buckets(asked, series))


def _buckets(asked: Asked[Any], series: Timeseries) -> Iterator[tuple[bool, Part]]:
    """Of each whether it is over and whole, and what was answered."""
    for bucket, tally in series.points:
        whole = whole_bucket(bucket.first, asked.query.granularity)
        is_whole = (whole.first, whole.after) == (bucket.first, bucket.after)
        yield is_whole and instant(bucket.after, asked.place.zone) <= asked.now, part_of(tally)


def make_chart(query: ControlQuery, parts: list[Part], target: float | None, rebases: tuple[int, ...]) -> Chart:
    """The chart of these parts. `target`: percent."""
    settings = ChartSettings(
        target=None if target is None else target / 100,
        baseline=query.baseline,
        rebases=rebases,
        lengths=RunLengths(),
        screening=query.screening,
    )
    kinds = {Drawing.XMR: ChartKind.XMR, Drawing.P: ChartKind.P, Drawing.P_PRIME: ChartKind.P_PRIME}
    kind = kinds.get(query.chart) or choose_chart(baseline_parts(parts, settings))
    if kind is ChartKind.XMR:
        return xmr([part.share for part in parts], settings)
    return pchart(parts, settings, prime=kind is ChartKind.P_PRIME)


def _what_if(query: ControlQuery, series: Timeseries, past: Past) -> list[date]:
    """The days asked for at which limits would begin anew: within the chart, after the first point there is."""
    for day in query.rebase:
        holding = [place for place, (bucket, _) in enumerate(series.points) if bucket.first <= day < bucket.after]
        if not holding or (holding[0] == 0 and not past.days):
            raise wrong("rebase", f"{day} is not within the period, after its first bucket.")
    return sorted(set(query.rebase))


def _told(made: Made, query: ControlQuery, least: int, left_out: int) -> ControlChart:
    chart = made.told
    settings, special = chart.settings, special_of(chart)
    span = span_of_baseline(made.chart, made.days, query.granularity)
    days = f"{span.first} to {span.after - timedelta(days=1)}" if span else ""
    anew = [f"on {day}" for day in made.recorded]
    anew += [f"on {day} (asked for, not recorded)" for day in sorted(set(query.rebase) - set(made.recorded))]
    return ControlChart(
        kind=chart.kind,
        baseline=settings.baseline,
        baseline_from=span.first if span else None,
        baseline_to=span.after if span else None,
        recorded=list(made.recorded),
        rebase=sorted(set(query.rebase)),
        screening=settings.screening,
        trend=settings.lengths.trend,
        shift=settings.lengths.shift,
        left_out=left_out,
        trial_limits=chart.trial_limits,
        variation=variation(chart).words,
        assurance=chart.assurance,
        level=special.level if special else None,
        reading=reading(chart, "Positivity", bucket=query.granularity, least=least, left_out=left_out),
        how_made=how_made(chart, bucket=query.granularity, least=least, left_out=left_out, span=days, anew=anew),
    )


def _point(
    asked: Asked[ControlQuery], around: Surroundings, bucket: Bucket, tally: Tally, made: ChartPoint
) -> ControlPoint:
    limits = made.limits.drawn() if made.limits else None
    drawn = {name: round(100 * getattr(limits, name), 1) if limits else None for name in Limits._fields}
    fields: dict[str, Any] = point(asked, around, bucket, tally).model_dump() | drawn
    return ControlPoint(
        **fields,
        charted=made.value is not None,
        rule=made.signal.rule if made.signal else None,
        side=made.signal.side if made.signal else None,
        kind=made.kind,
    )
