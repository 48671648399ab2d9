"""The two icons of each part: is anything special now, and will it reach its target? As its own chart says them."""

from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from server.aggregates.counts import Tally, tallies
from server.aggregates.dimensions import bucket
from server.aggregates.periods import instant, whole_bucket
from server.api.resolve import Asked
from server.api.stats.control import ControlQuery, make_chart
from server.api.stats.groups import DIMENSIONS, Group, part_of
from server.measures.chart import Chart
from server.measures.part import Part


class Variations(NamedTuple):
    """One part with its chart."""

    group: Group
    chart: Chart


def read_variations(session: Session, asked: Asked[ControlQuery], groups: list[Group], by: str) -> list[Variations]:
    """The chart of each group, in their order: that of /stats/spc for it alone, all counted by one question.

    Raises WholeBucketsError, SpanTooLongError.
    """
    granularity, least = asked.query.granularity, asked.thresholds.percent_from
    dimension = next(each for name, each in DIMENSIONS.items() if name.value == by)
    found = tallies(session, asked.scope, asked.period, (dimension, bucket(granularity)), undated=False)
    starts = sorted({start for _, start in found})
    ends = [min(whole_bucket(start, granularity).after, asked.period.after or date.max) for start in starts]
    over = [instant(end, asked.place.zone) <= asked.now for end in ends]

    def chart(group: Group) -> Chart:
        parts = [
            part_of(found.get((group.member.key, start), Tally())).point(least) if is_over else Part(0, 0)
            for start, is_over in zip(starts, over, strict=True)
        ]
        return make_chart(asked.query, parts, group.target, ())

    return [Variations(group, chart(group)) for group in groups]
