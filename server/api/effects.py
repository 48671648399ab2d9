"""What an action changed: before and after with what that allows to be said, and every week since."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.accounts.viewer import Viewer
from server.aggregates.counts import Tally
from server.aggregates.periods import Granularity, whole_bucket
from server.api.actions import Sees
from server.api.figures import judged, measured, percent
from server.api.improving import NumberInPath, problems, today_of
from server.api.parameters import only
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession
from server.api.shapes import Judged, Measured, Percent
from server.improvement.actions import find_action
from server.improvement.effects import EffectFound, OptionsFound, WeekAfter, effect_of
from server.improvement.figures import Placed
from server.improvement.tables import Concern
from server.measures.chart import PointKind
from server.measures.effect import Effect
from server.measures.effect_words import effect_sentence
from server.measures.like_for_like import Span
from server.measures.positivity import PUBLISH_FROM

router = APIRouter(prefix=PREFIX, tags=["improvement"], responses=refusals())


class SpanAnswer(Judged):
    """All whole weeks of one side of the action; days are local, `end` exclusive."""

    start: date
    end: date


class ChangeAnswer(BaseModel):
    """A share before and after. Points are percentage points, after less before."""

    before: Percent | None
    after: Percent | None
    change_points: float | None
    change_ci95: tuple[float, float] | None
    p: Annotated[float | None, Field(description="Fisher's exact test")]
    conclusion: Annotated[str, Field(description="improved, worsened, borderline, not shown to be real, ...")]


class SaidChange(ChangeAnswer):
    """With the sentence that the counts allow."""

    sentence: str


class OptionAnswer(ChangeAnswer):
    """One option; by itself it rose or fell, and is neither better nor worse."""

    question: str
    option: str
    label: str
    sentiment: str
    before_n: Annotated[int, Field(description="how often it was chosen before")]
    after_n: int


class WeekAnswer(Measured):
    """A finished week since. `kind` and `rule`: what it is on the chart whose limits are those of before."""

    period: str
    start: date
    mean: Percent | None
    lower: Percent | None
    upper: Percent | None
    kind: Annotated[str | None, Field(description="improvement, concern or common cause; null without a chart")]
    rule: str | None


class ChartAnswer(BaseModel):
    """How the weeks are judged: a chart with limits locked to the weeks before the action."""

    kind: str
    baseline: Annotated[int, Field(description="weeks with answers before the action")]
    trial_limits: Annotated[bool, Field(description="too few weeks for limits that can be relied on")]
    improved_weeks: int
    worse_weeks: int
    level: Annotated[
        str | None, Field(description="what the latest week weighs: concern, watch, highlight or good sign")
    ]


class AlikeAnswer(ChangeAnswer):
    """The same over the devices that stood at the same team all through both spans."""

    before_n: int
    after_n: int
    kept: list[str]
    joined: list[str]
    left: list[str]
    partly: Annotated[list[str], Field(description="not all through either: placed or moved in between")]


class EffectAnswer(BaseModel):
    """GET /api/v1/actions/{action}/effect."""

    action: int
    started_on: date
    before: SpanAnswer
    after: SpanAnswer
    positive: SaidChange
    negative: SaidChange
    options: list[OptionAnswer]
    chart: ChartAnswer | None
    weeks: Annotated[list[WeekAnswer], Field(description="the week after the action began first")]
    like_for_like: AlikeAnswer


@router.get("/actions/{action}/effect", operation_id="get_effect", responses=refusals(409), dependencies=[only()])
def get_effect(request: Request, action: NumberInPath, viewer: Sees, session: OpenSession) -> EffectAnswer:
    """Did it help? Before and after, and week by week, from what the viewer may be shown."""
    return read_effect(session, viewer, action, today_of(request, session, viewer))


def read_effect(session: Session, viewer: Viewer, number: int, today: date) -> EffectAnswer:
    """The answer. Raises ProblemError."""
    with problems():
        action, concern = find_action(session, viewer, number)
        found = effect_of(session, viewer, action, concern, today)
    assert action.started_on is not None
    return EffectAnswer(
        action=number,
        started_on=action.started_on,
        before=_span(found.spans[0], found.before, found.target),
        after=_span(found.spans[1], found.after, found.target),
        positive=_said(concern, "positive", found.positive),
        negative=_said(concern, "negative", found.negative),
        options=[row for one in found.options for row in _options(one)],
        chart=_chart(found),
        weeks=[_week(week) for week in found.weeks],
        like_for_like=_alike(found),
    )


def _span(span: Span, tally: Tally, target: float | None) -> SpanAnswer:
    return SpanAnswer(**judged(tally, target, PUBLISH_FROM), start=span.first, end=span.after)


def _change(effect: Effect) -> dict[str, object]:
    interval = effect.change_interval_points
    return {
        "before": percent(effect.before_percent),
        "after": percent(effect.after_percent),
        "change_points": percent(effect.change_points),
        "change_ci95": None if interval is None else (round(interval.lower, 1), round(interval.upper, 1)),
        "p": None if effect.p is None else round(effect.p, 4),
        "conclusion": effect.conclusion.value,
    }


def _said(concern: Concern, what: str, effect: Effect) -> SaidChange:
    subject = concern.question_id or concern.topic or ""
    return SaidChange.model_validate(_change(effect) | {"sentence": effect_sentence(subject, what, effect)})


def _options(one: OptionsFound) -> list[OptionAnswer]:
    return [
        OptionAnswer.model_validate(
            {
                **_change(effect),
                "question": one.question_id,
                "option": option.code,
                "label": option.label,
                "sentiment": option.sentiment,
                "before_n": effect.before.chosen,
                "after_n": effect.after.chosen,
            }
        )
        for option, effect in zip(one.options, one.effect.options, strict=True)
    ]


def _chart(found: EffectFound) -> ChartAnswer | None:
    if found.chart is None:
        return None
    kinds = [week.point.kind for week in found.weeks if week.point is not None]
    return ChartAnswer(
        kind=found.chart.kind.value,
        baseline=found.chart.settings.baseline,
        trial_limits=found.trial_limits,
        improved_weeks=kinds.count(PointKind.IMPROVEMENT),
        worse_weeks=kinds.count(PointKind.CONCERN),
        level=found.level,
    )


def _week(week: WeekAfter) -> WeekAnswer:
    point = week.point
    limits = point.limits if point else None

    def drawn(value: float | None) -> float | None:
        return None if value is None else round(100 * min(1.0, max(0.0, value)), 1)

    return WeekAnswer(
        **measured(week.tally, PUBLISH_FROM),
        period=whole_bucket(week.monday, Granularity.WEEK).label,
        start=week.monday,
        mean=drawn(limits.mean if limits else None),
        lower=drawn(limits.lower if limits else None),
        upper=drawn(limits.upper if limits else None),
        kind=point.kind.value if point and point.value is not None else None,
        rule=point.signal.rule.value if point and point.signal else None,
    )


def _alike(found: EffectFound) -> AlikeAnswer:
    alike = found.alike

    def names(keys: tuple[Placed, ...]) -> list[str]:
        return sorted({device_name(key.device_id) for key in keys})

    return AlikeAnswer.model_validate(
        {
            **_change(alike.same),
            "before_n": alike.same.before.n,
            "after_n": alike.same.after.n,
            "kept": names(alike.kept),
            "joined": names(alike.joined),
            "left": names(alike.left),
            "partly": names(alike.neither),
        }
    )
