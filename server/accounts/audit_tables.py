"""The audit log's tables. Only the database's own triggers (migration 0005) write them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base


class AuditHead(Base):
    """How far an organisation's log has come. Its row is locked by whoever adds to the log."""

    __tablename__ = "audit_head"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]


class AuditVerification(Base):
    """That the whole chain was recomputed, by whom, and what was found."""

    __tablename__ = "audit_verification"
    __table_args__ = (CheckConstraint("(broken_row IS NULL) = (why IS NULL)", name="broken"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    verification_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    rows: Mapped[int] = mapped_column(BigInteger)
    broken_row: Mapped[int | None] = mapped_column(BigInteger)
    why: Mapped[str | None]


class AuditEntry(Base):
    """One change of one row: by whom, of what, from what to what."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "organisation_id", "action"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]  # "target insert"
    subject: Mapped[str]  # the row's key without the organisation
    detail: Mapped[dict[str, Any]]  # old, new: of what changed; left_out: columns that changed and are not shown
    hash: Mapped[bytes]  # SHA-256 of the hash before it and audit_text() of this row
