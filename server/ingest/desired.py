"""What the devices that say hello should hold, as server.fleet.desired has stored it; read once a transaction."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from protocol.messages import Item, Status
from server.database import on_keys
from server.fleet.releases import board_of
from server.fleet.rollout_tables import Desired, DesiredItem
from server.ingest.check import Authentic
from server.ingest.connections import ConnectionKey, key_of

REVISION_MAX = 0xFFFFFFFF


class DesiredState(NamedTuple):
    """As it goes into the message `desired`."""

    revision: int
    items: Sequence[Item]


NOTHING = DesiredState(0, ())  # a device takes no notice of a revision below its own, so this changes nothing on it


def read_desired(connection: Connection, statuses: Iterable[Authentic]) -> dict[ConnectionKey, DesiredState]:
    """By the status' connection. A lost device is told nothing: new settings are not for its finder."""
    told = [status for status in statuses if not status.device.is_lost]
    if not told:
        return {}
    _overtake(connection, told)
    states = _read(connection, {status.device.device_id for status in told})
    answers = {}
    for status in told:
        state = states.get((status.device.organisation_id, status.device.device_id))
        if state is not None:
            board = board_of(status.body.base)  # type: ignore[union-attr]
            items = tuple(item for for_board, item in state[1] if for_board in ("", board))
            answers[key_of(status)] = DesiredState(state[0], items)
    return answers


def _read(connection: Connection, device_ids: set[int]) -> dict[tuple[int, int], tuple[int, list[tuple[str, Item]]]]:
    query = (
        select(
            Desired.organisation_id,
            Desired.device_id,
            Desired.revision.label("whole"),
            DesiredItem.kind,
            DesiredItem.number,
            DesiredItem.revision,
            DesiredItem.length,
            DesiredItem.digest,
            DesiredItem.board,
        )
        .outerjoin(DesiredItem, on_keys(DesiredItem, Desired, "device_id"))
        .where(Desired.device_id.in_(device_ids))
        .order_by(DesiredItem.kind, DesiredItem.number)
    )
    states: dict[tuple[int, int], tuple[int, list[tuple[str, Item]]]] = {}
    for row in connection.execute(query):
        items = states.setdefault((row.organisation_id, row.device_id), (row.whole, []))[1]
        if row.kind is not None:
            items.append((row.board, Item(row.kind, row.number, row.revision, row.length, row.digest)))
    return states


def _overtake(connection: Connection, statuses: Sequence[Authentic]) -> None:
    """A device that holds a revision we do not know heard it before a backup was restored: go beyond it.

    It would take no notice of anything lower. A replayed status names no more than its device once held.
    """
    held: dict[tuple[int, int], int] = {}
    for status in statuses:
        assert isinstance(status.body, Status)
        key = (status.device.organisation_id, status.device.device_id)
        held[key] = max(held.get(key, 0), status.body.desired_revision)
    known = {
        (row.organisation_id, row.device_id): row.revision
        for row in connection.execute(
            select(Desired.organisation_id, Desired.device_id, Desired.revision).where(
                Desired.device_id.in_({device_id for _, device_id in held})
            )
        )
    }
    for key in sorted(known.keys() & held.keys()):
        if held[key] > known[key]:
            beyond = min(held[key] + 1, REVISION_MAX)
            for table in (Desired, DesiredItem):
                connection.execute(
                    update(table)
                    .where(table.organisation_id == key[0], table.device_id == key[1])
                    .values(revision=beyond)
                )
