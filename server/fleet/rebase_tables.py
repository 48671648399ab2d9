"""The table of where control charts' limits begin anew."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base
from server.fleet.tables import SCOPES


class Rebase(Base):
    """That the limits of a scope's charts (of one question, or of all answers) begin anew on a day, and why.

    It is never changed but by its withdrawal. Audited.
    """

    __tablename__ = "rebase"
    __table_args__ = (
        CheckConstraint(f"scope_kind IN ({', '.join(map(repr, SCOPES))})", name="scope_kind"),
        CheckConstraint("(scope_kind = 'organisation') = (scope_id IS NULL)", name="scope"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
        ForeignKeyConstraint(["organisation_id", "question_id"], ["question.organisation_id", "question.question_id"]),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    rebase_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    scope_kind: Mapped[str]
    scope_id: Mapped[int | None] = mapped_column(BigInteger)
    question_id: Mapped[str | None]  # None: charts of all answers together
    day: Mapped[date]
    reason: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
