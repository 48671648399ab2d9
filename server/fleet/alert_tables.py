"""The table of alerts that somebody has seen: an alert itself is never stored, it follows from what devices say."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base
from server.fleet.tables import device_foreign_key


class AlertSeen(Base):
    """Who said of one occurrence of an alert that they know of it. Audited."""

    __tablename__ = "alert_seen"
    __table_args__ = (device_foreign_key(),)

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # server.fleet.alerts.Kind
    since: Mapped[datetime] = mapped_column(primary_key=True)  # which occurrence: server/fleet/occurrences.py
    seen_at: Mapped[datetime]
    seen_by: Mapped[str]
