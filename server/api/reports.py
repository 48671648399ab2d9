"""Reports: /api/v1/reports. Built in the background from the figures of a month, then issued; an issue stands."""

import re
from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.formats import MEDIA_TYPES, Format
from server.api.idempotency import CreateOnce
from server.api.improving import PAGING, NumberInPath, Paged, now_of, page_of, problems, today_of
from server.api.parameters import only
from server.api.problems import ProblemError, in_body, wrong_fields
from server.api.reference import PREFIX, refusals
from server.api.report_shapes import (
    MONTH,
    DeliveryAnswer,
    NewReportBody,
    Reading,
    ReissueBody,
    ReportAnswer,
    ReportsAnswer,
    WholeReport,
    answer_report,
)
from server.api.sessions import OpenSession, WritingSession
from server.reports import listing
from server.reports.building import Key, build
from server.reports.kinds import may_issue
from server.reports.mailing import mail_report
from server.reports.making import Found, Wanted, file_of, find_report, issue, make_report, reissue
from server.reports.tables import BUILDING, ISSUED

router = APIRouter(prefix=PREFIX, tags=["reports"], responses=refusals())

Reads = Annotated[Viewer, needs(Right.SEE_FIGURES)]
Issues = Annotated[Viewer, needs(Right.ISSUE_REPORTS)]
RevisionNumber = Annotated[int | None, Query(ge=1, le=10_000, description="an earlier one; left out: the newest")]


def _answer(session: Session, found: Found) -> ReportAnswer:
    return ReportAnswer(**answer_report(session, found, found.revision))


def month_of(text: str) -> date:
    """Its first day. Raises ProblemError."""
    if not re.fullmatch(MONTH, text, re.ASCII):
        raise ProblemError(wrong_fields(in_body("month", detail="is no month of the calendar.")))
    return date(int(text[:4]), int(text[5:]), 1)


def begin_building(request: Request, tasks: BackgroundTasks, found: Found) -> None:
    """After the answer, in this process; where that ends before, `pet jobs run` builds it."""
    row = found.revision
    if row.state == BUILDING:
        key = Key(row.organisation_id, row.report_id, row.revision)
        tasks.add_task(build, request.app.state.writing_engine, key, request.app.state.now)


@router.get("/reports", operation_id="list_reports", dependencies=[only(*PAGING)])
def list_reports(request: Request, viewer: Reads, session: OpenSession, page: Paged) -> ReportsAnswer:
    """Issued reports that the viewer may read, newest first; and drafts, for whoever may issue them."""
    found = listing.reports(session, viewer, before=page.before, limit=page.limit + 1)
    rows, links = page_of(request, page, found, lambda row: row.report.report_id)
    return ReportsAnswer(data=[_answer(session, row) for row in rows], links=links)


@router.post(
    "/reports",
    status_code=202,
    response_model=ReportAnswer,
    operation_id="create_report",
    responses=refusals(409),
    dependencies=[only()],
)
def create_report(
    request: Request,
    body: NewReportBody,
    viewer: Issues,
    session: WritingSession,
    once: CreateOnce,
    tasks: BackgroundTasks,
) -> Response:
    """Begin to build a month's report; look at Location for how far it is. Of a draft, its figures are made anew."""

    def make() -> ReportAnswer:
        wanted = Wanted(body.kind, month_of(body.month), body.service)
        with problems():
            found = make_report(session, viewer, wanted, now_of(request), today_of(request, session, viewer))
        begin_building(request, tasks, found)
        return _answer(session, found)

    return _with(once.create(make, _location, status=HTTPStatus.ACCEPTED), tasks)


def _location(made: ReportAnswer) -> str:
    return f"{PREFIX}/reports/{made.report}"


def _with(response: Response, tasks: BackgroundTasks) -> Response:
    """A response of one's own does not take a route's background tasks along by itself."""
    response.background = tasks
    return response


@router.get(
    "/reports/{report}.pdf",
    operation_id="get_report_pdf",
    response_class=Response,
    responses={**refusals(409), 200: {"description": "PDF/UA-1", "content": {"application/pdf": {}}}},
    dependencies=[only("revision")],
)
def get_pdf(
    request: Request, report: NumberInPath, viewer: Reads, session: WritingSession, revision: RevisionNumber = None
) -> Response:
    """As it was issued, byte by byte; of a draft, as it is now."""
    return send_file(request, session, viewer, (report, revision), "pdf")


@router.get(
    "/reports/{report}.xlsx",
    operation_id="get_report_xlsx",
    response_class=Response,
    responses={**refusals(409), 200: {"description": "A workbook", "content": {MEDIA_TYPES[Format.XLSX]: {}}}},
    dependencies=[only("revision")],
)
def get_xlsx(
    request: Request, report: NumberInPath, viewer: Reads, session: WritingSession, revision: RevisionNumber = None
) -> Response:
    """The same figures as real tables."""
    return send_file(request, session, viewer, (report, revision), "xlsx")


def send_file(request: Request, session: Session, viewer: Viewer, which: tuple[int, int | None], form: str) -> Response:
    """The PDF or workbook, and the note that the viewer has opened it. Raises ProblemError."""
    with problems():
        found = find_report(session, viewer, *which)
        content = file_of(found.revision, form)
        listing.opened(session, viewer, found, now_of(request))
    subject = found.report.subject.replace(":", "-")
    draft = "" if found.revision.state == ISSUED else "-draft"
    name = f"pet-{found.kind}-{subject}-{found.report.first_day:%Y-%m}-r{found.revision.revision}{draft}.{form}"
    media = "application/pdf" if form == "pdf" else MEDIA_TYPES[Format.XLSX]
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-cache"}
    return Response(content, HTTPStatus.OK, headers, media)


@router.get("/reports/{report}", operation_id="get_report", dependencies=[only("revision")])
def get_report(
    report: NumberInPath, viewer: Reads, session: OpenSession, revision: RevisionNumber = None
) -> WholeReport:
    """One report: its state, its frozen figures, and its revisions."""
    with problems():
        found = find_report(session, viewer, report, revision)
    rows = listing.history(session, viewer, found.report)
    whole = may_issue(viewer, found.kind, found.teams)
    people = listing.readers(session, found.report) if whole else None
    mails = listing.deliveries(session, found.report) if whole else None
    return WholeReport(
        **answer_report(session, found, found.revision),
        content=found.revision.snapshot,
        revisions=[ReportAnswer(**answer_report(session, found, row)) for row in rows],
        readers=None if people is None else [Reading(**each._asdict()) for each in people],
        deliveries=None if mails is None else [DeliveryAnswer.model_validate(each._asdict()) for each in mails],
    )


@router.post("/reports/{report}/issue", operation_id="issue_report", responses=refusals(409), dependencies=[only()])
def issue_report(request: Request, report: NumberInPath, viewer: Issues, session: WritingSession) -> ReportAnswer:
    """Issue the draft: from now on it never changes. Whoever subscribed to its kind, and may read it, gets a mail."""
    with problems():
        found = issue(session, viewer, report, now_of(request))
    mail_report(session, request.app.state.settings, found, now_of(request))
    return _answer(session, found)


@router.post(
    "/reports/{report}/reissue",
    status_code=202,
    response_model=ReportAnswer,
    operation_id="reissue_report",
    responses=refusals(409),
    dependencies=[only()],
)
def reissue_report(
    request: Request,
    report: NumberInPath,
    body: ReissueBody,
    viewer: Issues,
    session: WritingSession,
    once: CreateOnce,
    tasks: BackgroundTasks,
) -> Response:
    """Build a revision of what is issued, with its reason and what changed. It is a draft until it is issued too."""

    def make() -> ReportAnswer:
        with problems():
            found = reissue(session, viewer, report, body.reason, now_of(request))
        begin_building(request, tasks, found)
        return _answer(session, found)

    return _with(once.create(make, _location, status=HTTPStatus.ACCEPTED), tasks)


@router.post(
    "/reports/{report}/acknowledge", operation_id="acknowledge_report", responses=refusals(409), dependencies=[only()]
)
def acknowledge_report(request: Request, report: NumberInPath, viewer: Reads, session: WritingSession) -> ReportAnswer:
    """Say that one has read it."""
    with problems():
        found = find_report(session, viewer, report)
        listing.opened(session, viewer, found, now_of(request), acknowledged=True)
    return _answer(session, found)
