"""Audit schedules: what a team goes through every week or month, what it found, and that the team was told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.package import KIND_AUDIT
from protocol.record import ANSWERS_MAX
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.audits import audit_compliance
from server.database import on_keys
from server.fleet.tables import Question, Questionnaire, QuestionnaireVersion, VersionOption, VersionQuestion
from server.improvement.faults import FaultError, NotThereError
from server.improvement.identity import refuse_identity
from server.improvement.places import Where, find_team, require, seen
from server.improvement.schedule import AuditPeriod, audit_periods, period_of, schedule_state
from server.improvement.team_tables import AuditEntry, AuditFeedback, AuditSchedule
from server.measures.part import Part


@dataclass(frozen=True)
class PeriodFound:
    """One week or month of a schedule. `compliance`: lines as they should be, of lines judged."""

    period: AuditPeriod
    compliance: Part
    feedback: tuple[AuditFeedback, ...]


@dataclass(frozen=True)
class Standing:
    """Where a schedule stands, its periods newest first."""

    state: str
    periods: list[PeriodFound]


def add_schedule(
    session: Session,
    viewer: Viewer,
    team: str,
    questionnaire: str,
    every: str,
    from_date: date,
    to_date: date | None,
    now: datetime,
) -> AuditSchedule:
    """Raises FaultError, NotThereError, NotAllowedError."""
    team_id = find_team(session, viewer, team)
    require(session, viewer, Right.IMPROVE, Where(team_id=team_id))
    if to_date is not None and to_date <= from_date:
        raise FaultError("to_date", detail="The schedule would end before it begins.")
    row = AuditSchedule(
        organisation_id=viewer.organisation_id,
        team_id=team_id,
        questionnaire_id=_checklist(session, viewer, questionnaire),
        every=every,
        from_date=from_date,
        to_date=to_date,
        created_at=now,
        created_by=viewer.actor,
    )
    session.add(row)
    session.flush()
    return row


def find_schedule(session: Session, viewer: Viewer, schedule_id: int) -> AuditSchedule:
    """Raises NotThereError, also for one that this viewer may not see."""
    query = select(AuditSchedule).where(AuditSchedule.schedule_id == schedule_id, seen(viewer, AuditSchedule))
    found = session.scalar(query)
    if found is None:
        raise NotThereError(f"There is no audit schedule {schedule_id} here.")
    return found


def schedules(session: Session, viewer: Viewer, *, before: int | None = None, limit: int) -> list[AuditSchedule]:
    """Newest first, those with a number below `before`."""
    query = select(AuditSchedule).where(seen(viewer, AuditSchedule)).order_by(AuditSchedule.schedule_id.desc())
    if before is not None:
        query = query.where(AuditSchedule.schedule_id < before)
    return list(session.scalars(query.limit(limit)))


def end_schedule(session: Session, viewer: Viewer, schedule_id: int, to_date: date) -> AuditSchedule:
    """From that day on nothing is due; what was done stays."""
    row = find_schedule(session, viewer, schedule_id)
    require(session, viewer, Right.IMPROVE, Where(team_id=row.team_id))
    if to_date <= row.from_date:
        raise FaultError("to_date", detail=f"The schedule begins on {row.from_date}: end it later.")
    row.to_date = to_date
    session.flush()
    return row


def standing(session: Session, schedule: AuditSchedule, today: date) -> Standing:
    """What was done, due and left out, with what was found each time."""
    by_day = audit_compliance(session, schedule.organisation_id, schedule.team_id, schedule.questionnaire_id)
    periods = audit_periods(schedule.every, schedule.from_date, schedule.to_date, list(by_day), today)
    told = _feedback(session, schedule)
    found = []
    for period in periods:
        parts = [part for day, part in by_day.items() if period.first <= day < period.after]
        total = Part(sum(part.chosen for part in parts), sum(part.n for part in parts))
        found.append(PeriodFound(period, total, tuple(told.get(period.first, ()))))
    return Standing(schedule_state(periods, schedule.from_date, schedule.to_date, today), found)


def enter_audit(
    session: Session,
    viewer: Viewer,
    schedule_id: int,
    audited_on: date,
    answers: dict[str, str | None],
    now: datetime,
    today: date,
) -> AuditEntry:
    """A checklist filled in on the web: {question: option's code, or None where nothing was chosen}, in the newest
    version. Raises FaultError that names the line.
    """
    schedule = find_schedule(session, viewer, schedule_id)
    require(session, viewer, Right.IMPROVE, Where(team_id=schedule.team_id))
    if audited_on > today:
        raise FaultError("audited_on", detail=f"{audited_on} is yet to come.")
    reference = newest_version(session, schedule)
    row = AuditEntry(
        organisation_id=viewer.organisation_id,
        team_id=schedule.team_id,
        reference=reference,
        audited_on=audited_on,
        answers=_chosen(session, schedule.organisation_id, reference, answers),
        entered_at=now,
        entered_by=viewer.actor,
    )
    session.add(row)
    session.flush()
    return row


def give_feedback(
    session: Session,
    viewer: Viewer,
    schedule_id: int,
    *,
    about: date,
    given_on: date,
    given_by: str,
    given_to: str,
    words: str,
    now: datetime,
    today: date,
) -> AuditFeedback:
    """That somebody told the team. `about`: any day of the week or month it is about; `given_by`: a role."""
    schedule = find_schedule(session, viewer, schedule_id)
    require(session, viewer, Right.IMPROVE, Where(team_id=schedule.team_id))
    if max(about, given_on) > today:
        raise FaultError("given_on" if given_on > today else "about", detail="That day is yet to come.")
    refuse_identity(given_by=given_by, given_to=given_to, words=words)
    row = AuditFeedback(
        organisation_id=viewer.organisation_id,
        schedule_id=schedule_id,
        period_first=period_of(about, schedule.every)[0],
        given_on=given_on,
        given_by=given_by,
        given_to=given_to,
        words=words,
        recorded_at=now,
        recorded_by=viewer.actor,
    )
    session.add(row)
    session.flush()
    return row


def topic_of(session: Session, schedule: AuditSchedule) -> str:
    """The topic of most lines of the checklist: what patients are asked about it stands beside its compliance."""
    query = (
        select(Question.topic)
        .join(VersionQuestion, on_keys(VersionQuestion, Question, "question_id"))
        .where(
            Question.organisation_id == schedule.organisation_id,
            VersionQuestion.reference == newest_version(session, schedule),
        )
        .order_by(VersionQuestion.position)
    )
    return Counter(session.scalars(query)).most_common(1)[0][0]


def code_of(session: Session, schedule: AuditSchedule) -> str:
    """The code of its questionnaire."""
    row = session.get_one(Questionnaire, (schedule.organisation_id, schedule.questionnaire_id))
    return row.code


def checklist(session: Session, schedule: AuditSchedule) -> list[tuple[str, str, list[str]]]:
    """(question, its text, codes of its options) of each line of the newest version."""
    reference = newest_version(session, schedule)
    codes = _codes(session, schedule.organisation_id, reference)
    texts = {
        row.question_id: row.text
        for row in session.scalars(
            select(Question).where(
                Question.organisation_id == schedule.organisation_id, Question.question_id.in_(codes)
            )
        )
    }
    return [(question, texts[question], list(options)) for question, options in codes.items()]


def _checklist(session: Session, viewer: Viewer, code: str) -> int:
    query = (
        select(Questionnaire.questionnaire_id)
        .join(QuestionnaireVersion, on_keys(QuestionnaireVersion, Questionnaire, "questionnaire_id"))
        .where(
            Questionnaire.organisation_id == viewer.organisation_id,
            Questionnaire.code == code,
            QuestionnaireVersion.kind == KIND_AUDIT,
        )
        .limit(1)
    )
    number = session.scalar(query)
    if number is None:
        raise FaultError("questionnaire", detail=f"There is no published checklist for staff {code!r}.")
    return number


def newest_version(session: Session, schedule: AuditSchedule) -> int:
    """The reference of the version that is filled in today."""
    query = (
        select(QuestionnaireVersion.reference)
        .where(
            QuestionnaireVersion.organisation_id == schedule.organisation_id,
            QuestionnaireVersion.questionnaire_id == schedule.questionnaire_id,
        )
        .order_by(QuestionnaireVersion.version.desc())
        .limit(1)
    )
    return session.scalars(query).one()


def _codes(session: Session, organisation_id: int, reference: int) -> dict[str, list[str]]:
    """{question: codes of its options in order} of a version, in order."""
    query = (
        select(VersionQuestion.question_id, VersionOption.code)
        .join(VersionOption, on_keys(VersionOption, VersionQuestion, "reference", "position"))
        .where(VersionQuestion.organisation_id == organisation_id, VersionQuestion.reference == reference)
        .order_by(VersionQuestion.position, VersionOption.option)
    )
    codes: dict[str, list[str]] = {}
    for question, code in session.execute(query):
        codes.setdefault(question, []).append(code)
    return codes


def _chosen(session: Session, organisation_id: int, reference: int, answers: dict[str, str | None]) -> Sequence[int]:
    codes = _codes(session, organisation_id, reference)
    assert len(codes) <= ANSWERS_MAX
    for question, code in answers.items():
        if question not in codes:
            raise FaultError("answers", question, detail=f"The checklist has no such line; it has {', '.join(codes)}.")
        if code is not None and code not in codes[question]:
            raise FaultError("answers", question, detail=f"Choose one of {', '.join(codes[question])}, or null.")
    if not any(answers.values()):
        raise FaultError("answers", detail="Nothing is answered: an audit has at least one line.")
    return [codes[question].index(code) + 1 if (code := answers.get(question)) else 0 for question in codes]


def _feedback(session: Session, schedule: AuditSchedule) -> dict[date, list[AuditFeedback]]:
    query = select(AuditFeedback).where(
        AuditFeedback.organisation_id == schedule.organisation_id,
        AuditFeedback.schedule_id == schedule.schedule_id,
    )
    found: dict[date, list[AuditFeedback]] = {}
    for row in session.scalars(query.order_by(AuditFeedback.feedback_id)):
        found.setdefault(row.period_first, []).append(row)
    return found
