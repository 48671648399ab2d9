"""What totals are held against: the span before, the same span a year before, or the whole organisation."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from server.aggregates.counts import SpanTooLongError, Tally, WholeBucketsError, tallies
from server.aggregates.outside import published_period
from server.aggregates.periods import Period
from server.api.figures import measured
from server.api.query import Compare, wrong
from server.api.resolve import Asked
from server.api.shapes import Comparison
from server.api.stats.groups import part_of
from server.measures.effect import compare as effect_of

WEEKS_OF_YEAR = 52  # a span of whole weeks is held against whole weeks: 364 days before


def compare(session: Session, asked: Asked[Any], period: Period, ours: Tally) -> Comparison | None:
    """`period`: what `ours` was counted over. None where nothing is to be compared. Raises ProblemError."""
    kind: Compare = asked.query.compare
    if kind is Compare.NONE:
        return None
    if kind is Compare.ORGANISATION:
        theirs, tally = _of_organisation(session, asked, period)
    else:
        theirs = earlier(period, kind)
        tally = tallies(session, asked.scope, theirs).get((), Tally())
    effect = effect_of(part_of(tally), part_of(ours), percent_from=asked.thresholds.percent_from)
    # A part of the organisation is among its answers: an interval for two different groups would be wrong there.
    apart = kind is not Compare.ORGANISATION
    interval = effect.change_interval_points if apart else None
    return Comparison(
        **measured(tally, asked.thresholds.percent_from),
        with_=kind.value,
        from_=_day(theirs.first),
        to=_day(theirs.after),
        difference_points=None if effect.change_points is None else round(effect.change_points, 1),
        difference_ci95=None if interval is None else (round(interval.lower, 1), round(interval.upper, 1)),
        conclusion=effect.conclusion.value if apart else None,
    )


def _of_organisation(session: Session, asked: Asked[Any], period: Period) -> tuple[Period, Tally]:
    """All teams by the same filters, as they are shown from outside, and the days of it. Raises ProblemError."""
    scope = asked.scope.whole_organisation(asked.today)
    try:
        theirs = published_period(scope, period, None)
        return theirs, tallies(session, scope, theirs).get((), Tally())
    except (WholeBucketsError, SpanTooLongError) as error:
        whole = "org is the whole organisation by the same filters, as it is shown from outside. There"
        raise wrong("compare", f"{whole} {error.parameter} {error} Or ask without compare.") from None


def earlier(period: Period, kind: Compare) -> Period:
    """The span before this one: months before months, weeks before weeks, else as many days. Raises ProblemError."""
    first, after = period
    if first is None or after is None:
        raise wrong("compare", "needs a period with a beginning and an end.")
    months = _whole_months(first, after)
    if kind is Compare.PREVIOUS:
        return Period(months_before(first, months), first) if months else Period(first - (after - first), first)
    if months:
        return Period(months_before(first, 12), months_before(after, 12))
    year = timedelta(weeks=WEEKS_OF_YEAR)  # the same weekdays
    return Period(first - year, after - year)


def _whole_months(first: date, after: date) -> int:
    """How many months the span is made of; 0 where it is not made of whole ones."""
    if first.day != 1 or after.day != 1:
        return 0
    return (after.year - first.year) * 12 + after.month - first.month


def months_before(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 - months, 12)
    return date(year, month + 1, 1)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
