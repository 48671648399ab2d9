"""A placement put right afterwards: the responses of that time are counted where they belong, in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from protocol.record import TEAM_MAX
from protocol.topics import device_name
from server.database import actor_of
from server.errors import OperatorError
from server.evidence.moves import lock_device, move_counts
from server.evidence.rows import key_of as response_key
from server.evidence.rows import of_device, of_response, stored_rows
from server.evidence.tables import Checkpoint, PlacementCorrection
from server.fleet.placements import refuse_stand_in
from server.fleet.tables import Device, Location, Placement, Team
from server.ingest.judge import ResponseRow
from server.ingest.tables import Response


class Corrected(NamedTuple):
    """Where the device was, `to_at` None: and still is; why it is said only now."""

    team: Team
    location: Location
    team_choices: Sequence[Team]
    from_at: datetime
    to_at: datetime | None
    reason: str


def correct_placement(session: Session, device: Device, corrected: Corrected, now: datetime) -> int:
    """What was said of where the device was in that time is replaced; how many responses are counted elsewhere now.

    Reports that were issued stand. The caller commits. Raises OperatorError.
    """
    refuse_stand_in(device)
    _refuse(session, device, corrected, now)
    _lock(session, device)
    lock_device(session.connection(), device.organisation_id, device.device_id)
    touched, swallowed = _make_room(session, device, corrected)
    placement = Placement(
        **_owner(device),
        team_id=corrected.team.team_id,
        location_id=corrected.location.location_id,
        team_choices=[team.team_id for team in corrected.team_choices],
        from_at=corrected.from_at,
        to_at=corrected.to_at,
    )
    session.add(placement)
    session.flush()
    left = [each for each in _places(session, device) if each not in swallowed]
    moved = _move(session, device, corrected, touched, left)
    for gone in swallowed:
        session.delete(gone)
    session.add(
        PlacementCorrection(
            **_owner(device),
            placement_id=placement.placement_id,
            from_at=corrected.from_at,
            to_at=corrected.to_at,
            responses=moved,
            reason=corrected.reason,
            corrected_by=actor_of(session),
            corrected_at=now,
        )
    )
    session.flush()
    return moved


def _lock(session: Session, device: Device) -> None:
    """Nobody else moves the device, and ingest counts nothing of it, until the transaction ends."""
    session.execute(
        select(Device.device_id)
        .where(Device.organisation_id == device.organisation_id, Device.device_id == device.device_id)
        .with_for_update(key_share=True)
    )


def _places(session: Session, device: Device) -> Sequence[Placement]:
    return session.scalars(
        select(Placement).where(
            Placement.organisation_id == device.organisation_id, Placement.device_id == device.device_id
        )
    ).all()


def _owner(device: Device) -> dict[str, int]:
    return {"organisation_id": device.organisation_id, "device_id": device.device_id}


def _refuse(session: Session, device: Device, corrected: Corrected, now: datetime) -> None:
    if not corrected.reason.strip():
        raise OperatorError("a correction says why: give --reason.")
    if corrected.from_at > now:
        raise OperatorError(f"{corrected.from_at} has not come yet: `pet device place` says where a device will be.")
    if corrected.to_at is not None and corrected.to_at <= corrected.from_at:
        raise OperatorError(f"the corrected time would end ({corrected.to_at}) before it begins.")
    if len(corrected.team_choices) > TEAM_MAX:
        raise OperatorError(f"a placement offers at most {TEAM_MAX} teams to choose from.")
    gone = session.scalar(
        select(func.max(Checkpoint.received_before)).where(Checkpoint.organisation_id == device.organisation_id)
    )
    if gone is not None and corrected.from_at < gone:
        raise OperatorError(f"responses received before {gone} are no longer kept: correct what came after that.")


def _make_room(session: Session, device: Device, corrected: Corrected) -> tuple[set[int], list[Placement]]:
    """Cut the device's placements back to what is outside of the corrected time.

    The numbers of those that changed, and those of which nothing is left.
    """
    query = select(Placement).where(
        Placement.organisation_id == device.organisation_id,
        Placement.device_id == device.device_id,
        or_(Placement.to_at.is_(None), Placement.to_at > corrected.from_at),
    )
    if corrected.to_at is not None:
        query = query.where(Placement.from_at < corrected.to_at)
    touched, swallowed = set(), []
    for placement in session.scalars(query.order_by(Placement.from_at)):
        touched.add(placement.placement_id)
        begins_before = placement.from_at < corrected.from_at
        ends_after = corrected.to_at is not None and (placement.to_at is None or placement.to_at > corrected.to_at)
        if begins_before and ends_after:
            session.add(_rest(placement, corrected))
        if begins_before:
            placement.to_at = corrected.from_at
        elif ends_after and corrected.to_at is not None:
            placement.from_at = corrected.to_at
        else:
            swallowed.append(placement)
    return touched, swallowed


def _rest(placement: Placement, corrected: Corrected) -> Placement:
    """Of a placement in whose midst the corrected time lies: what comes after that."""
    return Placement(
        organisation_id=placement.organisation_id,
        device_id=placement.device_id,
        team_id=placement.team_id,
        location_id=placement.location_id,
        team_choices=placement.team_choices,
        from_at=corrected.to_at,
        to_at=placement.to_at,
    )


def _move(
    session: Session, device: Device, corrected: Corrected, touched: set[int], places: Sequence[Placement]
) -> int:
    connection = session.connection()
    before, after = [], []
    for row in stored_rows(
        connection, *of_device(device.organisation_id, device.device_id), _concerned(corrected, touched), lock=True
    ):
        moved = _placed_anew(row, places)
        if moved is not None and moved != row:
            before.append(row)
            after.append(moved)
    for row in after:
        connection.execute(
            update(Response)
            .where(*of_response(row.organisation_id, response_key(row)))
            .values(placement_id=row.placement_id, team_id=row.team_id, location_id=row.location_id)
        )
    move_counts(connection, before, after)
    return len(after)


def _concerned(corrected: Corrected, touched: set[int]) -> ColumnElement[bool]:
    at = func.coalesce(Response.answered_at, Response.received_at)
    within = at >= corrected.from_at
    if corrected.to_at is not None:
        within &= at < corrected.to_at
    return within | Response.placement_id.in_(touched)


def _placed_anew(row: ResponseRow, places: Sequence[Placement]) -> ResponseRow | None:
    at = row.answered_at or row.received_at
    covering = (each for each in places if each.from_at <= at and (each.to_at is None or at < each.to_at))
    place = next(covering, None)
    if place is None:
        return None
    if row.team_choice > len(place.team_choices):
        raise OperatorError(
            f"response {row.sequence} of device {device_name(row.device_id)} names team {row.team_choice} of those "
            "to choose from, and the corrected placement does not offer so many: name them with --choice."
        )
    team_id = place.team_choices[row.team_choice - 1] if row.team_choice else place.team_id
    return row._replace(placement_id=place.placement_id, team_id=team_id, location_id=place.location_id)
