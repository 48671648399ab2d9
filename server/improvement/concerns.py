"""Concerns: raised in one step, with evidence, followed until somebody says why they are closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.fleet.turns import take_turn
from server.improvement.faults import ConflictError, NotThereError
from server.improvement.identity import refuse_identity
from server.improvement.numbers import next_number
from server.improvement.places import Where, find_subject, find_where, require
from server.improvement.sight import concerns_seen
from server.improvement.status import CLOSED, CONCERN_STATUSES, OPEN, concern_status
from server.improvement.tables import BY_HAND, DETECTED, Action, Concern, ConcernEvidence


@dataclass(frozen=True)
class NewConcern:
    """What somebody says when they raise one. Exactly one of question and topic, and of team and service."""

    question: str | None
    topic: str | None
    team: str | None
    service: str | None
    title: str
    words: str = ""


def raise_concern(session: Session, viewer: Viewer, new: NewConcern, now: datetime) -> Concern:
    """By hand. Raises FaultError, NotThereError, NotAllowedError, PatientIdentityError."""
    where = find_where(session, viewer, new.team, new.service)
    require(session, viewer, Right.IMPROVE, where)
    find_subject(session, viewer, new.question, new.topic)
    refuse_identity(title=new.title, words=new.words)
    concern = Concern(
        organisation_id=viewer.organisation_id,
        concern_id=next_number(session, Concern, Concern.concern_id, viewer.organisation_id),
        question_id=new.question,
        topic=new.topic,
        **where._asdict(),
        title=new.title,
        words=new.words,
        origin=BY_HAND,
        finding=None,
        status=OPEN,
        raised_at=now,
        raised_by=viewer.actor,
        closing_words="",
    )
    session.add(concern)
    session.flush()
    return concern


def take_over(session: Session, concern: Concern, finding: dict[str, Any]) -> None:
    """It was detected, as `finding` says. Raises ConflictError where one detected about the same is open already."""
    _refuse_second(session, concern)
    concern.origin, concern.finding = DETECTED, finding
    session.flush()


def find_concern(session: Session, viewer: Viewer, concern_id: int) -> Concern:
    """Raises NotThereError, also for one that this viewer may not see."""
    query = select(Concern).where(Concern.concern_id == concern_id, concerns_seen(viewer))
    found = session.scalar(query)
    if found is None:
        raise NotThereError(f"There is no concern {concern_id} here.")
    return found


def where_of(concern: Concern) -> Where:
    """The team or service it is about."""
    return Where(concern.team_id, concern.service_id)


def concerns(
    session: Session, viewer: Viewer, *, statuses: Sequence[str] = (), before: int | None = None, limit: int
) -> list[Concern]:
    """Newest first, those with a number below `before`."""
    query = select(Concern).where(concerns_seen(viewer)).order_by(Concern.concern_id.desc()).limit(limit)
    if statuses:
        query = query.where(Concern.status.in_(statuses))
    if before is not None:
        query = query.where(Concern.concern_id < before)
    return list(session.scalars(query))


def change_concern(
    session: Session,
    viewer: Viewer,
    concern_id: int,
    now: datetime,
    *,
    title: str | None = None,
    words: str | None = None,
    status: str | None = None,
    closing_words: str = "",
) -> Concern:
    """Close it, saying why; reopen it; or word it better. Between those its actions decide the status."""
    concern = find_concern(session, viewer, concern_id)
    require(session, viewer, Right.IMPROVE, where_of(concern))
    refuse_identity(title=title or "", words=words or "", closing_words=closing_words)
    concern.title = concern.title if title is None else title
    concern.words = concern.words if words is None else words
    if status == CLOSED and concern.status != CLOSED:
        if not closing_words.strip():
            raise ConflictError("Say in closing_words why the concern is closed: what was reached, or why not.")
        concern.status, concern.closed_at, concern.closed_by = CLOSED, now, viewer.actor
        concern.closing_words = closing_words
    elif status is not None and status != concern.status:
        if concern.status != CLOSED:
            raise ConflictError(f"The concern is {concern.status}: its actions decide that, until somebody closes it.")
        concern.closed_at = concern.closed_by = None
        concern.status, concern.closing_words = OPEN, ""
        follow_actions(session, concern)
    session.flush()
    return concern


def follow_actions(session: Session, concern: Concern) -> None:
    """Let its status follow its actions; one that is closed stays so."""
    if concern.status == CLOSED:
        return
    session.flush()
    query = select(Action.status).where(
        Action.organisation_id == concern.organisation_id, Action.concern_id == concern.concern_id
    )
    concern.status = concern_status(list(session.scalars(query)))


def add_evidence(
    session: Session,
    viewer: Viewer,
    concern_id: int,
    now: datetime,
    *,
    kind: str,
    words: str,
    source: str = "",
    happened_on: date | None = None,
) -> ConcernEvidence:
    """An interview, a survey, a theme of complaints. Raises PatientIdentityError."""
    concern = find_concern(session, viewer, concern_id)
    require(session, viewer, Right.IMPROVE, where_of(concern))
    refuse_identity(words=words, source=source)
    row = ConcernEvidence(
        organisation_id=viewer.organisation_id,
        concern_id=concern_id,
        kind=kind,
        words=words,
        source=source,
        happened_on=happened_on,
        noted_at=now,
        noted_by=viewer.actor,
    )
    session.add(row)
    session.flush()
    return row


def evidence_of(session: Session, concern: Concern) -> list[ConcernEvidence]:
    """In the order in which it was noted."""
    query = select(ConcernEvidence).where(
        ConcernEvidence.organisation_id == concern.organisation_id,
        ConcernEvidence.concern_id == concern.concern_id,
    )
    return list(session.scalars(query.order_by(ConcernEvidence.evidence_id)))


def _refuse_second(session: Session, concern: Concern) -> None:
    take_turn(session, concern.organisation_id)
    query = select(Concern.concern_id).where(
        Concern.organisation_id == concern.organisation_id,
        Concern.question_id.is_not_distinct_from(concern.question_id),
        Concern.team_id.is_not_distinct_from(concern.team_id),
        Concern.service_id.is_not_distinct_from(concern.service_id),
        Concern.status.in_([status for status in CONCERN_STATUSES if status != CLOSED]),
        Concern.origin == DETECTED,
    )
    number = session.scalar(query)
    if number is not None:
        raise ConflictError(f"Concern {number} about the same is not closed yet: add to that one.")
