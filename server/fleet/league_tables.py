"""The table of who asked to be in the league."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base


class LeagueChoice(Base):
    """What a service or team said last: whether it takes part. Who said nothing does not. Audited."""

    __tablename__ = "league_choice"
    __table_args__ = (CheckConstraint("scope_kind IN ('service', 'team')", name="scope_kind"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    scope_kind: Mapped[str] = mapped_column(primary_key=True)
    scope_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    opted_in: Mapped[bool]
    chosen_by: Mapped[str]
    chosen_at: Mapped[datetime]
