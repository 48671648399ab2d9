"""Figures as they are published, to programs and on pages alike: rounded, silent where too few answered."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.requests import Request

from server.aggregates.counts import Tally, tallies
from server.aggregates.custody import data_version
from server.aggregates.delivery import delivery
from server.aggregates.devices import Lineage
from server.aggregates.dimensions import FLAGGED
from server.aggregates.lineages import lineages_of
from server.aggregates.outside import published_period
from server.aggregates.periods import Period, instant
from server.aggregates.targets import Targets, find_targets
from server.api.query import FiguresQuery
from server.api.resolve import Asked
from server.api.shapes import Aside, Filters, Links, Meta
from server.measures.positivity import Positivity, Precision, positivity
from server.measures.verdict import at_or_above, responses_needed, verdict

LATE_AFTER = timedelta(days=7)  # a device is heard daily; after a week somebody should look for it
NOT_TOLD_BY_FILTER = "Not told from outside a team: how many there are by a filter is what they answered."
LEFT_OUT = ("neutral", "negative", "excluded", "skipped", "timed_out")


def measured(tally: Tally, percent_from: int) -> dict[str, Any]:
    """The fields of shapes.Measured."""
    return _measured(positivity(*tally[:3], percent_from=percent_from), tally.withheld)


def judged(tally: Tally, target: float | None, percent_from: int) -> dict[str, Any]:
    """The fields of shapes.Judged. `target`: percent."""
    found = positivity(*tally[:3], percent_from=percent_from)
    return {
        **_measured(found, tally.withheld),
        "target": target,
        "at_or_above": at_or_above(found, target),
        "verdict": verdict(found, target),
        "responses_needed": responses_needed(found, target),
    }


def total(tally: Tally, target: float | None, percent_from: int) -> dict[str, Any]:
    """The fields of shapes.Totals."""
    return judged(tally, target, percent_from) | {name: getattr(tally.counts, name) for name in LEFT_OUT}


def _measured(found: Positivity, withheld: int | None) -> dict[str, Any]:
    interval = found.interval_percent
    return {
        "n": found.n,
        "responses": found.responses,
        "positive": found.positive,
        "positivity": percent(found.percent),
        "ci95": None if interval is None else (round(interval.lower, 1), round(interval.upper, 1)),
        "suppressed": found.precision is Precision.SUPPRESSED,
        "precision": found.precision.value,
        "withheld": withheld,
    }


def percent(value: float | None) -> float | None:
    """As it is published: one decimal."""
    return None if value is None else round(value, 1)


def aside(asked: Asked[Any], tally: Tally, *, counted: bool) -> Aside:
    """What stands beside the buckets; by a filter, it is not known to who asks from outside."""
    if asked.scope.outside and asked.scope.filters.used:
        return Aside(n=None, responses=None, withheld=None, counted=counted, not_told=NOT_TOLD_BY_FILTER)
    found = positivity(*tally[:3])
    return Aside(n=found.n, responses=found.responses, withheld=tally.withheld, counted=counted, not_told=None)


def flagged_beside(session: Session, asked: Asked[Any], period: Period | None = None) -> Aside:
    """How much of the period, the one asked about or another, is suspected misuse: left out of the rows, and always
    told. Raises WholeBucketsError.
    """
    silent = asked.scope.outside and asked.scope.filters.used
    found = {} if silent else tallies(session, asked.scope, period or asked.period, (FLAGGED,))
    return aside(asked, found.get((True,), Tally()), counted=asked.query.include_flagged)


def resolved(asked: Asked[Any], period: Period | None = None) -> dict[str, Any]:
    """The fields of shapes.ResolvedQuery. `period`: as it was answered, where that is known better by now; else what
    the viewer is shown of the one asked about. Raises WholeBucketsError.
    """
    query: FiguresQuery = asked.query
    first, after = published_period(asked.scope, asked.period, None) if period is None else period
    narrowing = {name: getattr(query, name) for name in Filters.model_fields}
    narrowing["stage"] = list(asked.scope.filters.stage)  # by number, however it was named
    return {
        "organisation": asked.place.organisation_id,
        "from_": None if first is None else first.isoformat(),
        "to": None if after is None else after.isoformat(),
        "timezone": asked.place.zone.key,
        "filters": Filters(**narrowing),
        "include_flagged": query.include_flagged,
        "time_basis": query.time_basis,
        "min_n": query.min_n,
    }


class Surroundings:
    """What surrounds the figures of one question: targets, and how far the devices have delivered."""

    def __init__(self, session: Session, asked: Asked[Any]) -> None:
        self._asked = asked
        self._targets = find_targets(session, asked.place)
        self._lineages = lineages_of(session, asked.scope)
        self._delivery = delivery(session, asked.scope, asked.now, asked.now - LATE_AFTER, asked.period)
        self._data_version = data_version(session, asked.place)
        self.delivered_through = min(asked.now, self._delivery.through or asked.now)

    @property
    def targets(self) -> Targets:
        """All of the organisation."""
        return self._targets

    @property
    def target(self) -> float | None:
        """The one in force for the whole scope on the last day that is told of the period, in percent."""
        return self._target_on(self._last_day)

    def target_before(self, after: date) -> float | None:
        """The target on the last day before `after`; of days to come, today's. Where a device was then decides, not
        where it has been moved to since.
        """
        return self._target_on(min(after - timedelta(days=1), self._asked.today))

    def target_of(self, lineage: Lineage) -> float | None:
        """The target of a part of the scope on that day, in percent."""
        return self._targets.percent_on(self._last_day, lineage)

    def _target_on(self, day: date) -> float | None:
        at_its_end = instant(day + timedelta(days=1), self._asked.place.zone) - timedelta(microseconds=1)
        return self._targets.percent_on(day, self._lineages.at(min(at_its_end, self._asked.now)))

    @property
    def _last_day(self) -> date:
        """None to come; from outside, none of a month that is not told yet: its target is not theirs to miss."""
        asked = self._asked
        told = asked.scope.horizon if asked.scope.outside else asked.today + timedelta(days=1)
        return min(asked.period.after or told, told) - timedelta(days=1)

    def is_complete(self, end: datetime) -> bool:
        """Whether what lies before the instant `end` can hardly change any more."""
        return end <= self.delivered_through

    def meta(self, target: float | None) -> Meta:
        """What the reader of the figures should know."""
        asked, delivered = self._asked, self._delivery
        after = asked.period.after
        return Meta(
            data_version=self._data_version,
            as_of=asked.now,
            view="outside" if asked.scope.outside else "inside",
            target=target,
            suppressed_below=asked.thresholds.percent_from,
            withheld_below=asked.thresholds.published_from,
            complete=after is not None and self.is_complete(instant(after, asked.place.zone)),
            late_devices=delivered.late,
            never_heard=delivered.never_heard,
            pending_reported=delivered.waiting if asked.scope.tells_waiting else None,
        )


def end_of(asked: Asked[Any]) -> datetime:
    """The last instant of the period, or now where it is not over: what a verdict is about."""
    if asked.period.after is None:
        return asked.now
    return min(asked.now, instant(asked.period.after, asked.place.zone) - timedelta(microseconds=1))


def links(request: Request) -> Links:
    """The addresses of the answer to this request."""
    path = request.url.path
    items = [item for item in request.query_params.multi_items() if item[0] != "format"]

    def address(*more: tuple[str, str]) -> str:
        return path + (f"?{urlencode([*items, *more])}" if [*items, *more] else "")

    return Links(self=address(), csv=address(("format", "csv")), xlsx=address(("format", "xlsx")))
