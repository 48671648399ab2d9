"""The sheet for a team's meeting: this week, the trend, concerns and highlights, and who does what, on one page."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.actions import list_actions
from server.api.audits import list_audits
from server.api.catalogue import read_meta
from server.api.concerns import ConcernAnswer, list_concerns
from server.api.improving import PAGE_MAX, AskedPage, now_of, problems, today_of
from server.api.meetings import list_meetings
from server.api.query import read_query
from server.api.resolve import resolve
from server.api.stats.ask import blamed
from server.api.stats.control import MORE, ControlAnswer, ControlQuery, read_control
from server.improvement.checklists import checklist_names
from server.improvement.places import Where, find_team, may, require
from server.measures.concerns import Level
from server.web.chart import FRAMES
from server.web.control_chart import draw_control
from server.web.improving.concern_page import form_content
from server.web.improving.finding_words import finding_sentence
from server.web.improving.forms import Filled
from server.web.improving.front import NO_LINKS, PERIOD, find_findings, open_steps
from server.web.improving.names import find_names
from server.web.improving.page import HOME, improving_page
from server.web.words import count, day, interval, percent

WEEK = timedelta(weeks=1)
WEEKS = 26
ALL = AskedPage(None, PAGE_MAX)
# One page of print holds so many of each; the sheet says how many more there are.
BAD_MAX, GOOD_MAX, CONCERNS_MAX, STEPS_MAX = 3, 3, 3, 5
MEETINGS_SHOWN = 5


class Some(NamedTuple):
    """The first of a list, and how many are left out."""

    shown: list[Any]
    more: int


def first(found: list[Any], most: int) -> Some:
    """At most so many."""
    return Some(found[:most], max(0, len(found) - most))


def sheet(request: Request, session: Session, viewer: Viewer, team: str, filled: Filled | None = None) -> HTMLResponse:
    """The page, to be printed and then to record on it what was discussed. For people inside the team."""
    with problems():
        where = Where(team_id=find_team(session, viewer, team))
        require(session, viewer, Right.SEE_DETAIL, where)
    content = _content(request, session, viewer, team) | {"may_improve": may(session, viewer, Right.IMPROVE, where)}
    return improving_page(request, "meeting", content | form_content(filled), 422 if filled else 200)


def concerns_of(request: Request, session: Session, viewer: Viewer, team: str) -> list[ConcernAnswer]:
    """Those of the team and of its service that are not closed."""
    service = _service(request, session, viewer, team)
    listed = list_concerns(request, viewer, session, ALL, ["open", "acting", "checking"]).data
    return [each for each in listed if each.team == team or (service is not None and each.service == service)]


def _content(request: Request, session: Session, viewer: Viewer, team: str) -> dict[str, Any]:
    today, names = today_of(request, session, viewer), find_names(request, session, viewer)
    trend = _trend(request, session, viewer, team, today)
    asked = [("period", PERIOD), ("by", "team"), ("team", team)]
    findings = [
        (row, finding_sentence(row)) for row in find_findings(session, viewer, request, asked).data if row.code == team
    ]
    concerns = concerns_of(request, session, viewer, team)
    numbers = {each.concern for each in concerns}
    actions = list_actions(request, viewer, session, ALL, None, ["planned", "under way"]).data
    audits = [each for each in list_audits(request, viewer, session, ALL).data if each.team == team]
    held = [each for each in list_meetings(request, viewer, session, ALL).data if each.team == team]
    return {
        "crumbs": [HOME],
        "team": team,
        "name": names.teams[team],
        "organisation": names.organisation,
        "today": today,
        "week": _week(trend, today),
        "trend": trend,
        "drawings": [draw_control(trend, frame) for frame in FRAMES] if any(point.n for point in trend.data) else [],
        "bad": first([each for each in findings if each[0].level in (Level.CONCERN, Level.WATCH)], BAD_MAX),
        "good": first([each for each in findings if each[0].level not in (Level.CONCERN, Level.WATCH)], GOOD_MAX),
        "concerns": first(concerns, CONCERNS_MAX),
        "all_concerns": concerns,
        "steps": first(open_steps([each for each in actions if each.concern in numbers], names, today), STEPS_MAX),
        "audits": [each for each in audits if each.state != "ended"],
        "checklists": checklist_names(session, viewer.organisation_id),
        "held": held[:MEETINGS_SHOWN],
        "titles": {each.concern: each.title for each in concerns},
    }


def _service(request: Request, session: Session, viewer: Viewer, team: str) -> str | None:
    known = read_meta(session, viewer, now_of(request)).teams
    return next((each.service for each in known if each.team == team), None)


def _trend(request: Request, session: Session, viewer: Viewer, team: str, today: date) -> ControlAnswer:
    """All questions together, by week, up to the running one."""
    monday = today - timedelta(days=today.weekday())
    span = {"from": str(monday - WEEKS * WEEK), "to": str(monday + WEEK)}
    query = read_query({"team": team, "granularity": "week", **span}.items(), ControlQuery, MORE)
    with blamed():
        return read_control(session, resolve(session, query, viewer, now_of(request)), NO_LINKS)


def _week(trend: ControlAnswer, today: date) -> list[str]:
    """Last week, and the running one so far, in sentences."""
    *_, last, running = trend.data
    monday = today - timedelta(days=today.weekday())
    told = f"Last week ({day(monday - WEEK)} to {day(monday - timedelta(days=1))}): {count(last.responses, 'response')}"
    if last.positivity is not None:
        told += f", {percent(last.positivity)} of the answers positive (likely {interval(last.ci95)})"
    elif last.n:
        told += ", too few to show a percentage"
    return [f"{told}.", f"This week so far: {count(running.responses, 'response')}."]
