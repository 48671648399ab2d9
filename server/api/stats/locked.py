"""Limits that stay: a chart reads its scope's past, so that no period asked for gets limits of its own."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from server.aggregates.counts import tallies
from server.aggregates.dimensions import bucket
from server.aggregates.periods import Granularity, Period, instant, whole_bucket
from server.aggregates.scope import ANSWERED, Scope
from server.api.resolve import Asked
from server.api.stats.groups import part_of
from server.measures.chart import Chart
from server.measures.part import Part


class Past(NamedTuple):
    """The points before what was asked for: the first day of the bucket of each, in order, and what was answered."""

    days: tuple[date, ...] = ()
    parts: tuple[Part, ...] = ()


class Span(NamedTuple):
    """What limits are made of; `after` is the day after the last."""

    first: date
    after: date


class Made(NamedTuple):
    """A chart from its baseline on. `days`: of each point its bucket's first; `asked_from`: the first asked for."""

    chart: Chart
    days: Sequence[date]
    asked_from: int
    recorded: Sequence[date]

    @property
    def asked_for(self) -> Chart:
        """What was asked for of it; its limits are those of the whole."""
        return self.chart._replace(points=self.chart.points[self.asked_from :])

    @property
    def told(self) -> Chart:
        """What there are words for: runs begin in the past; nothing, where nothing that was asked for is a point."""
        return self.chart if self.asked_for.latest else self.asked_for._replace(assurance=None)


def has_past(scope: Scope) -> bool:
    """Whether all of a scope's past can be read: with a filter it is the single responses that are, for a time only."""
    return not scope.filters.used and scope.time_basis == ANSWERED


def end_of_past(day: date, granularity: Granularity) -> date:
    """Where the first whole bucket from that day on begins: one that the day cuts is of the past, as a whole."""
    whole = whole_bucket(day, granularity)
    return day if whole.first == day else whole.after


def find_past(session: Session, asked: Asked[Any], before: date, granularity: Granularity) -> Past:
    """The points of the scope before the first whole bucket from the day `before` on, in one query; seen from outside,
    those that are shown.
    """
    if not has_past(asked.scope):
        return Past()
    period = Period(None, end_of_past(before, granularity))
    found = tallies(session, asked.scope, period, (bucket(granularity),), undated=False)
    points = {day: part_of(tally).point(asked.thresholds.percent_from) for (day,), tally in found.items()}
    over = [
        day
        for day in sorted(points)
        if points[day].basis and instant(whole_bucket(day, granularity).after, asked.place.zone) <= asked.now
    ]
    return Past(tuple(over), tuple(points[day] for day in over))


def places_of(days: Sequence[date], rebases: Iterable[date], granularity: Granularity) -> set[int]:
    """The points at which limits begin anew: of each rebase the first whose bucket holds its day or comes after it."""
    found = set()
    for rebase in rebases:
        places = [place for place, day in enumerate(days) if whole_bucket(day, granularity).after > rebase]
        found |= set(places[:1])
    return found - {0}


def span_of_baseline(chart: Chart, days: Sequence[date], granularity: Granularity) -> Span | None:
    """What the limits in force are made of. `days`: of each point of the chart the first of its bucket."""
    places = chart.baseline_places
    if not places:
        return None
    return Span(days[places[0]], whole_bucket(days[places[-1]], granularity).after)
