"""The tables of what teams do regularly: audits, meetings, recognition, and texts that answer patients."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base
from server.fleet.rollout_tables import Scoped
from server.fleet.tables import SCOPES
from server.improvement.schedule import INTERVALS
from server.improvement.status import TEXT_STATUSES
from server.improvement.tables import one_of, refers


class AuditSchedule(Base):
    """A checklist that a team goes through every week or month."""

    __tablename__ = "audit_schedule"
    __table_args__ = (
        refers("team", "team_id"),
        refers("questionnaire", "questionnaire_id"),
        one_of("every", INTERVALS),
        CheckConstraint("to_date IS NULL OR from_date < to_date", name="span"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    team_id: Mapped[int]
    questionnaire_id: Mapped[int]
    every: Mapped[str]
    from_date: Mapped[date]
    to_date: Mapped[date | None]  # exclusive
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class AuditEntry(Base):
    """One checklist as it was entered on the web; those done on a device are in rollup_audit_day."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        refers("team", "team_id"),
        refers("questionnaire_version", "reference"),
        Index(None, "organisation_id", "team_id", "audited_on"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    team_id: Mapped[int]
    reference: Mapped[int]
    audited_on: Mapped[date]
    answers: Mapped[list[int]]  # the option chosen in each line, 0 for none
    entered_at: Mapped[datetime]
    entered_by: Mapped[str]


class AuditFeedback(Base):
    """That the team was told what an audit found: when, by whom, to whom."""

    __tablename__ = "audit_feedback"
    __table_args__ = (refers("audit_schedule", "schedule_id"), Index(None, "organisation_id", "schedule_id"))

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    schedule_id: Mapped[int]
    period_first: Mapped[date]  # the first day of the week or month it is about
    given_on: Mapped[date]
    given_by: Mapped[str]
    given_to: Mapped[str]
    words: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class Meeting(Base):
    """A team meeting at which patients' experience was on the agenda."""

    __tablename__ = "meeting"
    __table_args__ = (refers("team", "team_id"),)

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    team_id: Mapped[int]
    held_on: Mapped[date]
    words: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class MeetingItem(Base):
    """One thing discussed there: a concern or an action, and what was decided."""

    __tablename__ = "meeting_item"
    __table_args__ = (
        refers("meeting", "meeting_id"),
        refers("concern", "concern_id"),
        refers("action", "action_id"),
        CheckConstraint("num_nonnulls(concern_id, action_id) = 1", name="about"),
        Index(None, "organisation_id", "concern_id"),
        Index(None, "organisation_id", "action_id"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    concern_id: Mapped[int | None]
    action_id: Mapped[int | None]
    decision: Mapped[str]


class Recognition(Base):
    """Credit to a team for what patients say is good. To teams only, never to one person."""

    __tablename__ = "recognition"
    __table_args__ = (
        refers("team", "team_id"),
        refers("question", "question_id"),
        refers("topic", "topic"),
        CheckConstraint("num_nonnulls(question_id, topic) <= 1", name="subject"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    recognition_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    team_id: Mapped[int]
    question_id: Mapped[str | None]
    topic: Mapped[str | None]
    title: Mapped[str]
    words: Mapped[str]
    recognised_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


def _person(column: str) -> ForeignKeyConstraint:
    names = ["organisation_id", column]
    return ForeignKeyConstraint(
        names, ["person.organisation_id", "person.person_id"], name=f"fk_you_said_{column.removesuffix('_id')}"
    )


class YouSaid(Scoped, Base):
    """A "You said, we did": written by one, approved by another, then a text of the devices' idle screens."""

    __tablename__ = "you_said"
    __table_args__ = (
        refers("concern", "concern_id"),
        refers("text_item", "text_id"),
        _person("writer_id"),
        _person("approver_id"),
        one_of("scope_kind", SCOPES),
        CheckConstraint("(scope_kind = 'organisation') = (scope_id IS NULL)", name="scope"),
        one_of("status", TEXT_STATUSES),
        CheckConstraint("to_at IS NULL OR from_at IS NULL OR from_at < to_at", name="span"),
        CheckConstraint("approved_by <> written_by AND (approver_id <> writer_id) IS NOT FALSE", name="another"),
        CheckConstraint("status <> 'approved' OR num_nulls(approved_at, approved_by, text_id) = 0", name="approved"),
        CheckConstraint(
            "(status = 'withdrawn') = (num_nulls(withdrawn_at, withdrawn_by) = 0)",
            name="withdrawn",
        ),
    )

    you_said_id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-2)
    concern_id: Mapped[int | None]
    translations: Mapped[dict[str, Any]]  # by language
    from_at: Mapped[datetime | None]
    to_at: Mapped[datetime | None]  # exclusive
    status: Mapped[str]
    written_at: Mapped[datetime]
    written_by: Mapped[str]
    writer_id: Mapped[int | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    approver_id: Mapped[int | None]
    text_id: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
