"""Staff's audits: schedules with what is due, compliance beside what patients say, feedback given."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.counts import Tally
from server.api.access import needs
from server.api.audit_shapes import (
    EntryAnswer,
    EntryBody,
    FeedbackAnswer,
    FeedbackBody,
    LineAnswer,
    NewScheduleBody,
    PeriodAnswer,
    ScheduleAnswer,
    ScheduleChange,
    SchedulesAnswer,
    WholeSchedule,
)
from server.api.figures import measured
from server.api.idempotency import CreateOnce
from server.api.improving import (
    PAGING,
    NumberInPath,
    Paged,
    now_of,
    page_of,
    problems,
    today_of,
)
from server.api.parameters import only
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.api.shapes import Measured
from server.improvement import audits
from server.improvement.beside import patients_beside
from server.improvement.places import codes
from server.improvement.team_tables import AuditFeedback, AuditSchedule
from server.measures.positivity import PUBLISH_FROM

router = APIRouter(prefix=PREFIX, tags=["improvement"], responses=refusals())
Sees = Annotated[Viewer, needs(Right.SEE_FIGURES)]
Improves = Annotated[Viewer, needs(Right.IMPROVE)]


def _percent(found: audits.PeriodFound) -> float | None:
    share = found.compliance.share
    return None if share is None else round(100 * share, 1)


def _schedule(session: Session, viewer: Viewer, row: AuditSchedule, found: audits.Standing) -> ScheduleAnswer:
    judged = (_percent(period) for period in found.periods if period.compliance.n)
    return ScheduleAnswer(
        schedule=row.schedule_id,
        team=codes(session, viewer.organisation_id).teams[row.team_id],
        questionnaire=audits.code_of(session, row),
        topic=audits.topic_of(session, row),
        every=row.every,  # type: ignore[arg-type]
        from_date=row.from_date,
        to_date=row.to_date,
        state=found.state,  # type: ignore[arg-type]
        missed=sum(period.period.state == "missed" for period in found.periods),
        compliance=next(judged, None),
        created_at=row.created_at,
        created_by=row.created_by,
    )


def _feedback(row: AuditFeedback) -> FeedbackAnswer:
    return FeedbackAnswer(
        given_on=row.given_on,
        given_by=row.given_by,
        given_to=row.given_to,
        words=row.words,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )


def _period(found: audits.PeriodFound, beside: dict[date, Tally]) -> PeriodAnswer:
    patients = beside.get(found.period.first)
    return PeriodAnswer(
        start=found.period.first,
        end=found.period.after,
        state=found.period.state,  # type: ignore[arg-type]
        lines=found.compliance.n,
        compliance=_percent(found),
        feedback=[_feedback(row) for row in found.feedback],
        patients=None if patients is None else Measured(**measured(patients, PUBLISH_FROM)),
    )


def _whole(request: Request, session: Session, viewer: Viewer, row: AuditSchedule) -> WholeSchedule:
    today = today_of(request, session, viewer)
    found = audits.standing(session, row, today)
    short = _schedule(session, viewer, row, found)
    beside = patients_beside(session, viewer, row, short.topic, [each.period for each in found.periods], today)
    return WholeSchedule(
        **short.model_dump(),
        checklist=[
            LineAnswer(question=question, text=text, options=options)
            for question, text, options in audits.checklist(session, row)
        ],
        periods=[_period(each, beside) for each in found.periods],
    )


@router.get("/audits", operation_id="list_audits", dependencies=[only(*PAGING)])
def list_audits(request: Request, viewer: Sees, session: OpenSession, page: Paged) -> SchedulesAnswer:
    """Audit schedules of the teams that the viewer may see: what is done, due, overdue."""
    found = audits.schedules(session, viewer, before=page.before, limit=page.limit + 1)
    rows, links = page_of(request, page, found, lambda row: row.schedule_id)
    today = today_of(request, session, viewer)
    data = [_schedule(session, viewer, row, audits.standing(session, row, today)) for row in rows]
    return SchedulesAnswer(data=data, links=links)


@router.post(
    "/audits",
    status_code=201,
    response_model=WholeSchedule,
    operation_id="create_audit",
    dependencies=[only()],
)
def create_audit(
    request: Request, body: NewScheduleBody, viewer: Improves, session: WritingSession, once: CreateOnce
) -> Response:
    """Have a team go through a checklist every week or month."""

    def make() -> WholeSchedule:
        with problems():
            row = audits.add_schedule(
                session,
                viewer,
                body.team,
                body.questionnaire,
                body.every,
                body.from_date,
                body.to_date,
                now_of(request),
            )
        return _whole(request, session, viewer, row)

    return once.create(make, lambda made: f"{PREFIX}/audits/{made.schedule}")


@router.get("/audits/{audit}", operation_id="get_audit", dependencies=[only()])
def get_audit(request: Request, audit: NumberInPath, viewer: Sees, session: OpenSession) -> WholeSchedule:
    """One schedule, period by period: done or missed, compliance, feedback, and what patients said beside it."""
    with problems():
        return _whole(request, session, viewer, audits.find_schedule(session, viewer, audit))


@router.patch("/audits/{audit}", operation_id="change_audit", dependencies=[only()])
def change_audit(
    request: Request, audit: NumberInPath, body: ScheduleChange, viewer: Improves, session: WritingSession
) -> WholeSchedule:
    """End a schedule; what was done stays."""
    with problems():
        row = audits.end_schedule(session, viewer, audit, body.to_date)
    return _whole(request, session, viewer, row)


@router.post(
    "/audits/{audit}/entries",
    status_code=201,
    response_model=EntryAnswer,
    operation_id="create_audit_entry",
    dependencies=[only()],
)
def create_entry(
    request: Request,
    audit: NumberInPath,
    body: EntryBody,
    viewer: Improves,
    session: WritingSession,
    once: CreateOnce,
) -> Response:
    """Enter a checklist on the web; those done on a device arrive by themselves."""

    def make() -> EntryAnswer:
        now, today = now_of(request), today_of(request, session, viewer)
        with problems():
            row = audits.enter_audit(session, viewer, audit, body.audited_on, body.answers, now, today)
        return EntryAnswer(
            entry=row.entry_id, audited_on=row.audited_on, entered_at=row.entered_at, entered_by=row.entered_by
        )

    return once.create(make, lambda _: f"{PREFIX}/audits/{audit}")


@router.post(
    "/audits/{audit}/feedback",
    status_code=201,
    response_model=FeedbackAnswer,
    operation_id="create_audit_feedback",
    dependencies=[only()],
)
def create_feedback(
    request: Request,
    audit: NumberInPath,
    body: FeedbackBody,
    viewer: Improves,
    session: WritingSession,
    once: CreateOnce,
) -> Response:
    """Record that the team was told: when, by whom, to whom."""

    def make() -> FeedbackAnswer:
        now, today = now_of(request), today_of(request, session, viewer)
        with problems():
            return _feedback(audits.give_feedback(session, viewer, audit, **body.model_dump(), now=now, today=today))

    return once.create(make, lambda _: f"{PREFIX}/audits/{audit}")
