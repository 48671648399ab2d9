"""What of a device's health somebody should see to, said in words; pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from server.fleet.held import refusal_words
from server.fleet.roster import Entry, Said
from server.fleet.tables import ACTIVE, LOST

SYNC_EVERY = timedelta(hours=1)  # of a device whose settings say nothing else, as its firmware has it
MISSED_SYNCS = 3
SILENCE_MIN = timedelta(days=1)  # a bag in a car has no network; a day without is worth a look
BATTERY_LOW_MV = 3600  # at 3,500 the device lets nobody begin (firmware/battery.py)
CLOCK_OFF_S_MAX = 300
STORAGE_USED_MAX = 0.8


class Kind(StrEnum):
    """Stable words for programs."""

    OVERDUE = "overdue"
    LOW_BATTERY = "low battery"
    CLOCK = "clock"
    STORAGE = "storage"
    LOST_RECORDS = "lost records"
    REFUSED = "refused content"
    REFUSED_MESSAGES = "refused messages"


class Alert(NamedTuple):
    """One thing to see to."""

    kind: Kind
    words: str


def alerts(
    entry: Entry, now: datetime, sync_every: timedelta = SYNC_EVERY, refused: Mapping[str, int] | None = None
) -> list[Alert]:
    """The most urgent first. Nobody waits for a device that is lost, revoked or retired.

    `refused`: messages on its topics that ingest refused lately, by reason: of a revoked one that is as it should be.
    """
    found = [_messages(refused or {})]
    if entry.state != ACTIVE:
        return [alert for alert in found if alert is not None and entry.state == LOST]
    found.append(_overdue(entry, now, sync_every))
    if entry.said is not None:
        found += [_battery(entry.said), _clock(entry.said), _storage(entry.said), _refused(entry)]
    if entry.lost_records:
        words = f"{entry.lost_records} answers are lost for good: they were not readable any more"
        found.append(Alert(Kind.LOST_RECORDS, words))
    return [alert for alert in found if alert is not None]


def _messages(refused: Mapping[str, int]) -> Alert | None:
    if not refused:
        return None
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(refused.items()))
    return Alert(Kind.REFUSED_MESSAGES, f"messages of the last week were refused ({reasons}): is it somebody else?")


def _overdue(entry: Entry, now: datetime, sync_every: timedelta) -> Alert | None:
    since = silent_since(entry)
    if since is None or now - since <= max(MISSED_SYNCS * sync_every, SILENCE_MIN):
        return None
    hours = int((now - since).total_seconds() // 3600)
    silence = f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
    waiting = f"; {entry.waiting} answers waited on it then" if entry.waiting else ""
    never = "" if entry.said else ": it was never heard since it was placed"
    return Alert(Kind.OVERDUE, f"silent for {silence}{never}{waiting}")


def silent_since(entry: Entry) -> datetime | None:
    """Its last word, or, where that is older, since when it stands there: in a drawer nobody waited for it."""
    if entry.placed_at is None:
        return None
    return max(entry.said.at, entry.placed_at) if entry.said else entry.placed_at


def _battery(said: Said) -> Alert | None:
    if not 0 < said.battery_mv < BATTERY_LOW_MV:  # 0: it cannot measure it
        return None
    return Alert(Kind.LOW_BATTERY, f"its battery had {said.battery_mv / 1000:.2f} V: charge it")


def _clock(said: Said) -> Alert | None:
    if said.clock_offset_s is None:
        return Alert(Kind.CLOCK, "its clock was not set when it connected: did it lose its power?")
    if abs(said.clock_offset_s) <= CLOCK_OFF_S_MAX:
        return None
    way = "ahead" if said.clock_offset_s > 0 else "behind"
    return Alert(Kind.CLOCK, f"its clock was {abs(said.clock_offset_s)} s {way}")


def _storage(said: Said) -> Alert | None:
    if not said.all_slots or said.free_slots >= (1 - STORAGE_USED_MAX) * said.all_slots:
        return None
    return Alert(Kind.STORAGE, f"room for {said.free_slots} more answers of {said.all_slots}")


def _refused(entry: Entry) -> Alert | None:
    said = entry.said
    if said is None or said.held_revision >= entry.desired_revision:
        return None
    words = refusal_words(said.counters)
    return Alert(Kind.REFUSED, words) if words else None
