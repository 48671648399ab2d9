"""Concerns: raised in one step, followed with evidence, closed with a reason."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.actions import Improves, Sees, answer_actions
from server.api.detecting import Detected, find_detected
from server.api.idempotency import CreateOnce
from server.api.improving import (
    PAGING,
    Body,
    Code,
    NumberInPath,
    Page,
    Paged,
    Title,
    Words,
    now_of,
    page_of,
    problems,
    today_of,
    zone_of,
)
from server.api.parameters import only
from server.api.plans import ActionAnswer, PlanBody
from server.api.problems import ProblemError, in_body, wrong_fields
from server.api.query import Day
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.improvement import actions, concerns
from server.improvement.meetings import discussed_on
from server.improvement.places import Codes, codes, may
from server.improvement.tables import Concern, ConcernEvidence
from server.improvement.waiting import all_waited, days_waited

router = APIRouter(prefix=PREFIX, tags=["improvement"], responses=refusals())
ACTIONS_MAX = 200  # of one concern
ConcernStatus = Literal["open", "acting", "checking", "closed"]
EvidenceKind = Literal["interview", "survey", "complaint theme", "audit", "other"]


class NewConcernBody(Body):
    """A question or topic, in a team or service. With `action` its plan is made in the same step."""

    question: Code | None = None
    topic: Code | None = None
    team: Code | None = None
    service: Code | None = None
    title: Title
    words: Words = ""
    detected: Annotated[
        Detected | None, Field(description="take over what /stats/concerns shows of the question; else it is by hand")
    ] = None
    action: PlanBody | None = None


class ConcernChange(Body):
    """What is not said stays. To close it, say why."""

    title: Title | None = None
    words: Words | None = None
    status: Literal["open", "closed"] | None = None
    closing_words: Words = ""


class EvidenceBody(Body):
    """What else is known. Never who said it."""

    kind: EvidenceKind
    words: Annotated[Words, Field(min_length=1)]
    source: Annotated[Words, Field(max_length=200)] = ""
    happened_on: Day | None = None


class EvidenceAnswer(Body):
    """One piece of evidence."""

    evidence: int
    kind: EvidenceKind
    words: str
    source: str
    happened_on: date | None
    noted_at: datetime
    noted_by: str


class ConcernAnswer(Body):
    """One concern; `finding` and evidence are for those inside the teams, null for others."""

    concern: int
    question: str | None
    topic: str | None
    team: str | None
    service: str | None
    title: str
    words: str
    origin: Literal["detected", "by hand"]
    finding: dict[str, Any] | None
    status: ConcernStatus
    raised_at: datetime
    raised_by: str
    closed_at: datetime | None
    closed_by: str | None
    closing_words: str


class WholeConcern(ConcernAnswer):
    """One concern with all that belongs to it."""

    actions: list[ActionAnswer]
    evidence: list[EvidenceAnswer] | None
    discussed_on: list[date]
    days_to_first_action: Annotated[float | None, Field(description="null while nothing was in place")]


class WaitingAnswer(BaseModel):
    """How long all concerns that the viewer may see waited for their first action, in days."""

    acted_on: int
    waiting: int
    closed_without: int
    median_days: Annotated[float | None, Field(description="of those acted on")]
    longest_days: float | None
    longest_waiting_days: float | None


class ConcernsAnswer(Page):
    """A page of concerns, newest first."""

    data: list[ConcernAnswer]
    time_to_action: WaitingAnswer


def _fields(concern: Concern, words: Codes, *, inside: bool) -> dict[str, Any]:
    return {
        "concern": concern.concern_id,
        "question": concern.question_id,
        "topic": concern.topic,
        "team": words.teams.get(concern.team_id or 0),
        "service": words.services.get(concern.service_id or 0),
        "title": concern.title,
        "words": concern.words,
        "origin": concern.origin,
        "finding": concern.finding if inside else None,
        "status": concern.status,
        "raised_at": concern.raised_at,
        "raised_by": concern.raised_by,
        "closed_at": concern.closed_at,
        "closed_by": concern.closed_by,
        "closing_words": concern.closing_words,
    }


def _finding(session: Session, viewer: Viewer, body: NewConcernBody, now: datetime) -> dict[str, Any]:
    if body.question is None or body.detected is None:
        detail = "What is detected is a question: name one, not a topic."
        raise ProblemError(wrong_fields(in_body("question", detail=detail)))
    place = ("team", body.team) if body.team is not None else ("service", body.service or "")
    return find_detected(session, viewer, body.detected, place, body.question, now)


def _evidence(row: ConcernEvidence) -> EvidenceAnswer:
    return EvidenceAnswer(
        evidence=row.evidence_id,
        kind=row.kind,  # type: ignore[arg-type]
        words=row.words,
        source=row.source,
        happened_on=row.happened_on,
        noted_at=row.noted_at,
        noted_by=row.noted_by,
    )


def _inside(session: Session, viewer: Viewer, concern: Concern) -> bool:
    return may(session, viewer, Right.SEE_DETAIL, concerns.where_of(concern))


def _whole(request: Request, session: Session, viewer: Viewer, number: int) -> WholeConcern:
    concern = concerns.find_concern(session, viewer, number)
    inside = _inside(session, viewer, concern)
    plans = actions.actions(session, viewer, concern_id=number, limit=ACTIONS_MAX)
    waited = days_waited(concern, [action for action, _ in plans], zone_of(session, viewer), now_of(request))
    return WholeConcern(
        **_fields(concern, codes(session, viewer.organisation_id), inside=inside),
        actions=answer_actions(session, viewer, plans, today_of(request, session, viewer)),
        evidence=[_evidence(row) for row in concerns.evidence_of(session, concern)] if inside else None,
        discussed_on=discussed_on(session, viewer, number),
        days_to_first_action=None if waited is None else round(waited, 1),
    )


@router.get("/concerns", operation_id="list_concerns", dependencies=[only("status", *PAGING, lists=["status"])])
def list_concerns(
    request: Request,
    viewer: Sees,
    session: OpenSession,
    page: Paged,
    status: Annotated[list[ConcernStatus], Query()] = [],  # noqa: B006 - FastAPI copies it
) -> ConcernsAnswer:
    """Concerns that the viewer may see, newest first."""
    found = concerns.concerns(session, viewer, statuses=status, before=page.before, limit=page.limit + 1)
    rows, links = page_of(request, page, found, lambda row: row.concern_id)
    words = codes(session, viewer.organisation_id)
    data = [ConcernAnswer(**_fields(row, words, inside=_inside(session, viewer, row))) for row in rows]
    waited = all_waited(session, viewer, zone_of(session, viewer), now_of(request))._asdict()
    rounded = {name: round(value, 1) if isinstance(value, float) else value for name, value in waited.items()}
    return ConcernsAnswer(data=data, links=links, time_to_action=WaitingAnswer.model_validate(rounded))


@router.post(
    "/concerns",
    status_code=201,
    response_model=WholeConcern,
    operation_id="create_concern",
    responses=refusals(409),
    dependencies=[only()],
)
def create_concern(
    request: Request, body: NewConcernBody, viewer: Improves, session: WritingSession, once: CreateOnce
) -> Response:
    """Raise a concern, detected or by hand, with its action plan in the same step if there is one."""

    def make() -> WholeConcern:
        today = today_of(request, session, viewer)
        new = concerns.NewConcern(body.question, body.topic, body.team, body.service, body.title, body.words)
        with problems():
            concern = concerns.raise_concern(session, viewer, new, now_of(request))
            if body.detected is not None:
                finding = _finding(session, viewer, body, now_of(request))
                concerns.take_over(session, concern, finding)
            if body.action is not None:
                plan = body.action.action(concern.concern_id)
                actions.add_action(session, viewer, plan, now_of(request), today, "action")
            return _whole(request, session, viewer, concern.concern_id)

    return once.create(make, lambda made: f"{PREFIX}/concerns/{made.concern}")


@router.get("/concerns/{concern}", operation_id="get_concern", dependencies=[only()])
def get_concern(request: Request, concern: NumberInPath, viewer: Sees, session: OpenSession) -> WholeConcern:
    """One concern with its actions, evidence, and the meetings at which it was discussed."""
    with problems():
        return _whole(request, session, viewer, concern)


@router.patch("/concerns/{concern}", operation_id="change_concern", responses=refusals(409), dependencies=[only()])
def change_concern(
    request: Request, concern: NumberInPath, body: ConcernChange, viewer: Improves, session: WritingSession
) -> WholeConcern:
    """Close a concern with the reason, reopen it, or word it better."""
    with problems():
        concerns.change_concern(session, viewer, concern, now_of(request), **body.model_dump(exclude_unset=True))
        return _whole(request, session, viewer, concern)


@router.post(
    "/concerns/{concern}/evidence",
    status_code=201,
    response_model=EvidenceAnswer,
    operation_id="create_concern_evidence",
    dependencies=[only()],
)
def create_evidence(
    request: Request,
    concern: NumberInPath,
    body: EvidenceBody,
    viewer: Improves,
    session: WritingSession,
    once: CreateOnce,
) -> Response:
    """Note an interview, a survey or a theme of complaints. What looks like a patient's identity is refused."""

    def make() -> EvidenceAnswer:
        with problems():
            return _evidence(concerns.add_evidence(session, viewer, concern, now_of(request), **body.model_dump()))

    return once.create(make, lambda _: f"{PREFIX}/concerns/{concern}")
