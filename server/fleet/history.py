"""What became of a device, step by step, with who did it and when: as the audit log holds it."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, cast, or_, select
from sqlalchemy.orm import Session

from server.accounts.audit_tables import AuditEntry
from server.accounts.viewer import Teams
from server.fleet.lifecycle import NO_KEYS_YET
from server.fleet.tables import ACTIVE, Organisation

MADE = ("insert", "baseline")


class What(StrEnum):
    """Stable words for what was done; a change of state is named by the state."""

    REGISTERED = "registered"
    ENROLLED = "enrolled"
    NEW_KEYS = "new keys"
    ACTIVE = "active"
    LOST = "lost"
    REVOKED = "revoked"
    RETIRED = "retired"
    PLACED = "placed"
    MOVED = "moved"
    LENT = "lent"
    BACK = "back"
    ENDED = "placement ended"
    DROPPED = "placement dropped"
    NUMBERED = "board"


class Step(NamedTuple):
    """One of them. `from_at` and `until_at`: of the placement that it is about, with its team and location."""

    sequence: int
    at: datetime
    actor: str
    what: What
    team_id: int | None = None
    location_id: int | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None


class _Stay(NamedTuple):
    """A placement as the log has it so far."""

    team_id: int
    location_id: int
    from_at: datetime
    until_at: datetime | None


def history(session: Session, organisation: Organisation, device_id: int, teams: Teams) -> list[Step]:
    """Newest first. With `teams`, placements for other teams are left out."""
    found = steps(_entries(session, organisation, device_id))
    return [step for step in reversed(found) if teams is None or step.team_id is None or step.team_id in teams]


def _entries(session: Session, organisation: Organisation, device_id: int) -> list[AuditEntry]:
    """Of the device and its placements, oldest first; those that are there no more too."""
    here = AuditEntry.organisation_id == organisation.organisation_id
    began = [f"placement {word}" for word in MADE]
    numbers = select(AuditEntry.subject).where(
        here,
        AuditEntry.action.in_(began),
        cast(AuditEntry.detail["new"]["device_id"].astext, BigInteger) == device_id,
    )
    of_device = AuditEntry.action.in_([f"device {word}" for word in (*MADE, "update")])
    of_placement = AuditEntry.action.in_([*began, "placement update", "placement delete"])
    query = select(AuditEntry).where(
        here,
        or_(of_device & (AuditEntry.subject == str(device_id)), of_placement & AuditEntry.subject.in_(numbers)),
    )
    return list(session.scalars(query.order_by(AuditEntry.sequence)))


def steps(entries: Iterable[AuditEntry]) -> list[Step]:
    """What the rows of the log mean, oldest first. Who moves or lends a device changes several rows at once."""
    story = _Story()
    for entry in entries:
        table, _, how = entry.action.partition(" ")
        old, new = entry.detail.get("old") or {}, entry.detail.get("new") or {}
        if table == "device":
            story.device(entry, old, new, begins=how in MADE)
        else:
            story.placement(entry, new, how)
    return story.told


class _Story:
    """The steps so far, and what they have come to."""

    def __init__(self) -> None:
        self.told: list[Step] = []
        self._stays: dict[str, _Stay] = {}
        self._ended: dict[
            datetime, tuple[_Stay, Step | None]
        ] = {}  # what ends at an instant, and the step that said it

    def device(self, entry: AuditEntry, old: dict[str, Any], new: dict[str, Any], *, begins: bool) -> None:
        """Registered, enrolled, or changed."""
        if begins:
            self._say(entry, What.REGISTERED if new["key_epoch"] == NO_KEYS_YET else What.ENROLLED)
            if new["state"] != ACTIVE:
                self._say(entry, What(new["state"]))
            return
        if "key_epoch" in new:
            self._say(entry, What.ENROLLED if old["key_epoch"] == NO_KEYS_YET else What.NEW_KEYS)
        elif "mac" in new:
            self._say(entry, What.NUMBERED)
        if "state" in new:
            self._say(entry, What(new["state"]))

    def placement(self, entry: AuditEntry, new: dict[str, Any], how: str) -> None:
        """Placed, moved, lent, ended."""
        if how in MADE:
            stay = _Stay(new["team_id"], new["location_id"], _instant(new["from_at"]), _until(new))
            self._stays[entry.subject] = stay
            self._begun(entry, stay)
        elif how == "delete":
            self._say(entry, What.DROPPED, self._stays.pop(entry.subject))
        elif "to_at" in new:
            stay = self._stays[entry.subject]._replace(until_at=_until(new))
            self._stays[entry.subject] = stay
            step = self._say(entry, What.ENDED, stay)
            if stay.until_at is not None:
                self._ended[stay.until_at] = stay, step

    def _begun(self, entry: AuditEntry, stay: _Stay) -> None:
        before, ended = self._ended.pop(stay.from_at, (None, None))
        what = What.PLACED
        if before is not None and ended is None:
            what = What.BACK  # it was lent until now
        elif before is not None:
            self.told = [step for step in self.told if step is not ended]  # that it ended there is part of the move
            what = What.MOVED if stay.until_at is None else What.LENT
        self._say(entry, what, stay)
        if stay.until_at is not None:
            self._ended[stay.until_at] = stay, None

    def _say(self, entry: AuditEntry, what: What, stay: _Stay | None = None) -> Step:
        about = stay or (None, None, None, None)
        step = Step(entry.sequence, entry.at, entry.actor, what, *about)
        self.told.append(step)
        return step


def _until(new: dict[str, Any]) -> datetime | None:
    return _instant(new["to_at"]) if new.get("to_at") else None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
