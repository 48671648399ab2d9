"""The two icons of each part: is anything special now, and will it reach its target? As its own chart says them."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from server.aggregates.counts import Tally, tallies
from server.aggregates.dimensions import Dimension, bucket
from server.aggregates.periods import Period, instant, whole_bucket
from server.aggregates.rebases import charted_by, find_rebases
from server.api.resolve import Asked
from server.api.stats.control import ControlQuery, make_chart
from server.api.stats.groups import DIMENSIONS, By, Group, part_of
from server.api.stats.locked import Made, Past, end_of_past, has_past, places_of
from server.measures.chart import Chart
from server.measures.part import Part


class Variations(NamedTuple):
    """One part with its chart."""

    group: Group
    chart: Chart


def read_variations(session: Session, asked: Asked[ControlQuery], groups: list[Group], by: By) -> list[Variations]:
    """The chart of each group, in their order: that of /stats/spc for it alone, all counted by two questions.

    Raises WholeBucketsError, SpanTooLongError.
    """
    granularity = asked.query.granularity
    buckets = (DIMENSIONS[by], bucket(granularity))
    found = tallies(session, asked.scope, asked.period, buckets, undated=False)
    starts = sorted({start for _, start in found})
    first = asked.period.first
    pasts = _pasts(session, asked, first, buckets) if first and has_past(asked.scope) else {}
    rebases, after = find_rebases(session, asked.place), asked.period.after or date.max
    one = len(asked.scope.questions) < 2
    question = next(iter(asked.scope.questions), None)

    def chart(group: Group) -> Chart:
        key = group.member.key
        past = pasts.get(key, Past())
        parts = [_part(asked, start, found.get((key, start), Tally())) for start in starts]
        about = charted_by(session, asked.scope, DIMENSIONS[by], key, question) if one and rebases else None
        recorded = [day for day in rebases.get(about, []) if day < after] if about else []
        days = [*past.days, *starts]
        places = places_of(days, recorded, granularity)
        whole = make_chart(asked.query, [*past.parts, *parts], group.target, tuple(sorted(places)))
        return Made(whole, days, len(past.days), recorded).told

    return [Variations(group, chart(group)) for group in groups]


def _part(asked: Asked[Any], start: date, tally: Tally) -> Part:
    """Empty where the bucket is not over, the period cuts it, or too few answered for a percentage."""
    whole, period = whole_bucket(start, asked.query.granularity), asked.period
    cut = any(end is not None and whole.first < end < whole.after for end in period)
    over = instant(whole.after, asked.place.zone) <= asked.now
    return part_of(tally).point(asked.thresholds.percent_from) if over and not cut else Part(0, 0)


def _pasts(session: Session, asked: Asked[Any], first: date, buckets: tuple[Dimension, Dimension]) -> dict[Any, Past]:
    """Of each group the points before what was asked for, as find_past finds them of one."""
    found = tallies(
        session, asked.scope, Period(None, end_of_past(first, asked.query.granularity)), buckets, undated=False
    )
    pasts: dict[Any, Past] = {}
    for (key, day), tally in sorted(found.items(), key=lambda each: each[0][1]):
        part = part_of(tally).point(asked.thresholds.percent_from)
        over = instant(whole_bucket(day, asked.query.granularity).after, asked.place.zone) <= asked.now
        if part.basis and over:
            before = pasts.get(key, Past())
            pasts[key] = Past((*before.days, day), (*before.parts, part))
    return pasts
