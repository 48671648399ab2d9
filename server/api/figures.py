"""Figures as they are published, to programs and on pages alike: rounded, silent where too few answered."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.aggregates.counts import Tally
from server.aggregates.custody import records_in_custody
from server.aggregates.devices import Standing, device_tallies, standings
from server.aggregates.periods import Bucket, instant
from server.aggregates.targets import find_targets, lineage_of
from server.aggregates.timeseries import Timeseries, TooManyBucketsError, timeseries
from server.api.problems import ParameterProblem, ProblemError, wrong_parameters
from server.api.query import Asked, FiguresQuery, resolve
from server.api.shapes import (
    Aside,
    DeviceFigures,
    Filters,
    Links,
    Meta,
    Point,
    ResolvedQuery,
    TimeseriesAnswer,
    Totals,
)
from server.measures.positivity import PUBLISH_FROM, Positivity, Precision, positivity
from server.measures.verdict import at_or_above, responses_needed, verdict

LATE_AFTER = timedelta(days=7)  # a device is heard daily; after a week somebody should look for it


def read_timeseries(session: Session, query: FiguresQuery, now: datetime, address: str) -> TimeseriesAnswer:
    """The answer to the question asked at `address`, as of the instant `now`. Raises ProblemError."""
    asked = resolve(session, query, now)
    series = _series(session, asked)
    place = asked.scope.place
    devices = standings(session, asked.scope, now)
    targets, lineage = find_targets(session, place), lineage_of(session, asked.scope, _end_of(asked, now))

    def target_after(after: date) -> float | None:
        """The target on the last day before `after`; of days to come, today's."""
        return targets.percent_on(min(after - timedelta(days=1), asked.today), lineage)

    delivered_through = min(
        [now, *(device.caught_up_at for device in devices if device.in_use and not _is_late(device, now))]
    )
    points = [
        _point(bucket, tally, place.zone, target_after(bucket.after), delivered_through)
        for bucket, tally in series.points
    ]
    target = target_after(series.after)
    return TimeseriesAnswer(
        query=_resolved(query, asked, series),
        meta=_meta(devices, now, target, records_in_custody(session, place)),
        data=points,
        totals=_totals(series.totals, target),
        undated=_aside(series.undated, counted=asked.period.unbounded),
        flagged=_aside(series.flagged, counted=query.include_flagged),
        links=Links(self=address),
    )


def read_devices(session: Session, query: FiguresQuery, now: datetime) -> list[DeviceFigures]:
    """Every device placed within the scope or with answers in it, each over the whole period; by serial.

    Where a device was placed at the period's end decides on its names and target: a month that is over stays so.
    """
    asked = resolve(session, query, now)
    found = device_tallies(session, asked.scope, asked.period)
    targets = find_targets(session, asked.scope.place)
    last_day = min(asked.today, asked.period.after - timedelta(days=1)) if asked.period.after else asked.today
    return [
        _device(standing, found.get(standing.device_id, Tally()), targets.percent_on(last_day, standing.lineage))
        for standing in standings(session, asked.scope, _end_of(asked, now), also=found.keys())
    ]


def _end_of(asked: Asked, now: datetime) -> datetime:
    """The last instant of the period, or `now` where it is not over: what a verdict is about."""
    if asked.period.after is None:
        return now
    return min(now, instant(asked.period.after, asked.scope.place.zone) - timedelta(microseconds=1))


def _series(session: Session, asked: Asked) -> Timeseries:
    try:
        return timeseries(session, asked.scope, asked.period, asked.granularity, asked.today)
    except TooManyBucketsError as error:
        detail = f"{error} Ask for a coarser granularity or a shorter period."
        raise ProblemError(wrong_parameters(ParameterProblem(parameter="granularity", detail=detail))) from None


def _point(bucket: Bucket, tally: Tally, zone: ZoneInfo, target: float | None, delivered_through: datetime) -> Point:
    end = instant(bucket.after, zone)
    return Point(
        **_measured(positivity(*tally)),
        period=bucket.label,
        start=instant(bucket.first, zone),
        end=end,
        target=target,
        complete=end <= delivered_through,
    )


def _totals(tally: Tally, target: float | None) -> Totals:
    left_out = ("neutral", "negative", "excluded", "skipped", "timed_out")
    return Totals(**_judged(tally, target), **{name: getattr(tally.counts, name) for name in left_out})


def _device(standing: Standing, tally: Tally, target: float | None) -> DeviceFigures:
    return DeviceFigures(
        **_judged(tally, target),
        device=device_name(standing.device_id),
        serial=standing.serial,
        state=standing.state,
        service=standing.service,
        team=standing.team,
        location=standing.location,
        heard_at=standing.heard_at,
        waiting=standing.waiting,
    )


def _measured(measured: Positivity) -> dict[str, Any]:
    interval = measured.interval_percent
    return {
        "n": measured.n,
        "responses": measured.responses,
        "positive": measured.positive,
        "positivity": None if measured.percent is None else round(measured.percent, 1),
        "ci95": None if interval is None else (round(interval.lower, 1), round(interval.upper, 1)),
        "suppressed": measured.precision is Precision.SUPPRESSED,
        "precision": measured.precision.value,
    }


def _judged(tally: Tally, target: float | None) -> dict[str, Any]:
    measured = positivity(*tally)
    return {
        **_measured(measured),
        "target": target,
        "at_or_above": at_or_above(measured, target),
        "verdict": verdict(measured, target),
        "responses_needed": responses_needed(measured, target),
    }


def _aside(tally: Tally, *, counted: bool) -> Aside:
    measured = positivity(*tally)
    return Aside(n=measured.n, responses=measured.responses, counted=counted)


def _resolved(query: FiguresQuery, asked: Asked, series: Timeseries) -> ResolvedQuery:
    place = asked.scope.place
    return ResolvedQuery(
        organisation=place.organisation_id,
        from_=series.first.isoformat(),
        to=series.after.isoformat(),
        granularity=asked.granularity,
        timezone=place.zone.key,
        filters=Filters(service=query.service, team=query.team, device=query.device, question=query.question),
        include_flagged=query.include_flagged,
    )


def _is_late(device: Standing, now: datetime) -> bool:
    """Late ones are told beside the figures: one device in a drawer must not put every bucket in doubt."""
    last = device.heard_at or device.placed_at
    return last is not None and last < now - LATE_AFTER


def _meta(devices: list[Standing], now: datetime, target: float | None, data_version: int) -> Meta:
    in_use = [device for device in devices if device.in_use]
    late = [device for device in in_use if _is_late(device, now)]
    return Meta(
        data_version=data_version,
        as_of=now,
        target=target,
        suppressed_below=PUBLISH_FROM,
        late_devices=len(late),
        never_heard=sum(device.heard_at is None for device in late),
        pending_reported=sum(device.waiting for device in in_use),
    )
