"""What devices delivered: ledger, evidence, responses with their rollups, and what could not be stored."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.schema import SchemaItem

from protocol.record import FLAGS_MISUSE
from server.database import Base, Unsigned32
from server.fleet.tables import device_foreign_key

# The day under which responses without a usable date are counted: they are in totals and in no time bucket.
UNDATED = date(1970, 1, 1)

# How `answered_at` was found (docs/protocol.md, time), best first.
ANSWERED_BY_CLOCK = "clock"
ANSWERED_ANCHORED = "anchored"
ANSWERED_UNKNOWN = "unknown"
ANSWERED_IMPORTED = "imported"  # no device took it: a file says when (server/imports)

# What became of a quarantined record.
DELIVERED = "delivered"


def version_key() -> ForeignKeyConstraint:
    """For every table whose rows name a questionnaire version."""
    return ForeignKeyConstraint(
        ["organisation_id", "reference"],
        ["questionnaire_version.organisation_id", "questionnaire_version.reference"],
    )


def team_key() -> ForeignKeyConstraint:
    """For every table whose rows belong to a team."""
    return ForeignKeyConstraint(["organisation_id", "team_id"], ["team.organisation_id", "team.team_id"])


class OfDevice:
    """The first two columns of every key here."""

    organisation_id: Mapped[int] = mapped_column(primary_key=True, sort_order=-2)
    device_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, sort_order=-1)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[SchemaItem, ...]:  # noqa: N805, a class is what it gets
        return (device_foreign_key(),)


class Journal(OfDevice, Base):
    """The ledger: how far the server has each journal in custody. Ingest locks its row."""

    __tablename__ = "journal"

    journal_id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    stored_through: Mapped[int] = mapped_column(Unsigned32)
    first_seen_at: Mapped[datetime]


class Connection(OfDevice, Base):
    """A status as it arrived. It anchors time only once a later message has carried its server nonce."""

    __tablename__ = "connection"
    __table_args__ = (
        device_foreign_key(),
        Index(None, "organisation_id", "device_id", "journal_id", "session"),
        Index(None, "organisation_id", "device_id", "received_at"),
        Index(None, "organisation_id", "confirmed_at"),  # when the last one was heard, whichever it was
    )

    device_nonce: Mapped[bytes] = mapped_column(primary_key=True)
    server_nonce: Mapped[bytes]
    key_epoch: Mapped[int]
    session: Mapped[int]
    seconds: Mapped[int] = mapped_column(Unsigned32)
    clock: Mapped[int] = mapped_column(Unsigned32)
    quality: Mapped[int] = mapped_column(SmallInteger)
    journal_id: Mapped[bytes]
    acked_through: Mapped[int] = mapped_column(Unsigned32)
    last_sequence: Mapped[int] = mapped_column(Unsigned32)
    oldest_readable: Mapped[int] = mapped_column(Unsigned32)
    desired_revision: Mapped[int] = mapped_column(Unsigned32)
    battery_mv: Mapped[int]
    free_slots: Mapped[int] = mapped_column(Unsigned32)
    all_slots: Mapped[int] = mapped_column(Unsigned32)
    application: Mapped[str]
    base: Mapped[str]
    counters: Mapped[dict[str, int]]
    received_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class Evidence(OfDevice, Base):
    """A batch verbatim, header and HMAC included. Append-only; kept when any of its records was new."""

    __tablename__ = "evidence"

    journal_id: Mapped[bytes] = mapped_column(primary_key=True)
    first_sequence: Mapped[int] = mapped_column(Unsigned32, primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)  # SHA-256 of the payload
    payload: Mapped[bytes]
    key_epoch: Mapped[int]
    received_at: Mapped[datetime]


class Response(OfDevice, Base):
    """One record as delivered (response, decline, audit, test), with what the server resolved about it."""

    __tablename__ = "response"
    __table_args__ = (
        device_foreign_key(),
        version_key(),
        ForeignKeyConstraint(
            ["organisation_id", "placement_id"], ["placement.organisation_id", "placement.placement_id"]
        ),
        team_key(),
        Index(None, "organisation_id", "team_id", "answered_at"),
    )

    journal_id: Mapped[bytes] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(Unsigned32, primary_key=True)
    record_crc: Mapped[int] = mapped_column(Unsigned32)  # tells a duplicate from a conflict
    kind: Mapped[int] = mapped_column(SmallInteger)
    flags: Mapped[int]
    reference: Mapped[int]
    session: Mapped[int]
    seconds: Mapped[int] = mapped_column(Unsigned32)
    clock: Mapped[int] = mapped_column(Unsigned32)
    quality: Mapped[int] = mapped_column(SmallInteger)
    language: Mapped[int] = mapped_column(SmallInteger)
    team_choice: Mapped[int] = mapped_column(SmallInteger)
    stage: Mapped[int] = mapped_column(SmallInteger)
    duration: Mapped[int] = mapped_column(SmallInteger)
    answers: Mapped[list[int]]  # always twelve, as in the record
    placement_id: Mapped[int]
    placement_uncertain: Mapped[bool]
    team_id: Mapped[int]
    location_id: Mapped[int]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str]  # ANSWERED_...
    answered_after: Mapped[datetime | None]  # bounds, where answered_at is not known
    answered_before: Mapped[datetime | None]
    day: Mapped[date]  # local to the organisation; UNDATED where answered_at is not known
    received_at: Mapped[datetime]
    flagged_by_person: Mapped[bool | None]  # the last word of server/evidence/flags.py; NULL: the device's flags count
    flagged: Mapped[bool] = mapped_column(
        Computed(f"COALESCE(flagged_by_person, (flags & {FLAGS_MISUSE}) <> 0)", persisted=True)
    )


class StatedReceipt(Base):
    """When records that seemed to come from the future really arrived, as an operator stated it. Audited."""

    __tablename__ = "stated_receipt"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(primary_key=True)
    records: Mapped[int] = mapped_column(BigInteger)  # delivered by it
    stated_by: Mapped[str]
    stated_at: Mapped[datetime]


class Quarantine(OfDevice, Base):
    """An authentic record that could not be stored, with its reason. Shown to people; can be replayed."""

    __tablename__ = "quarantine"
    __table_args__ = (
        device_foreign_key(),
        ForeignKeyConstraint(
            ["organisation_id", "judged_as_received_at"],
            ["stated_receipt.organisation_id", "stated_receipt.received_at"],
        ),
        Index(None, "organisation_id", "device_id", "journal_id", "sequence"),
    )

    digest: Mapped[bytes] = mapped_column(primary_key=True)  # of journal_id and record: a resend adds no row
    journal_id: Mapped[bytes]
    sequence: Mapped[int] = mapped_column(Unsigned32)
    record: Mapped[bytes]
    reason: Mapped[str]
    detail: Mapped[str]
    # Whether the ledger counts this as the record of its sequence. A conflict stands beside that one.
    in_ledger: Mapped[bool]
    key_epoch: Mapped[int]
    received_at: Mapped[datetime]
    resolution: Mapped[str | None]
    resolved_at: Mapped[datetime | None]
    judged_as_received_at: Mapped[datetime | None]  # where an operator stated when it was received


class Gap(OfDevice, Base):
    """Sequences that will never arrive, and why: the loss is on record and the ledger has moved on."""

    __tablename__ = "gap"
    __table_args__ = (device_foreign_key(), CheckConstraint("first_sequence <= last_sequence", name="span"))

    journal_id: Mapped[bytes] = mapped_column(primary_key=True)
    first_sequence: Mapped[int] = mapped_column(Unsigned32, primary_key=True)
    last_sequence: Mapped[int] = mapped_column(Unsigned32)
    reason: Mapped[str]
    recorded_at: Mapped[datetime]


class RollupDay(OfDevice, Base):
    """How often each option was chosen, by device, team, question and local day; patients' responses only."""

    __tablename__ = "rollup_day"
    __table_args__ = (
        device_foreign_key(),
        team_key(),
        ForeignKeyConstraint(
            ["organisation_id", "reference", "position"],
            ["version_question.organisation_id", "version_question.reference", "version_question.position"],
        ),
        Index(None, "organisation_id", "team_id", "day"),
    )

    team_id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    flagged: Mapped[bool] = mapped_column(primary_key=True)  # suspected misuse
    n1: Mapped[int]
    n2: Mapped[int]
    n3: Mapped[int]
    n4: Mapped[int]
    n5: Mapped[int]
    n6: Mapped[int]
    skipped: Mapped[int]
    timed_out: Mapped[int]


class RollupResponseDay(OfDevice, Base):
    """How many passes there were, by device, team, questionnaire version and local day."""

    __tablename__ = "rollup_response_day"
    __table_args__ = (
        device_foreign_key(),
        team_key(),
        version_key(),
        Index(None, "organisation_id", "team_id", "day"),
    )

    team_id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    flagged: Mapped[bool] = mapped_column(primary_key=True)
    complete: Mapped[int]
    partial: Mapped[int]
    declined: Mapped[int]
    answering: Mapped[int]  # passes with at least one answer that is in the denominator


class RollupAuditDay(OfDevice, Base):
    """The same of the staff's audits, apart: nothing that is said of patients' experience is made of it."""

    __tablename__ = "rollup_audit_day"
    __table_args__ = (
        device_foreign_key(),
        team_key(),
        ForeignKeyConstraint(
            ["organisation_id", "reference", "position"],
            ["version_question.organisation_id", "version_question.reference", "version_question.position"],
        ),
    )

    team_id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    n1: Mapped[int]
    n2: Mapped[int]
    n3: Mapped[int]
    n4: Mapped[int]
    n5: Mapped[int]
    n6: Mapped[int]
    skipped: Mapped[int]
    timed_out: Mapped[int]


class RefusalCount(Base):
    """Messages refused, by reason and UTC day. Unknown devices have no organisation, so neither has this."""

    __tablename__ = "refusal_count"

    reason: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]
