"""The front page of improvement: what needs attention, who looks after it, and what is late, in five minutes."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import Request
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.actions import list_actions
from server.api.audit_shapes import ScheduleAnswer
from server.api.audits import list_audits
from server.api.concerns import ConcernAnswer, list_concerns
from server.api.improving import PAGE_MAX, AskedPage, now_of, today_of
from server.api.plans import ActionAnswer, StepAnswer
from server.api.query import read_query
from server.api.resolve import resolve
from server.api.shapes import Links
from server.api.stats.ask import blamed
from server.api.stats.findings import MORE, FindingRow, FindingsAnswer, FindingsQuery, read_findings
from server.api.you_said import TextAnswer, list_texts
from server.improvement.checklists import checklist_names
from server.measures.concerns import Level
from server.web.improving.finding_words import finding_sentence
from server.web.improving.names import Names, find_names, until
from server.web.words import count

BAD = (Level.CONCERN, Level.WATCH)
NEWEST = AskedPage(None, PAGE_MAX)
PERIOD = "last-13-weeks"
PERIODS = {PERIOD: "The 13 weeks before this one", "last-month": "Last month", "all": "All since the start"}
INSIDE_PERIODS = {"last-week": "Last week", "this-month": "This month"}
BY = {"team": "Each team", "service": "Each service"}
NO_LINKS = Links(self="", csv="", xlsx="")


class Detected(NamedTuple):
    """A finding as the page lists it. `concern`: the number of one that is raised about it already."""

    row: FindingRow
    sentence: str
    concern: int | None
    raise_at: str
    praise_at: str


class OpenStep(NamedTuple):
    """A step that somebody is to do."""

    step: StepAnswer
    action: ActionAnswer
    place: str
    due: str


def front(request: Request, session: Session, viewer: Viewer) -> dict[str, Any]:
    """What the template shows; `period` and `by` stand in the address."""
    today, names = today_of(request, session, viewer), find_names(request, session, viewer)
    asked = {"period": PERIOD, "by": "team"} | {name: value for name, value in request.query_params.items() if value}
    findings = find_findings(session, viewer, request, list(asked.items()))
    listed = list_concerns(request, viewer, session, NEWEST, ["open", "acting", "checking"])
    raised = listed.data
    actions = list_actions(request, viewer, session, NEWEST, None, ["planned", "under way"]).data
    steps = open_steps(actions, names, today)
    audits = [each for each in list_audits(request, viewer, session, NEWEST).data if each.state in ("due", "overdue")]
    drafts = [each for each in list_texts(request, viewer, session, NEWEST).data if each.status == "draft"]
    detected = [_detected(row, asked, raised) for row in findings.data]
    bad = [each for each in detected if each.row.level in BAD]
    return {
        "path": "/improve",
        "names": names,
        "answer": findings,
        "bad": bad,
        "good": [each for each in detected if each.row.level not in BAD],
        "raised": raised,
        "waiting": listed.time_to_action,
        "steps": steps,
        "unplanned": [each for each in actions if not any(step.status == "open" for step in each.steps)],
        "audits": sorted(audits, key=lambda each: each.state, reverse=True),
        "checklists": checklist_names(session, viewer.organisation_id),
        "drafts": drafts,
        "in_short": _in_short(bad, steps, audits, drafts),
        "may_improve": viewer.may(Right.IMPROVE),
        "may_approve": viewer.may(Right.APPROVE),
        "may_meet": viewer.may(Right.SEE_DETAIL),
        "meetings": meeting_teams(viewer, names),
        "fields": _fields(viewer, asked),
    }


def find_findings(session: Session, viewer: Viewer, request: Request, items: list[tuple[str, str]]) -> FindingsAnswer:
    """What the statistics of concerns say to these parameters. Raises ProblemError."""
    query = read_query(items, FindingsQuery, MORE)
    with blamed():
        return read_findings(session, resolve(session, query, viewer, now_of(request)), NO_LINKS)


def open_steps(actions: Sequence[ActionAnswer], names: Names, today: date) -> list[OpenStep]:
    """Of all these plans, the most urgent first."""
    found = [
        OpenStep(step, action, names.place(action.team, action.service), until(step.due_on, today))
        for action in actions
        for step in action.steps
        if step.status == "open"
    ]
    return sorted(found, key=lambda each: each.step.due_on)


def meeting_teams(viewer: Viewer, names: Names) -> list[tuple[str, str]]:
    """(code, name) of the teams that have a meeting sheet for this viewer."""
    return list(names.teams.items()) if viewer.may(Right.SEE_DETAIL) else []


def _detected(row: FindingRow, asked: dict[str, str], raised: Sequence[ConcernAnswer]) -> Detected:
    by = asked["by"]
    same = (each.concern for each in raised if each.question == row.question and getattr(each, by, None) == row.code)
    about = urlencode({"place": f"{by}:{row.code}", "subject": f"question:{row.question}", "period": asked["period"]})
    raise_at = f"/improve/concerns/new?{about}" if by in BY else ""
    praise_at = f"/improve/recognition?{about}#credit" if by == "team" else ""
    return Detected(row, finding_sentence(row), next(same, None), raise_at, praise_at)


def _in_short(
    bad: Sequence[Detected],
    steps: Sequence[OpenStep],
    audits: Sequence[ScheduleAnswer],
    drafts: Sequence[TextAnswer],
) -> list[tuple[str, int, str]]:
    """(id of the section, number, what of)."""
    late = sum(each.step.overdue for each in steps)
    alone = sum(each.concern is None for each in bad)
    overdue = sum(each.state == "overdue" for each in audits)
    told = (
        ("detected", alone, "{} that nobody looks after yet", "finding"),
        ("steps", late, "{} overdue", "step"),
        ("audits", overdue, "{} overdue", "audit"),
        ("texts", len(drafts), "{} waiting for approval", "text"),
    )
    return [(section, number, words.format(count(number, noun))) for section, number, words, noun in told]


def _fields(viewer: Viewer, asked: dict[str, str]) -> list[dict[str, Any]]:
    """The selects of the form: what the address may ask for."""
    inside = viewer.may(Right.SEE_DETAIL) and viewer.teams(Right.SEE_DETAIL) == viewer.teams(Right.SEE_FIGURES)
    periods = PERIODS | (INSIDE_PERIODS if inside else {})
    if asked["period"] not in periods:
        periods = {asked["period"]: asked["period"]} | periods
    return [
        _select("by", "Look at", BY, asked["by"]),
        _select("period", "Answers of", periods, asked["period"]),
    ]


def _select(name: str, label: str, options: dict[str, str], chosen: str) -> dict[str, Any]:
    items = [{"value": value, "text": text, "selected": value == chosen} for value, text in options.items()]
    return {"name": name, "label": label, "options": items}
