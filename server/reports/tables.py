"""The tables of reports: what was built, what was issued, who gets it, who has read it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base
from server.improvement.tables import one_of, refers
from server.reports.kinds import Kind

BUILDING, FAILED, DRAFT, ISSUED = "building", "failed", "draft", "issued"
STATES = (BUILDING, FAILED, DRAFT, ISSUED)


def of_person() -> ForeignKeyConstraint:
    """The person of the same organisation."""
    return ForeignKeyConstraint(["organisation_id", "person_id"], ["person.organisation_id", "person.person_id"])


class Report(Base):
    """What a report is about: never changed. `team_ids`: the teams it was made for; none is the whole organisation."""

    __tablename__ = "report"
    __table_args__ = (
        refers("service", "service_id"),
        UniqueConstraint("organisation_id", "kind", "subject", "first_day"),
        one_of("kind", tuple(Kind)),
        CheckConstraint("(service_id IS NULL) = (team_ids IS NULL)", name="teams"),
        CheckConstraint("first_day < after_day", name="span"),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    report_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # given by next_number
    kind: Mapped[str]
    subject: Mapped[str]  # organisation, or service:CODE
    service_id: Mapped[int | None]
    team_ids: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    first_day: Mapped[date]
    after_day: Mapped[date]
    made_at: Mapped[datetime]
    made_by: Mapped[str]


class ReportRevision(Base):
    """One state of a report's figures. The database refuses every change of one that is issued."""

    __tablename__ = "report_revision"
    __table_args__ = (
        refers("report", "report_id"),
        one_of("state", STATES),
        CheckConstraint("revision = 1 OR reason <> ''", name="reason"),
        CheckConstraint("state NOT IN ('draft', 'issued') OR snapshot IS NOT NULL", name="built"),
        CheckConstraint(
            "(state = 'issued') = (num_nulls(issued_at, issued_by, audit_sequence, audit_hash, pdf, pdf_sha256, "
            "xlsx, xlsx_sha256) = 0)",
            name="issued",
        ),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]
    reason: Mapped[str]  # why it was built again; of the first none
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    failure: Mapped[str]
    built_at: Mapped[datetime | None]
    data_version: Mapped[int | None] = mapped_column(BigInteger)
    snapshot: Mapped[dict[str, Any] | None]
    snapshot_sha256: Mapped[str | None]
    issued_at: Mapped[datetime | None]
    issued_by: Mapped[str | None]
    audit_sequence: Mapped[int | None] = mapped_column(BigInteger)  # how far the audit log had come
    audit_hash: Mapped[str | None]
    pdf: Mapped[bytes | None]
    pdf_sha256: Mapped[str | None]
    xlsx: Mapped[bytes | None]
    xlsx_sha256: Mapped[str | None]


class ReportProgress(Base):
    """How far the building has come: beside the revision, so that the audit log has no line for each step."""

    __tablename__ = "report_progress"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "report_id", "revision"],
            ["report_revision.organisation_id", "report_revision.report_id", "report_revision.revision"],
        ),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[str]
    done: Mapped[int]
    steps: Mapped[int]
    at: Mapped[datetime]


class ReportReader(Base):
    """Who has opened an issued report, and who has said that they read it."""

    __tablename__ = "report_reader"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "report_id", "revision"],
            ["report_revision.organisation_id", "report_revision.report_id", "report_revision.revision"],
        ),
        of_person(),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]


class Subscription(Base):
    """Who gets what by mail. Ended, never deleted. `secret` ends it without signing in, and opens nothing else."""

    __tablename__ = "subscription"
    __table_args__ = (
        of_person(),
        one_of("what", ("digest", *Kind)),
        UniqueConstraint("organisation_id", "secret"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
        Index(
            "uq_subscription_in_force",
            "organisation_id",
            "person_id",
            "what",
            unique=True,
            postgresql_where="ended_at IS NULL",
        ),
        Index(None, "secret"),  # who follows the link of a mail names no organisation
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # given by next_number
    person_id: Mapped[int]
    what: Mapped[str]
    secret: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class Mail(Base):
    """The outbox and the delivery record in one. `key` says what it is: the same is never written twice."""

    __tablename__ = "mail"
    __table_args__ = (
        of_person(),
        refers("subscription", "subscription_id"),
        ForeignKeyConstraint(
            ["organisation_id", "report_id", "revision"],
            ["report_revision.organisation_id", "report_revision.report_id", "report_revision.revision"],
        ),
        UniqueConstraint("organisation_id", "key"),
        one_of("state", ("waiting", "sending", "sent", "unsure", "refused")),
        CheckConstraint("(content IS NOT NULL) = (state IN ('waiting', 'sending'))", name="content"),
        Index(None, "organisation_id", "state", "next_at"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    mail_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # given by next_number
    key: Mapped[str]
    person_id: Mapped[int]
    subscription_id: Mapped[int]
    report_id: Mapped[int | None]
    revision: Mapped[int | None]
    address: Mapped[str]
    subject: Mapped[str]
    content: Mapped[bytes | None]  # RFC 5322; given up once it is out of our hands
    content_sha256: Mapped[str]
    state: Mapped[str]
    tries: Mapped[int]
    made_at: Mapped[datetime]
    next_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    answer: Mapped[str]  # what the mail server said last


class JobRun(Base):
    """A piece of scheduled work that was done: its row and what it did are one transaction."""

    __tablename__ = "job_run"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    job: Mapped[str] = mapped_column(primary_key=True)
    due: Mapped[str] = mapped_column(primary_key=True)  # 2026-W47, 2026-10
    ran_at: Mapped[datetime]
    outcome: Mapped[str]
