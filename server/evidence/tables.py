"""What people say of single responses, corrected placements, and what is left of what retention has dropped."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base, Unsigned32
from server.fleet.tables import device_foreign_key


class ResponseFlag(Base):
    """What somebody said of a response; the last word counts. `flagged` None: it counts as the device said again."""

    __tablename__ = "response_flag"
    __table_args__ = (
        device_foreign_key(),
        CheckConstraint("reason <> ''", name="reason"),
        Index(None, "organisation_id", "device_id", "journal_id", "sequence"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    flag_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    device_id: Mapped[int] = mapped_column(BigInteger)
    journal_id: Mapped[bytes] = mapped_column(LargeBinary)
    sequence: Mapped[int] = mapped_column(Unsigned32)
    flagged: Mapped[bool | None]
    reason: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class PlacementCorrection(Base):
    """A placement that was put right afterwards, and how many responses were counted elsewhere since."""

    __tablename__ = "placement_correction"
    __table_args__ = (device_foreign_key(), CheckConstraint("reason <> ''", name="reason"))

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    correction_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    device_id: Mapped[int] = mapped_column(BigInteger)
    placement_id: Mapped[int]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    responses: Mapped[int]
    reason: Mapped[str]
    corrected_by: Mapped[str]
    corrected_at: Mapped[datetime]


class Checkpoint(Base):
    """Responses and evidence received before an instant are gone; this says what they came to."""

    __tablename__ = "checkpoint"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    checkpoint_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    received_before: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    responses: Mapped[int] = mapped_column(BigInteger)  # dropped by it
    batches: Mapped[int] = mapped_column(BigInteger)
    imports: Mapped[int] = mapped_column(BigInteger)  # files
    sums: Mapped[dict[str, int]]  # by rollup and column: all that is carried since the beginning
    digest: Mapped[bytes]  # SHA-256 of all that is carried, row by row (server/evidence/carried.py)
    audit_sequence: Mapped[int] = mapped_column(BigInteger)  # the audit log's head when it was made
    audit_hash: Mapped[bytes]


class CarriedCount(Base):
    """A rollup row's share of responses that are gone."""

    __tablename__ = "carried_count"
    __table_args__ = (device_foreign_key(), Index(None, "organisation_id", "device_id"))

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    rollup: Mapped[str] = mapped_column(primary_key=True)  # the table's name
    key: Mapped[str] = mapped_column(primary_key=True)  # its primary key, joined by slashes
    device_id: Mapped[int | None] = mapped_column(BigInteger)  # of those rollups whose key names one
    counts: Mapped[dict[str, int]]


class CarriedJournal(Base):
    """Up to which sequence a journal's responses are gone, and the last date among them."""

    __tablename__ = "carried_journal"
    __table_args__ = (device_foreign_key(),)

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    journal_id: Mapped[bytes] = mapped_column(primary_key=True)
    dropped_through: Mapped[int] = mapped_column(Unsigned32)
    answered_at: Mapped[datetime | None]
