"""The table of enrolment tokens."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base
from server.fleet.tables import device_foreign_key


class EnrolmentToken(Base):
    """What a bench tool shows to enrol one device, once, within minutes."""

    __tablename__ = "enrolment_token"
    __table_args__ = (
        device_foreign_key(),
        UniqueConstraint("organisation_id", "secret_hash"),
        CheckConstraint("created_at < expires_at", name="span"),
        CheckConstraint("(used_at IS NULL) = (device_id IS NULL)", name="used"),
        Index(None, "secret_hash"),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    token_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    secret_hash: Mapped[bytes]  # SHA-256 of 32 random bytes
    made_by: Mapped[str]  # as the audit log names them
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    device_id: Mapped[int | None] = mapped_column(BigInteger)  # which device it enrolled
