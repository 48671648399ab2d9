"""The table of what devices were refused."""

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from server.database import Base
from server.ingest.tables import OfDevice


class DeviceRefusal(OfDevice, Base):
    """Messages refused that came on this device's topics, by reason and UTC day: who tries what, with which account."""

    __tablename__ = "device_refusal"

    reason: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime]
