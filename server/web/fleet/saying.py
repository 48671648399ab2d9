"""What a device said of itself, in the words and tags of the pages."""

from datetime import datetime
from zoneinfo import ZoneInfo

from server.api.devices import DeviceRow, DeviceStatus
from server.fleet.alerts import BATTERY_LOW_MV, CLOCK_OFF_S_MAX, STORAGE_USED_MAX
from server.fleet.tables import ACTIVE, LOST, RETIRED, REVOKED
from server.web.words import count, day

Tag = dict[str, str]

RED, ORANGE, GREEN, GREY, BLUE = (f"nhsuk-tag--{name}" for name in ("red", "orange", "green", "grey", "blue"))
STATE_TAGS = {ACTIVE: GREEN, LOST: ORANGE, REVOKED: RED, RETIRED: GREY}
CLOCK_QUALITIES = ("not set", "uncertain", "right, may drift", "right")  # protocol.record.QUALITY_...


class Clockwork:
    """Instants as people of the organisation say them, at one of them."""

    def __init__(self, now: datetime, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self.now = now.astimezone(self.zone)

    def ago(self, at: datetime | None) -> str:
        """As today, 09:15; yesterday, 17:02; 3 November (20 days ago)."""
        if at is None:
            return "never"
        local = at.astimezone(self.zone)
        days = (self.now.date() - local.date()).days
        if days in (0, 1):
            return f"{'yesterday' if days else 'today'}, {local:%H:%M}"
        if days < 0:
            return self.instant(at)
        when = day(local.date()) if local.year != self.now.year else f"{local.day} {local:%B}"
        return f"{when} ({count((self.now - local).days, 'day')} ago)"

    def instant(self, at: datetime | None) -> str:
        """23 November 2026, 09:15."""
        local = at.astimezone(self.zone) if at else None
        return f"{day(local.date())}, {local:%H:%M}" if local else ""

    def field(self, at: datetime) -> str:
        """As an input of kind datetime-local holds it."""
        return f"{at.astimezone(self.zone):%Y-%m-%dT%H:%M}"

    def read(self, text: str) -> str:
        """What such an input holds, with its zone, as the interface takes it; what is no instant stays as it is."""
        try:
            naive = datetime.fromisoformat(text)
        except ValueError:
            return text
        return text if naive.tzinfo else naive.replace(tzinfo=self.zone).isoformat()


def state_tag(state: str) -> Tag:
    """Of a device."""
    return {"text": state.capitalize(), "classes": STATE_TAGS[state]}


def battery(status: DeviceStatus | None) -> str:
    """3.92 V."""
    if status is None:
        return "–"  # noqa: RUF001 - a dash is meant
    return f"{status.battery_mv / 1000:.2f} V" if status.battery_mv else "not measured"


def is_low(status: DeviceStatus | None) -> bool:
    """Whether it is to be charged now."""
    return status is not None and 0 < status.battery_mv < BATTERY_LOW_MV


def clock(status: DeviceStatus | None) -> str:
    """As people say it: right; 6 minutes ahead; not set."""
    if status is None:
        return "–"  # noqa: RUF001 - a dash is meant
    quality = CLOCK_QUALITIES[min(status.clock_quality, len(CLOCK_QUALITIES) - 1)]
    offset = status.clock_offset_s
    if offset is None:
        return CLOCK_QUALITIES[0]
    if abs(offset) <= CLOCK_OFF_S_MAX:
        return quality
    return f"{span(abs(offset))} {'ahead' if offset > 0 else 'behind'}"


def is_off(status: DeviceStatus | None) -> bool:
    """Whether its clock is wrong, or was not set."""
    return status is not None and (status.clock_offset_s is None or abs(status.clock_offset_s) > CLOCK_OFF_S_MAX)


def room(status: DeviceStatus | None) -> str:
    """How much of it is free: 98%."""
    if status is None or status.storage_used_percent is None:
        return "–"  # noqa: RUF001 - a dash is meant
    return f"{100 - status.storage_used_percent:.0f}%"


def is_full(status: DeviceStatus | None) -> bool:
    """Whether its storage is nearly full."""
    used = status.storage_used_percent if status else None
    return used is not None and used > 100 * STORAGE_USED_MAX


def application(status: DeviceStatus | None) -> str:
    """The version that it runs."""
    return (status.application if status else "") or "not known"


def is_old(row: DeviceRow) -> bool:
    """Whether it should hold something that it has not said yet that it holds."""
    return row.state == ACTIVE and row.behind


def sentence(words: str) -> str:
    """With a capital letter and a full stop, unless it ends with a mark of its own."""
    told = words[:1].upper() + words[1:]
    return told if told.endswith((".", "?")) else f"{told}."


def span(seconds: int) -> str:
    """6 minutes; 3 hours; 2 days."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length or (unit != "minute" and seconds >= length):
            return count(seconds // length, unit)
    return count(seconds, "second")
