"""The counts of a time series: every bucket of its period, empty ones too, and what is in no bucket."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce

from sqlalchemy.orm import Session

from server.aggregates.counts import Tally, tallies
from server.aggregates.dimensions import FLAGGED, bucket
from server.aggregates.outside import published_period
from server.aggregates.periods import Bucket, Granularity, Period, buckets, count_buckets, whole_bucket
from server.aggregates.scope import Scope
from server.ingest.tables import UNDATED

BUCKETS_MAX = 800  # two years of days: more points than a chart has pixels, and a bound on one request's work


class TooManyBucketsError(ValueError):
    """A period has more buckets of its granularity than one chart may have."""

    def __init__(self, number: int, granularity: Granularity) -> None:
        super().__init__(f"The period has {number} {granularity}s, and one series has at most {BUCKETS_MAX}.")


@dataclass(frozen=True)
class Timeseries:
    """`points` are in order; `first` and `after` say what they cover. `totals` is the sum of the points, and
    of `undated` where the period has no ends: an answer without a usable date is in no bounded period.
    `flagged`, suspected misuse, is left out of all three unless the scope includes it. `without_hour`: what the
    viewer is not told the hour of; of hours it is in no point, and in the totals all the same.
    """

    first: date
    after: date
    points: list[tuple[Bucket, Tally]]
    undated: Tally
    flagged: Tally
    totals: Tally
    without_hour: Tally


def timeseries(session: Session, scope: Scope, period: Period, granularity: Granularity, today: date) -> Timeseries:
    """The series of `scope` over `period`. An open end is set by the answers there are, but reaches `today`; seen from
    outside, the series ends with what is over.

    Raises TooManyBucketsError, WholeBucketsError, SpanTooLongError.
    """
    if period.first and period.after:
        _check_length(period.first, period.after, granularity)
    covered = published_period(scope, period, granularity)
    found = tallies(session, scope, period, (bucket(granularity), FLAGGED), undated=True)
    hourly = granularity is Granularity.HOUR  # its period has two ends, or the single responses would not be read
    starts = [] if hourly else [start for start, _ in found if start != UNDATED]
    ends = [covered.after - timedelta(days=1)] if covered.after else []  # it may lie before all answers
    latest = max([*starts, *ends]) if scope.outside else max([*starts, today])
    first = covered.first or whole_bucket(min([*starts, *ends, today]), granularity).first
    after = covered.after or whole_bucket(max(latest, first), granularity).after
    _check_length(first, after, granularity)

    wanted = (False, True) if scope.include_flagged else (False,)

    def tally_of(start: date) -> Tally:
        return _sum(found.get((start, flagged), Tally()) for flagged in wanted)

    points = [
        (each, tally_of(each.first if hourly else whole_bucket(each.first, granularity).first))
        for each in buckets(first, after, granularity, scope.place.zone)
    ]
    undated = tally_of(UNDATED)
    suspected = _sum(
        tally for (start, flagged), tally in found.items() if flagged and (start != UNDATED or period.unbounded)
    )
    totals = _sum([*(tally for _, tally in points), undated if period.unbounded else Tally()])
    if hourly or (len(scope.questions) > 1 and not scope.outside):
        # How many people answered several questions is a lower bound, and of each bucket another than of the whole; and
        # some hours are not told. The totals are those of every other figure of the same filter; outsiders are shown
        # sums of whole buckets.
        whole = tallies(session, scope, period, (FLAGGED,))
        suspected, pointed = whole.get((True,), Tally()), totals
        totals = _sum(whole.get((flagged,), Tally()) for flagged in wanted)
        without_hour = _rest(totals, pointed) if hourly else Tally()
        return Timeseries(first, after, points, undated, suspected, totals, without_hour)
    return Timeseries(first, after, points, undated, suspected, totals, Tally())


def _rest(whole: Tally, part: Tally) -> Tally:
    """How many people answered several questions is a lower bound of both; the rest is at least none."""
    return Tally(whole.counts.less(part.counts), max(whole.responses - part.responses, 0))


def _check_length(first: date, after: date, granularity: Granularity) -> None:
    number = count_buckets(first, after, granularity)
    if number > BUCKETS_MAX:
        raise TooManyBucketsError(number, granularity)


def _sum(tallies_: Iterable[Tally]) -> Tally:
    return reduce(Tally.plus, tallies_, Tally())
