"""The tables of improvement: concerns with their evidence, and the actions that answer them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base
from server.improvement.status import ACTION_STATUSES, CONCERN_STATUSES, STEP_STATUSES

DETECTED, BY_HAND = "detected", "by hand"
ORIGINS = (DETECTED, BY_HAND)
EVIDENCE_KINDS = ("interview", "survey", "complaint theme", "audit", "other")


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """The check that a column holds one of these words."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


def refers(table: str, *columns: str) -> ForeignKeyConstraint:
    """To the row of the same organisation; a column is named there as here."""
    names = ("organisation_id", *columns)
    return ForeignKeyConstraint(names, [f"{table}.{name}" for name in names])


class Concern(Base):
    """A question or topic, in a team or service, that somebody must look after."""

    __tablename__ = "concern"
    __table_args__ = (
        refers("question", "question_id"),
        refers("topic", "topic"),
        refers("team", "team_id"),
        refers("service", "service_id"),
        CheckConstraint("num_nonnulls(question_id, topic) = 1", name="subject"),
        CheckConstraint("num_nonnulls(team_id, service_id) = 1", name="place"),
        one_of("origin", ORIGINS),
        one_of("status", CONCERN_STATUSES),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL AND closed_by IS NOT NULL)", name="closed"),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    concern_id: Mapped[int] = mapped_column(Identity(), primary_key=True)  # given by next_number
    question_id: Mapped[str | None]
    topic: Mapped[str | None]
    team_id: Mapped[int | None]
    service_id: Mapped[int | None]
    title: Mapped[str]
    words: Mapped[str]
    origin: Mapped[str]
    finding: Mapped[dict[str, Any] | None]  # what was detected, as it was shown then
    status: Mapped[str]
    raised_at: Mapped[datetime]
    raised_by: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    closing_words: Mapped[str]


class ConcernEvidence(Base):
    """What else is known about a concern: an interview, a survey, a theme of complaints. Never who said it."""

    __tablename__ = "concern_evidence"
    __table_args__ = (
        refers("concern", "concern_id"),
        one_of("kind", EVIDENCE_KINDS),
        Index(None, "organisation_id", "concern_id"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    concern_id: Mapped[int]
    kind: Mapped[str]
    words: Mapped[str]
    source: Mapped[str]
    happened_on: Mapped[date | None]
    noted_at: Mapped[datetime]
    noted_by: Mapped[str]


class Action(Base):
    """What is done about a concern. `started_on` is the day from which patients could notice: charts mark it."""

    __tablename__ = "action"
    __table_args__ = (
        refers("concern", "concern_id"),
        one_of("status", ACTION_STATUSES),
        CheckConstraint("status IN ('planned', 'dropped') OR started_on IS NOT NULL", name="started"),
        CheckConstraint("(status IN ('done', 'dropped')) = (ended_at IS NOT NULL)", name="ended"),
        Index(None, "organisation_id", "concern_id"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(Identity(), primary_key=True)  # given by next_number
    concern_id: Mapped[int]
    title: Mapped[str]
    aim: Mapped[str]
    status: Mapped[str]
    started_on: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    ended_at: Mapped[datetime | None]


class ActionStep(Base):
    """One step of an action plan, and who does it until when."""

    __tablename__ = "action_step"
    __table_args__ = (
        refers("action", "action_id"),
        ForeignKeyConstraint(["organisation_id", "owner_id"], ["person.organisation_id", "person.person_id"]),
        CheckConstraint("owner_id IS NOT NULL OR owner <> ''", name="owner"),
        one_of("status", STEP_STATUSES),
        CheckConstraint("(status = 'done') = (done_at IS NOT NULL AND done_by IS NOT NULL)", name="done"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    owner_id: Mapped[int | None]  # a person with an account
    owner: Mapped[str]  # else a role: "Ward housekeeper"
    due_on: Mapped[date]
    status: Mapped[str]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
