"""What an action changed: before and after, week by week against the limits of before, like for like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.aggregates.counts import Tally
from server.aggregates.dimensions import bucket
from server.aggregates.distributions import Distribution, OptionCount, option_counts
from server.aggregates.periods import Granularity
from server.fleet.tables import Placement
from server.improvement.concerns import where_of
from server.improvement.faults import ConflictError
from server.improvement.figures import (
    Placed,
    Weekly,
    negative_part,
    positive_part,
    questions_about,
    scope_about,
    target_there,
    weekly,
)
from server.improvement.tables import Action, Concern
from server.measures.chart import BASELINE_POINTS, Chart, ChartPoint, ChartSettings
from server.measures.concerns import Level, special_of
from server.measures.direction import Better
from server.measures.effect import Effect, QuestionEffect, compare, compare_options
from server.measures.like_for_like import LikeForLike, Span, Stay, like_for_like
from server.measures.part import Part
from server.measures.pchart import pchart
from server.measures.positivity import PUBLISH_FROM

WEEK = timedelta(days=7)
WEEKS_EACH = 26  # looked at before and after: half a year, so that no old story is told again
CHART_POINTS_MIN = 2  # a baseline of less has no limits


@dataclass(frozen=True)
class WeekAfter:
    """One finished week since the action began. `point`: on the chart whose limits are of before, None without one."""

    monday: date
    tally: Tally
    point: ChartPoint | None


@dataclass(frozen=True)
class OptionsFound:
    """One question before and after, option by option: `effect.options` are in the order of `options`."""

    question_id: str
    text: str
    options: list[OptionCount]
    effect: QuestionEffect


@dataclass(frozen=True)
class EffectFound:
    """Everything that can be said about an action. `target`: percent, of the last day that is looked at."""

    spans: tuple[Span, Span]
    before: Tally
    after: Tally
    target: float | None
    positive: Effect
    negative: Effect
    chart: Chart | None
    trial_limits: bool
    level: Level | None  # of what is special about the latest week; None where the limits are on trial
    weeks: list[WeekAfter]
    options: list[OptionsFound]
    alike: LikeForLike[Placed]


def effect_of(session: Session, viewer: Viewer, action: Action, concern: Concern, today: date) -> EffectFound:
    """Whole weeks only: those before the one in which it began, and those since. A week in which it began on another
    day than Monday is neither. Raises ConflictError before it has begun.
    """
    if action.started_on is None:
        raise ConflictError("The action has not begun: an effect needs a day from which patients could notice.")
    questions = questions_about(session, viewer.organisation_id, concern.question_id, concern.topic)
    scope = scope_about(session, viewer, where_of(concern), questions, today)
    began = _monday(action.started_on)
    first_after = began if began == action.started_on else began + WEEK
    end = max(first_after, min(_monday(today), first_after + WEEKS_EACH * WEEK))
    found = weekly(session, scope, began - WEEKS_EACH * WEEK, end)
    shown = [week for week in _mondays(began - WEEKS_EACH * WEEK, end) if _covers(found, week)]
    weeks_before = _from_first_answer([week for week in shown if week < began], found)
    weeks_after = [week for week in shown if week >= first_after]
    before, after = found.total(weeks_before), found.total(weeks_after)
    target = target_there(session, scope, where_of(concern), min(today, end - timedelta(days=1)))
    chart = _chart(found, weeks_before, weeks_after, target)
    points = chart.points[len(weeks_before) :] if chart else [None] * len(weeks_after)
    spans = (_span(weeks_before, began), _span(weeks_after, first_after))
    trial = chart is None or chart.settings.baseline < BASELINE_POINTS
    special = special_of(chart) if chart and weeks_after and not trial else None
    return EffectFound(
        spans,
        before,
        after,
        target,
        compare(positive_part(before), positive_part(after), Better.HIGHER),
        compare(negative_part(before), negative_part(after), Better.LOWER),
        chart,
        trial_limits=trial,
        level=special.level if special else None,
        weeks=[WeekAfter(week, found.total([week]), point) for week, point in zip(weeks_after, points, strict=True)],
        options=_options(session, found, weeks_before, weeks_after),
        alike=_alike(session, found, weeks_before, weeks_after, spans),
    )


def _options(
    session: Session, found: Weekly, weeks_before: Sequence[date], weeks_after: Sequence[date]
) -> list[OptionsFound]:
    """Of each question, by its options; weeks are added up, for from outside only whole ones are shown."""
    if not weeks_before or not weeks_after:
        return []
    by_week = option_counts(session, found.scope, found.period, (bucket(Granularity.WEEK),))
    before = _added(by_week, weeks_before)
    after = _added(by_week, weeks_after)
    result = []
    for question in sorted(before.keys() & after.keys()):
        text, were = before[question]
        are = after[question][1]
        options = list((were | are).values())
        counts = [[side[one.code].count if one.code in side else 0 for one in options] for side in (were, are)]
        effect = compare_options(counts[0], counts[1], [one.sentiment for one in options])
        result.append(OptionsFound(question, text, options, effect))
    return result


def _added(
    by_week: Mapping[tuple[Any, ...], list[Distribution]], weeks: Sequence[date]
) -> dict[str, tuple[str, dict[str, OptionCount]]]:
    """{question: (its text, {code: option with its count in all these weeks})}."""
    found: dict[str, tuple[str, dict[str, OptionCount]]] = {}
    for week in weeks:
        for one in by_week.get((week,), []):
            options = found.setdefault(one.question_id, (one.text, {}))[1]
            for option in one.options:
                so_far = options[option.code].count if option.code in options else 0
                options[option.code] = replace(option, count=so_far + option.count)
    return found


def _chart(
    found: Weekly, weeks_before: Sequence[date], weeks_after: Sequence[date], target: float | None
) -> Chart | None:
    """A p-chart whose limits are those of before and stay so: new ones from the action on would hide its effect."""
    parts = [positive_part(found.total([week])).point(PUBLISH_FROM) for week in (*weeks_before, *weeks_after)]
    baseline = sum(1 for part in parts[: len(weeks_before)] if part.basis)
    if baseline < CHART_POINTS_MIN:
        return None
    return pchart(parts, ChartSettings(baseline=baseline, target=None if target is None else target / 100))


def _alike(
    session: Session,
    found: Weekly,
    weeks_before: Sequence[date],
    weeks_after: Sequence[date],
    spans: tuple[Span, Span],
) -> LikeForLike[Placed]:
    before = {key: positive_part(tally) for key, tally in found.by_stay(weeks_before).items()}
    after = {key: positive_part(tally) for key, tally in found.by_stay(weeks_after).items()}
    return like_for_like(_stays(session, found, before, after), before, after, spans)


def _stays(
    session: Session, found: Weekly, before: dict[Placed, Part], after: dict[Placed, Part]
) -> dict[Placed, list[Stay]]:
    """When each device stood where it was answered, in whole local days."""
    place = found.scope.place
    keys = {*before, *after}
    query = select(Placement).where(
        Placement.organisation_id == place.organisation_id, Placement.device_id.in_({key.device_id for key in keys})
    )
    stays: dict[Placed, list[Stay]] = {}
    for row in session.scalars(query.order_by(Placement.from_at)):
        for key in keys:
            if key.device_id == row.device_id and key.team_id in (row.team_id, *row.team_choices):
                stays.setdefault(key, []).append(Stay(_whole_day(row.from_at, place.zone), _day(row.to_at, place.zone)))
    return stays


def _whole_day(at: datetime, zone: ZoneInfo) -> date:
    """The first local day that is whole from this instant on."""
    local = at.astimezone(zone)
    return local.date() + timedelta(days=0 if local.time() == local.time().min else 1)


def _day(at: datetime | None, zone: ZoneInfo) -> date | None:
    return None if at is None else at.astimezone(zone).date()


def _from_first_answer(weeks: list[date], found: Weekly) -> list[date]:
    """Without the weeks before anybody was asked: they are no part of what was before."""
    begins = min((week for week, _, _ in found.counts), default=None)
    return weeks if begins is None else [week for week in weeks if week >= begins]


def _covers(found: Weekly, week: date) -> bool:
    first, after = found.period
    return (first is None or first <= week) and (after is None or week + WEEK <= after)


def _span(weeks: Sequence[date], other: date) -> Span:
    """Of no weeks, the one that begins at `other`: a span is never empty."""
    return Span(weeks[0], weeks[-1] + WEEK) if weeks else Span(other, other + WEEK)


def _mondays(first: date, after: date) -> list[date]:
    return [first + number * WEEK for number in range((after - first).days // 7)]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
