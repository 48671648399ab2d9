"""What devices hold of what they should: who is behind, with what and why, in words."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import FromClause, Row, func, select, true
from sqlalchemy.orm import Session

from protocol.messages import (
    ITEM_APPLICATION,
    ITEM_QUESTIONNAIRE,
    ITEM_SETTINGS,
    ITEM_TEXTS,
    REFUSED_DAMAGED,
    REFUSED_LARGE,
    REFUSED_NO_ACK,
    REFUSED_NO_ROOM,
    REFUSED_UNUSABLE,
)
from protocol.topics import device_name
from server.database import on_keys
from server.fleet.releases import board_of
from server.fleet.rollout_tables import Desired, DesiredItem
from server.fleet.tables import ACTIVE, IMPORT, RETIRED, Device, Organisation
from server.ingest import tables

NEVER_HEARD = "never heard of"
ITEM_WORDS = {
    ITEM_QUESTIONNAIRE: "questionnaire",
    ITEM_SETTINGS: "settings",
    ITEM_APPLICATION: "application",
    ITEM_TEXTS: "texts",
}
REASON_WORDS = {
    REFUSED_DAMAGED: "they arrived damaged, three times",
    REFUSED_UNUSABLE: "they are not usable on this device",
    REFUSED_LARGE: "they are too large for it",
    REFUSED_NO_ROOM: "its file system is full",
    REFUSED_NO_ACK: "no ack came through them: it went back to the last that worked",
}


class HeldItem(NamedTuple):
    """One thing that a device should hold. `subject`: a questionnaire's reference, a release's number."""

    kind: int
    number: int
    board: str
    revision: int
    length: int
    name: str
    subject: int

    @property
    def title(self) -> str:
        """What people call it."""
        if self.kind == ITEM_QUESTIONNAIRE:
            return f"audit {self.name}" if self.number else f"questionnaire {self.name}"
        return f"application {self.name}" if self.board else self.name


class HeldState(NamedTuple):
    """`held`: the revision that the device said last; None where it was never heard of. `behind`: what it lacks."""

    device_id: int
    serial: str
    state: str
    heard_at: datetime | None
    held: int | None
    revision: int
    items: list[HeldItem]
    lacking: str
    refused: str

    @property
    def behind(self) -> list[HeldItem]:
        """What has changed since the revision that it holds."""
        return [item for item in self.items if self.held is None or item.revision > self.held]

    @property
    def words(self) -> str:
        """What an operator reads."""
        behind = ", ".join(item.title for item in self.behind)
        if self.state != ACTIVE:
            return f"{self.state}: it is told nothing"
        if self.revision == 0:
            return self.lacking or "nothing is assigned to it"
        if self.held is None:
            words = f"should get {behind}"
        elif self.held >= self.revision:
            words = "holds what it should"
        else:
            words = f"behind: {behind or 'something is to be removed'} (holds {self.held} of {self.revision})"
            words += f"; {self.refused}" if self.refused else ""
        return f"{words}; {self.lacking}" if self.lacking else words


def held_states(session: Session, organisation: Organisation, device_id: int | None = None) -> list[HeldState]:
    """Of one device, or of all that are not retired."""
    status = _last_status()
    query = (
        select(
            Device.device_id,
            Device.serial,
            Device.state,
            func.coalesce(Desired.revision, 0).label("revision"),
            func.coalesce(Desired.lacking, "").label("lacking"),
            status,
        )
        .outerjoin(Desired, on_keys(Desired, Device, "device_id"))
        .outerjoin(status, true())
        .where(Device.organisation_id == organisation.organisation_id)
        .order_by(Device.serial)
    )
    query = query.where(Device.state.not_in((RETIRED, IMPORT)) if device_id is None else Device.device_id == device_id)
    items = _items(session, organisation)
    return [_state(row, items.get(row.device_id, [])) for row in session.execute(query)]


def describe(state: HeldState) -> str:
    """One line of a list."""
    heard = NEVER_HEARD if state.heard_at is None else f"last heard {state.heard_at:%Y-%m-%d %H:%M}"
    return f"{device_name(state.device_id)} {state.serial}, {heard}: {state.words}"


def _state(row: Row[Any], items: list[HeldItem]) -> HeldState:
    if row.base is not None:
        items = [item for item in items if item.board in ("", board_of(row.base))]
    refused = refusal_words(row.counters or {})
    return HeldState(
        row.device_id,
        row.serial,
        row.state,
        row.received_at,
        row.desired_revision,
        row.revision,
        items,
        row.lacking,
        refused,
    )


def refusal_words(counters: dict[str, int]) -> str:
    """Why the device refused what it refused last; empty where it refused nothing."""
    reason = counters.get("content_reason", 0)
    kind, why = reason >> 8 & 0xFF, REASON_WORDS.get(reason & 0xFF)
    return f"it refused {ITEM_WORDS.get(kind, 'something')}: {why}" if why else ""


def _items(session: Session, organisation: Organisation) -> dict[int, list[HeldItem]]:
    query = (
        select(
            DesiredItem.device_id,
            DesiredItem.kind,
            DesiredItem.number,
            DesiredItem.board,
            DesiredItem.revision,
            DesiredItem.length,
            DesiredItem.name,
            DesiredItem.subject,
        )
        .where(DesiredItem.organisation_id == organisation.organisation_id)
        .order_by(DesiredItem.kind, DesiredItem.number, DesiredItem.board)
    )
    found: dict[int, list[HeldItem]] = {}
    for row in session.execute(query):
        found.setdefault(row.device_id, []).append(HeldItem(*row[1:]))
    return found


def _last_status() -> FromClause:
    """Of a device the last status that was no replay: one whose server nonce has come back."""
    connection = tables.Connection
    return (
        select(connection.desired_revision, connection.received_at, connection.base, connection.counters)
        .where(
            connection.organisation_id == Device.organisation_id,
            connection.device_id == Device.device_id,
            connection.confirmed_at.is_not(None),
        )
        .order_by(connection.received_at.desc())
        .limit(1)
        .lateral()
    )
