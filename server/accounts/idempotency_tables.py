"""Answers to creating requests, kept for whoever sends one twice."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base


class IdempotencyKey(Base):
    """A request that creates, by the key its sender gave it, and what it was answered with."""

    __tablename__ = "idempotency_key"
    __table_args__ = (Index(None, "organisation_id", "created_at"),)  # the old ones are cleared away by it

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)  # with their credential: Viewer.credential
    key: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[bytes]  # SHA-256 of method, path and body
    status: Mapped[int | None] = mapped_column(SmallInteger)  # null while its transaction runs
    media_type: Mapped[str | None]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes | None]
    created_at: Mapped[datetime]
