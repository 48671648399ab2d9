"""What an action changed, as its panel says it: before and after, each option, every week since, and the chart."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from fastapi import Request
from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.api.concerns import WholeConcern
from server.api.effects import EffectAnswer, SpanAnswer, read_effect
from server.api.improving import now_of, today_of
from server.api.plans import ActionAnswer
from server.api.query import read_query
from server.api.resolve import resolve
from server.api.shapes import Links
from server.api.stats import control
from server.api.stats.ask import blamed
from server.api.stats.control import ControlAnswer, ControlQuery, read_control
from server.measures.effect import Conclusion
from server.measures.effect_needed import more_needed
from server.measures.part import Part
from server.web.chart import FRAMES
from server.web.control_chart import ControlDrawing, draw_control
from server.web.words import count, day, judgement

WEEK = timedelta(weeks=1)
WEEKS_SHOWN = 26
NO_LINKS = Links(self="", csv="", xlsx="")
REAL = {
    Conclusion.IMPROVED: "It helped: more than chance explains.",
    Conclusion.WORSENED: "It got worse: more than chance explains.",
    Conclusion.NO_DATA: "Nobody answered in one of the two spans yet.",
    Conclusion.TOO_FEW: "Too few responses to compare: 10 on each side at least.",
}


class Picture(NamedTuple):
    """A control chart in both widths, with its numbers and sentence. `name` begins the ids of its elements."""

    name: str
    answer: ControlAnswer
    drawings: Sequence[ControlDrawing]


class Panel(NamedTuple):
    """An action that has begun, and what it changed."""

    action: ActionAnswer
    effect: EffectAnswer
    verdict: str
    change: str
    against_target: str
    like_for_like: str
    picture: Picture | None


def panel(
    request: Request, session: Session, viewer: Viewer, concern: WholeConcern, action: ActionAnswer, *, inside: bool
) -> Panel:
    """All of what can be said. `inside`: the viewer is shown weeks that are not over too."""
    today = today_of(request, session, viewer)
    effect = read_effect(session, viewer, action.action, today)
    after = _monday(today) + WEEK if inside else effect.after.end
    more = {"chart": "p", "baseline": str(effect.chart.baseline)} if effect.chart else {}
    asked = {"from": str(effect.before.start), "to": str(max(after, effect.after.end)), **more}
    return Panel(
        action,
        effect,
        verdict=_verdict(effect),
        change=_told(effect.positive.sentence),
        against_target=judgement(effect.after) if effect.after.n else "",
        like_for_like=_like_for_like(effect),
        picture=picture(request, session, viewer, concern, f"effect-{action.action}", asked, own_limits=True),
    )


def picture(
    request: Request,
    session: Session,
    viewer: Viewer,
    concern: WholeConcern,
    name: str,
    asked: dict[str, str],
    *,
    own_limits: bool = False,
) -> Picture | None:
    """The concern's control chart by week, with the marks of all actions; None where there is nothing to show.
    `own_limits`: of the weeks before an action, as its effect is judged.
    """
    about = {"team": concern.team, "service": concern.service, "question": concern.question, "topic": concern.topic}
    items = [(key, value) for key, value in {**about, "granularity": "week", **asked}.items() if value is not None]
    query = read_query(items, ControlQuery, control.MORE)
    with blamed():
        question = resolve(session, query, viewer, now_of(request))
        answer = read_control(session, question, NO_LINKS, own_limits=own_limits)
    if not any(point.n for point in answer.data):
        return None
    return Picture(name, answer, [draw_control(answer, frame) for frame in FRAMES])


def recent(today: date, *, inside: bool) -> dict[str, str]:
    """The span of a chart of what has no action yet."""
    monday = _monday(today)
    if inside:
        return {"from": str(monday - WEEKS_SHOWN * WEEK), "to": str(monday + WEEK)}
    return {"period": "last-13-weeks"}


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def _part(span: SpanAnswer) -> Part:
    return Part(span.positive, span.n, span.responses)


def _verdict(effect: EffectAnswer) -> str:
    """Did it help? In a sentence that claims no more than the counts allow."""
    conclusion = Conclusion(effect.positive.conclusion)
    if conclusion in REAL:
        return REAL[conclusion]
    needed = more_needed(_part(effect.before), _part(effect.after))
    if needed is None:
        return (
            "Cannot tell yet: the change is too small for the answers there are, and more of the same would not tell."
        )
    return f"Cannot tell yet: about {count(needed, 'more response')} like those since then would tell."


def _told(sentence: str) -> str:
    """The interface's sentence without the word of its subject, which the page names otherwise."""
    words = sentence.split(": ", 1)[-1]
    return f"{words[:1].upper()}{words[1:]}."


def _like_for_like(effect: EffectAnswer) -> str:
    """Whether the same devices say the same, where devices came or went."""
    alike = effect.like_for_like
    if not (alike.joined or alike.left or alike.partly):
        return ""
    came = [
        f"{count(len(names), 'device')} {what}"
        for names, what in ((alike.joined, "joined"), (alike.left, "left"), (alike.partly, "moved in between"))
        if names
    ]
    same = f"{alike.conclusion} ({alike.before_n} answers before, {alike.after_n} after)"
    return f"{', '.join(came)}. Over the {count(len(alike.kept), 'device')} that stayed: {same}."


def span_words(span: SpanAnswer) -> str:
    """4 May 2026 to 1 November 2026."""
    return f"{day(span.start)} to {day(span.end - timedelta(days=1))}"


def panels(request: Request, session: Session, viewer: Viewer, concern: WholeConcern, *, inside: bool) -> list[Panel]:
    """Of every action that has begun and was not dropped."""
    return [
        panel(request, session, viewer, concern, action, inside=inside)
        for action in concern.actions
        if action.started_on is not None and action.status != "dropped"
    ]


TEMPLATE_WORDS: dict[str, Any] = {"span_words": span_words}
