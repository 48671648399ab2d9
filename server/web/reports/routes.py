"""The routes of the pages of reports: thin; each does what the interface does, and shows it."""

from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.improving import NumberInPath, now_of, problems, today_of
from server.api.problems import ProblemError
from server.api.reports import begin_building, month_of
from server.api.sessions import OpenSession, WritingSession
from server.improvement.faults import ConflictError, FaultError, NotAllowedError, NotThereError
from server.reports import listing, subscriptions
from server.reports.building import Key, wait_for
from server.reports.kinds import Kind
from server.reports.mailing import mail_report
from server.reports.making import Wanted, find_report, issue, make_report, reissue
from server.reports.tables import BUILDING
from server.web.page import make_page
from server.web.reports import unsubscribing
from server.web.reports.list_page import list_content
from server.web.reports.report_page import report_content

router = APIRouter(include_in_schema=False)
Reads = Annotated[Viewer, needs(Right.SEE_FIGURES)]
Issues = Annotated[Viewer, needs(Right.ISSUE_REPORTS)]
Text = Annotated[str, Form(max_length=500, pattern=r"^[^\x00]*$")]  # PostgreSQL holds every letter but this one
Before = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
Revision = Annotated[int | None, Query(ge=1, le=10_000)]
WAIT_S = 2.0  # so that who has asked for a report mostly finds it, and nobody looks at a page that does not come
REASON_LEAST = 3


@router.get("/reports")
def get_reports(request: Request, viewer: Reads, session: OpenSession, before: Before = None) -> HTMLResponse:
    """All that the viewer may see."""
    return _list(request, session, viewer, before=before)


@router.post("/reports")
def post_report(
    request: Request,
    viewer: Issues,
    session: WritingSession,
    tasks: BackgroundTasks,
    kind: Text = "",
    month: Text = "",
    service: Text = "",
) -> Response:
    """Have one built. Sent twice, it is the same report."""
    given = {"kind": kind, "month": month, "service": service}
    if kind not in set(Kind):
        return _list(request, session, viewer, {"kind": "Choose which report"}, given)
    try:
        wanted = Wanted(Kind(kind), month_of(month), service or None)
        found = make_report(session, viewer, wanted, now_of(request), today_of(request, session, viewer))
    except FaultError as error:
        name = str(error.steps[0])
        return _list(request, session, viewer, {name: f"{name.capitalize()} {error}"}, given)
    except ProblemError:
        return _list(request, session, viewer, {"month": "Choose a month"}, given)
    except (ConflictError, NotAllowedError, NotThereError) as error:
        return _list(request, session, viewer, {"service": str(error)}, given)
    begin_building(request, tasks, found)
    return _go_on(found.report.report_id, tasks)


@router.get("/reports/{report}")
def get_report(
    request: Request, report: NumberInPath, viewer: Reads, session: OpenSession, revision: Revision = None
) -> HTMLResponse:
    """One report; that somebody has opened it is noted."""
    with problems():
        found = find_report(session, viewer, report, revision)
    row = found.revision
    if row.state == BUILDING:
        key = Key(row.organisation_id, row.report_id, row.revision)
        wait_for(request.app.state.writing_engine, key, WAIT_S)
    return _shown(request, viewer, report, revision)


@router.post("/reports/{report}/issue")
def post_issue(request: Request, report: NumberInPath, viewer: Issues, session: WritingSession) -> Response:
    """Issue the draft, and let it go out to its list."""
    with problems():
        found = issue(session, viewer, report, now_of(request))
    mail_report(session, request.app.state.settings, found, now_of(request))
    return _go_on(report)


@router.post("/reports/{report}/reissue")
def post_reissue(
    request: Request,
    report: NumberInPath,
    viewer: Issues,
    session: WritingSession,
    tasks: BackgroundTasks,
    reason: Text = "",
) -> Response:
    """Have a revision built, for a reason."""
    with problems():
        if len(reason.strip()) < REASON_LEAST:
            found = find_report(session, viewer, report)
            errors = {"reason": "Say why it is issued again: readers see it"}
            return _page(request, report_content(session, viewer, found, now_of(request)), errors, {"reason": reason})
        found = reissue(session, viewer, report, reason.strip(), now_of(request))
    begin_building(request, tasks, found)
    return _go_on(report, tasks)


@router.post("/reports/{report}/acknowledge")
def post_acknowledge(request: Request, report: NumberInPath, viewer: Reads, session: WritingSession) -> Response:
    """Say that one has read it."""
    with problems():
        found = find_report(session, viewer, report)
        listing.opened(session, viewer, found, now_of(request), acknowledged=True)
    return _go_on(report)


@router.post("/subscriptions")
def post_subscription(
    request: Request,
    viewer: Reads,
    session: WritingSession,
    what: Text = "",
    person: Annotated[int | None, Form()] = None,
    report: Annotated[int | None, Form()] = None,
) -> Response:
    """Subscribe oneself, or somebody else to a report's list. A second time changes nothing."""
    with problems():
        if what not in subscriptions.WHAT:
            raise FaultError("what", detail=f"is one of {', '.join(subscriptions.WHAT)}.")
        with suppress(ConflictError):  # it was sent twice: they get it already
            subscriptions.subscribe(session, viewer, what, person, now_of(request))
    return _go_on(report)


@router.post("/subscriptions/{subscription}/end")
def post_end(
    request: Request,
    subscription: NumberInPath,
    viewer: Reads,
    session: WritingSession,
    report: Annotated[int | None, Form()] = None,
) -> Response:
    """No mail of it goes out from now on."""
    with problems():
        subscriptions.unsubscribe(session, viewer, subscription, now_of(request))
    return _go_on(report)


def _list(
    request: Request,
    session: Session,
    viewer: Viewer,
    errors: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
    *,
    before: int | None = None,
) -> HTMLResponse:
    content = list_content(session, viewer, now_of(request), before)
    code = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    own = {"errors": errors or {}, "given": given or {}}
    return make_page(request, "reports/list.html.jinja", content | own, code)


def _shown(request: Request, viewer: Viewer, report: int, revision: int | None) -> HTMLResponse:
    """In a transaction of its own: it sees what was built meanwhile."""
    with Session(request.app.state.writing_engine) as session, session.begin(), problems():
        found = find_report(session, viewer, report, revision)
        listing.opened(session, viewer, found, now_of(request))
        return _page(request, report_content(session, viewer, found, now_of(request)))


def _page(
    request: Request, content: dict[str, Any], errors: dict[str, str] | None = None, given: dict[str, str] | None = None
) -> HTMLResponse:
    code = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    own = {"errors": errors or {}, "given": given or {}}
    return make_page(request, "reports/report.html.jinja", content | own, code)


def _go_on(report: int | None, tasks: BackgroundTasks | None = None) -> Response:
    address = "/reports" if report is None else f"/reports/{report}"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, background=tasks)


router.include_router(unsubscribing.router)
