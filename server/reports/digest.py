"""The weekly digest: what changed, what is only noise, what to do next; for one reader, of what they may see."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from server.accounts.grants import narrow
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.query import ComparedQuery, FiguresQuery
from server.api.stats import control, findings
from server.api.stats.control import ControlQuery, read_control
from server.api.stats.covering import read_coverage
from server.api.stats.findings import FindingsQuery, read_findings
from server.api.stats.summary import read_summary
from server.improvement import actions, concerns
from server.improvement.status import OPEN
from server.measures.coverage import Heard
from server.reports.asking import Asking
from server.reports.document import standing
from server.web.words import count, day, percent

WEEK = timedelta(days=7)
CHART_WEEKS = 26
FOUND_WEEKS = 13  # a week alone has too few answers to be held against a target
CHART_YEARS = 2  # by month
LISTED_MAX = 10  # of each: a mail that lists more is not read
REAL = ("improved", "worsened")


class Digest(NamedTuple):
    """What one mail says; `figures` are those it was made of."""

    title: str
    standing: str  # of all the reader's teams together
    changed: list[str]
    noise: list[str]
    next_steps: list[str]
    figures: dict[str, Any]

    def lines(self, address: str) -> list[str]:
        """As the mail has it. `address`: of the pages."""
        parts = (
            ("WHAT CHANGED", self.changed or ["Nothing changed by more than chance."]),
            ("WHAT IS ONLY NOISE", self.noise or ["Nothing else moved."]),
            ("WHAT TO DO NEXT", self.next_steps or ["Nothing is waiting for you."]),
        )
        found = [self.title, "", self.standing, ""]
        for heading, sentences in parts:
            found += [heading, "", *(f"- {sentence}" for sentence in sentences), ""]
        return [*found, f"All figures: {address}/"]


def make_digest(session: Session, viewer: Viewer, monday: date, now: datetime) -> Digest | None:
    """Of the week before this Monday; for who sees from outside, of the month before, where one has just ended.

    None where there is nothing that this viewer may be told.
    """
    inside = viewer.teams(Right.SEE_DETAIL)
    if inside is None or inside:
        return _of_week(session, _within(viewer), monday, now)
    if viewer.may(Right.SEE_FIGURES) and monday.day <= WEEK.days:
        return _of_month(session, viewer, monday, now)
    return None


def _within(viewer: Viewer) -> Viewer:
    """The same reader among their own teams only: of others, weeks are not told."""
    inside = viewer.teams(Right.SEE_DETAIL)
    return viewer if inside is None else replace(viewer, reach=narrow(viewer.reach, frozenset(Right), inside))


def _of_week(session: Session, viewer: Viewer, monday: date, now: datetime) -> Digest:
    asking = Asking(session, viewer, now)
    span = [("from", str(monday - WEEK)), ("to", str(monday))]
    summary = asking.ask(read_summary, ComparedQuery, "summary", [*span, ("compare", "previous")])
    chart = _chart(asking, [("from", str(monday - CHART_WEEKS * WEEK)), ("to", str(monday)), ("granularity", "week")])
    found = _findings(asking, monday - FOUND_WEEKS * WEEK, monday)
    coverage = asking.ask(read_coverage, FiguresQuery, "coverage", span)
    title = f"Week of {day(monday - WEEK)}: {_amount(summary)}"
    changed, noise = _sorted(summary, chart, found, "the week before", "over 13 weeks")
    steps = [*_to_do(session, viewer, monday), *_unheard(coverage, "last week")]
    return Digest(
        title,
        standing(summary["data"][0]),
        changed,
        noise,
        steps,
        {"summary": summary, "findings": found, "coverage": coverage},
    )


def _of_month(session: Session, viewer: Viewer, monday: date, now: datetime) -> Digest:
    asking = Asking(session, viewer, now)
    after = monday.replace(day=1)
    first = (after - timedelta(days=1)).replace(day=1)
    span = [("from", str(first)), ("to", str(after))]
    summary = asking.ask(read_summary, ComparedQuery, "summary", [*span, ("compare", "previous")])
    begin = after.replace(year=after.year - CHART_YEARS)
    chart = _chart(asking, [("from", str(begin)), ("to", str(after)), ("granularity", "month")])
    found = _findings(asking, first, after)
    coverage = asking.ask(read_coverage, FiguresQuery, "coverage", span)
    title = f"{first:%B %Y}, seen from outside the teams: {_amount(summary)}"
    changed, noise = _sorted(summary, chart, found, "the month before", "in the month")
    steps = _unheard(coverage, f"in {first:%B}")
    return Digest(
        title,
        standing(summary["data"][0]),
        changed,
        noise,
        steps,
        {"summary": summary, "findings": found, "coverage": coverage},
    )


def _chart(asking: Asking, items: list[tuple[str, str]]) -> dict[str, Any]:
    answer: dict[str, Any] = asking.ask(read_control, ControlQuery, "spc", items, control.MORE)["chart"]
    return answer


def _findings(asking: Asking, first: date, after: date) -> list[dict[str, Any]]:
    items = [("from", str(first)), ("to", str(after)), ("by", "team")]
    rows: list[dict[str, Any]] = asking.ask(read_findings, FindingsQuery, "concerns", items, findings.MORE)["data"]
    return rows


def _amount(summary: dict[str, Any]) -> str:
    return count(summary["data"][0]["responses"], "response")


def _sorted(
    summary: dict[str, Any], chart: dict[str, Any], found: list[dict[str, Any]], before: str, over: str
) -> tuple[list[str], list[str]]:
    """What is more than chance, and what is not."""
    [row], earlier = summary["data"], summary["comparison"]
    changed = [_finding(each, over) for each in found[:LISTED_MAX]]
    changed += [f"And {count(len(found) - LISTED_MAX, 'more finding')} on the page."] if len(found) > LISTED_MAX else []
    noise: list[str] = []
    if earlier is not None and earlier["positivity"] is not None and row["positivity"] is not None:
        sentence = (
            f"{percent(row['positivity'])} after {percent(earlier['positivity'])} {before} "
            f"({earlier['difference_points']:+.1f} points): {earlier['conclusion']}."
        )
        (changed if earlier["conclusion"] in REAL else noise).append(sentence)
    (changed if "special cause" in chart["variation"] else noise).append(chart["reading"])
    return changed, noise


def _finding(row: dict[str, Any], over: str) -> str:
    why = "; ".join("target" if reason == "target" else f"chart: {reason}" for reason in row["reasons"])
    return f"{row['level'].capitalize()} at {row['name']}: {row['text']} {over.capitalize()}: {standing(row)} ({why})"


def _to_do(session: Session, viewer: Viewer, monday: date) -> list[str]:
    """Of who may improve: concerns that nobody acts on, and steps that are overdue or due this week."""
    if not viewer.may(Right.IMPROVE):
        return []
    waiting = concerns.concerns(session, viewer, statuses=[OPEN], limit=LISTED_MAX)
    found = [f"Concern {each.concern_id}, {each.title}: no action yet." for each in waiting]
    rows = [action for action, _ in actions.actions(session, viewer, statuses=["planned", "under way"], limit=200)]
    steps = actions.steps_of(session, viewer.organisation_id, [action.action_id for action in rows])
    due = [
        (step.due_on, f"{action.title}: {step.what} {_when(step.due_on, monday)}")
        for action in rows
        for step in steps[action.action_id]
        if step.status == OPEN and step.due_on < monday + WEEK
    ]
    return [*found, *(sentence for _, sentence in sorted(due)[:LISTED_MAX])]


def _when(due_on: date, monday: date) -> str:
    return f"was due on {day(due_on)}." if due_on < monday else f"is due on {day(due_on)}."


def _unheard(coverage: dict[str, Any], when: str) -> list[str]:
    names = [row["name"] for row in coverage["data"] if row["heard"] == Heard.NO_DATA]
    if not names:
        return []
    more = f" and {len(names) - LISTED_MAX} more" if len(names) > LISTED_MAX else ""
    return [f"No answers {when}, though a device is there: {', '.join(names[:LISTED_MAX])}{more}."]
