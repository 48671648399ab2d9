"""What each device should hold, made of all that is assigned: stored, with a revision that rises as it changes."""

from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from protocol.messages import ITEM_SETTINGS, ITEM_TEXTS
from server.database import on_keys
from server.fleet.composition import Composer, ItemKey, Wanted
from server.fleet.keys import OpenKeyRing
from server.fleet.rollout_tables import Content, Desired, DesiredItem
from server.fleet.tables import Organisation

MADE_HERE = (ITEM_SETTINGS, ITEM_TEXTS)  # content that nothing else refers to once no device should hold it

Held = dict[ItemKey, DesiredItem]


def refresh(session: Session, open_key_ring: OpenKeyRing, now: datetime, organisation_id: int | None = None) -> int:
    """Make the desired states anew, of one organisation or of all; how many devices' have changed.

    Belongs at the end of every transaction that changes what they are made of. The caller commits.
    """
    session.flush()
    # One at a time in an organisation: who waits here sees what the one before has changed. Ingest is not held up.
    query = select(Organisation.organisation_id).order_by(Organisation.organisation_id)
    if organisation_id is not None:
        query = query.where(Organisation.organisation_id == organisation_id)
    locked = session.scalars(query.with_for_update(key_share=True)).all()
    return sum(_refresh(session, open_key_ring, now, each) for each in locked)


def due(session: Session, now: datetime) -> list[int]:
    """The organisations in which a desired state changes by itself by now: a placement or a text begins or ends."""
    return list(session.scalars(select(Desired.organisation_id).where(Desired.due_at <= now).distinct()))


def _refresh(session: Session, open_key_ring: OpenKeyRing, now: datetime, organisation_id: int) -> int:
    composer = Composer(session, organisation_id, open_key_ring, now)
    stored = _stored(session, organisation_id)
    held = _held(session, organisation_id)
    wanted: dict[int, Wanted] = {}
    for device in composer.devices:
        before = stored.get(device.device_id)
        state = composer.compose(device, before.releases if before else {})
        if before or state.says_anything:
            wanted[device.device_id] = state
    _write_content(session, composer, organisation_id, now)
    changed: list[Desired] = []
    for device_id, state in wanted.items():
        row = stored.get(device_id)
        if row is None:
            row = Desired(organisation_id=organisation_id, device_id=device_id, revision=0, changed_at=now)
            session.add(row)
        if state.digests() != {key: item.digest for key, item in held.get(device_id, {}).items()}:
            row.revision, row.changed_at = row.revision + 1, now
            changed.append(row)
        row.due_at, row.lacking, row.releases = state.due_at, state.lacking, state.releases
    session.flush()
    _replace_items(session, organisation_id, changed, wanted, held)
    _forget_content(session, organisation_id)
    return len(changed)


def _stored(session: Session, organisation_id: int) -> dict[int, Desired]:
    query = select(Desired).where(Desired.organisation_id == organisation_id)
    rows = session.scalars(query.execution_options(populate_existing=True))
    return {row.device_id: row for row in rows}


def _held(session: Session, organisation_id: int) -> dict[int, Held]:
    query = select(DesiredItem).where(DesiredItem.organisation_id == organisation_id)
    held: dict[int, Held] = {}
    for row in session.scalars(query.execution_options(populate_existing=True)):
        held.setdefault(row.device_id, {})[ItemKey(row.kind, row.number, row.board)] = row
    return held


def _replace_items(
    session: Session, organisation_id: int, changed: list[Desired], wanted: dict[int, Wanted], held: dict[int, Held]
) -> None:
    values = []
    for row in changed:
        before = held.get(row.device_id, {})
        for old in before.values():
            session.expunge(old)
        for key, item in wanted[row.device_id].items.items():
            same = key in before and before[key].digest == item.digest
            values.append(
                {
                    "organisation_id": organisation_id,
                    "device_id": row.device_id,
                    **key._asdict(),
                    **item._asdict(),
                    "revision": before[key].revision if same else row.revision,
                }
            )
    session.execute(
        delete(DesiredItem).where(
            DesiredItem.organisation_id == organisation_id,
            DesiredItem.device_id.in_([row.device_id for row in changed]),
        )
    )
    if values:
        session.execute(insert(DesiredItem), values)


def _write_content(session: Session, composer: Composer, organisation_id: int, now: datetime) -> None:
    for digest, (kind, data) in sorted(composer.content.items()):
        row = {"organisation_id": organisation_id, "digest": digest, "kind": kind, "bytes": data, "created_at": now}
        session.execute(insert(Content).values(row).on_conflict_do_nothing())


def _forget_content(session: Session, organisation_id: int) -> None:
    """Settings hold secrets: those that no device should hold any more are not kept."""
    session.execute(
        delete(Content).where(
            Content.organisation_id == organisation_id,
            Content.kind.in_(MADE_HERE),
            ~exists().where(on_keys(DesiredItem, Content, "digest")),
        )
    )
