"""What a report says about action plans: those of its month, and what they changed until its end."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.api.actions import answer_actions
from server.api.effects import read_effect
from server.api.problems import ProblemError
from server.improvement import actions
from server.improvement.tables import Action

LOOKED_AT_MAX = 200  # newest first
NO_EFFECT_YET = "Not begun: nothing to compare yet."


def actions_of(session: Session, viewer: Viewer, first: date, after: date) -> list[dict[str, Any]]:
    """The viewer's actions that were planned or under way in the span, or ended in it; newest first."""
    found = actions.actions(session, viewer, limit=LOOKED_AT_MAX)
    rows = [(action, concern) for action, concern in found if _within(action, first, after)]
    answers = answer_actions(session, viewer, rows, after)
    return [
        {
            **answer.model_dump(mode="json", exclude={"steps"}),
            "concern_title": concern.title,
            "steps": len(answer.steps),
            "steps_done": sum(step.status == "done" for step in answer.steps),
            "steps_overdue": sum(step.overdue for step in answer.steps),
            "effect": _effect(session, viewer, action, after),
        }
        for answer, (action, concern) in zip(answers, rows, strict=True)
    ]


def _within(action: Action, first: date, after: date) -> bool:
    """A plan that is written down afterwards counts from the day on which it began."""
    ended = action.ended_at
    began = min(action.created_at.date(), action.started_on or action.created_at.date())
    return began < after and (ended is None or ended.date() >= first)


def _effect(session: Session, viewer: Viewer, action: Action, after: date) -> dict[str, Any]:
    """As /actions/{action}/effect says it, by what was known of weeks before `after`."""
    if action.started_on is None or action.started_on >= after:
        return {"sentence": NO_EFFECT_YET, "before": None, "after": None, "conclusion": None}
    try:
        effect = read_effect(session, viewer, action.action_id, after)
    except ProblemError as error:
        return {"sentence": error.problem.detail, "before": None, "after": None, "conclusion": None}
    return {
        "sentence": effect.positive.sentence,
        "before": effect.before.model_dump(mode="json"),
        "after": effect.after.model_dump(mode="json"),
        "conclusion": effect.positive.conclusion,
    }
