"""What the pages of audits show: schedules, one of them week by week beside what patients say, and its checklist."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.audits import get_audit, list_audits
from server.api.improving import PAGE_MAX, AskedPage, problems, today_of
from server.improvement.audits import find_schedule
from server.improvement.checklists import Line, checklist_lines, checklist_names
from server.improvement.places import Where, may
from server.web.chart import FRAMES
from server.web.improving.beside_chart import beside_sentence, draw_beside, period_name
from server.web.improving.concern_page import form_content
from server.web.improving.forms import Filled
from server.web.improving.names import find_names
from server.web.improving.page import HOME, improving_page

AUDITS = ("/improve/audits", "Audits")
EVERY = [("week", "Every week"), ("month", "Every month")]
SHOWN_MAX = 26  # weeks or months on the chart: half a year, or two
ORDER = ("overdue", "due", "done", "not begun", "ended")


def audits_page(request: Request, session: Session, viewer: Viewer, filled: Filled | None = None) -> HTMLResponse:
    """All schedules, what is overdue first, and the form for another."""
    listed = list_audits(request, viewer, session, AskedPage(None, PAGE_MAX)).data
    names = find_names(request, session, viewer)
    content = {
        "crumbs": [HOME],
        "audits": sorted(listed, key=lambda each: ORDER.index(each.state)),
        "names": names,
        "checklists": checklist_names(session, viewer.organisation_id),
        "teams": list(names.teams.items()),
        "every": EVERY,
        "today": today_of(request, session, viewer),
        "may_improve": viewer.may(Right.IMPROVE),
    }
    return improving_page(request, "audits", content | form_content(filled), 422 if filled else 200)


def audit_page(
    request: Request, session: Session, viewer: Viewer, number: int, filled: Filled | None = None
) -> HTMLResponse:
    """One schedule, period by period, on one chart with what patients said, and as a table."""
    audit = get_audit(request, number, viewer, session)
    with problems():
        where = Where(team_id=find_schedule(session, viewer, number).team_id)
    shown = audit.periods[:SHOWN_MAX][::-1]
    names = find_names(request, session, viewer)
    content = {
        "crumbs": [HOME, AUDITS],
        "audit": audit,
        "name": checklist_names(session, viewer.organisation_id).get(audit.questionnaire, audit.questionnaire),
        "place": names.place(audit.team, None),
        "topic": names.subject(None, audit.topic),
        "shown": shown,
        "drawings": [draw_beside(shown, audit.every, frame) for frame in FRAMES] if shown else [],
        "sentence": beside_sentence(shown, audit.every),
        "period_name": lambda period: period_name(period, audit.every),
        "told_about": [(str(each.start), period_name(each, audit.every)) for each in audit.periods[:SHOWN_MAX]],
        "today": today_of(request, session, viewer),
        "may_improve": may(session, viewer, Right.IMPROVE, where),
    }
    return improving_page(request, "audit", content | form_content(filled), 422 if filled else 200)


def entry_page(
    request: Request, session: Session, viewer: Viewer, number: int, filled: Filled | None = None
) -> HTMLResponse:
    """The checklist, to be filled in on a phone."""
    audit = get_audit(request, number, viewer, session)
    content: dict[str, Any] = {
        "crumbs": [HOME, AUDITS],
        "audit": audit,
        "name": checklist_names(session, viewer.organisation_id).get(audit.questionnaire, audit.questionnaire),
        "place": find_names(request, session, viewer).place(audit.team, None),
        "lines": lines_of(session, viewer, number),
        "today": today_of(request, session, viewer),
    }
    return improving_page(request, "entry", content | form_content(filled), 422 if filled else 200)


def lines_of(session: Session, viewer: Viewer, number: int) -> list[Line]:
    """Of a schedule's checklist. Raises ProblemError."""
    with problems():
        return checklist_lines(session, find_schedule(session, viewer, number))
