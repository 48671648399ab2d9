"""Application releases: signed archives that devices may run, and which of them is assigned where."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from protocol.archive import check_archive, signature_of, signed_part
from protocol.errors import ProtocolError
from protocol.messages import APPLICATION_BYTES_MAX, ITEM_APPLICATION
from server.database import on_keys
from server.errors import OperatorError
from server.fleet.rollout_tables import ApplicationRelease, Content, ReleaseAssignment
from server.fleet.scope import Scope, stands_at
from server.fleet.tables import Organisation
from server.fleet.turns import take_turn

Release = tuple[str, int]  # board, number


class AssignedRelease(NamedTuple):
    """A release as it is assigned to a scope."""

    board: str
    number: int
    name: str
    digest: bytes
    length: int


def add_release(
    session: Session, organisation: Organisation, archive: bytes, public_keys: Path, now: datetime
) -> ApplicationRelease:
    """Keep a signed archive. Refused unless a device would take it: whole, signed with its key, and newer."""
    if len(archive) > APPLICATION_BYTES_MAX:
        raise OperatorError(f"the archive has {len(archive)} bytes, a device takes {APPLICATION_BYTES_MAX}.")
    try:
        manifest = check_archive(archive)
    except ProtocolError as error:
        raise OperatorError(f"{error.text}.") from None
    _verify(archive, public_keys)
    take_turn(session, organisation.organisation_id)
    highest = session.scalar(
        select(func.max(ApplicationRelease.number)).where(
            ApplicationRelease.organisation_id == organisation.organisation_id,
            ApplicationRelease.board == manifest.board,
        )
    )
    if highest is not None and manifest.version <= highest:
        raise OperatorError(
            f"release {manifest.version} for {manifest.board} is not newer than {highest}, which is here already, and "
            "devices take no older one: build it again with a higher number."
        )
    digest = sha256(archive).digest()
    key = {"organisation_id": organisation.organisation_id, "digest": digest}
    session.execute(
        insert(Content).values(**key, kind=ITEM_APPLICATION, bytes=archive, created_at=now).on_conflict_do_nothing()
    )
    release = ApplicationRelease(**key, board=manifest.board, number=manifest.version, name=manifest.text, added_at=now)
    session.add(release)
    session.flush()
    return release


def assign_release(
    session: Session, organisation: Organisation, scope: Scope, board: str, number: int, now: datetime
) -> ApplicationRelease:
    """Devices of this board in the scope fetch it at their next sync. Raises OperatorError; never goes back.

    Who widens a roll-out asks `server.fleet.halting.refuse_failing` first.
    """
    release = session.get(ApplicationRelease, (organisation.organisation_id, board, number))
    if release is None:
        known = ", ".join(f"{row.number} for {row.board}" for row in releases(session, organisation)) or "none yet"
        raise OperatorError(f"there is no release {number} for {board}; there are: {known}.")
    before = session.scalar(
        select(ReleaseAssignment.number).where(
            stands_at(ReleaseAssignment, organisation, scope), ReleaseAssignment.board == board
        )
    )
    if before is not None and number < before:
        raise OperatorError(
            f"release {before} is assigned there, and devices take no older one: to go back, sign the old "
            "application again under a higher number."
        )
    row = {"organisation_id": organisation.organisation_id, **scope._asdict(), "board": board}
    session.execute(
        insert(ReleaseAssignment)
        .values(**row, number=number, assigned_at=now)
        .on_conflict_do_update(
            index_elements=["organisation_id", "scope_kind", "scope_id", "board"],
            set_={"number": number, "assigned_at": now},
        )
    )
    return release


def withdraw_release(session: Session, organisation: Organisation, scope: Scope, board: str) -> None:
    """Devices that have not fetched it yet do not. Those that have, keep it."""
    gone = session.execute(
        delete(ReleaseAssignment)
        .where(stands_at(ReleaseAssignment, organisation, scope), ReleaseAssignment.board == board)
        .returning(ReleaseAssignment.assignment_id)
    )
    if gone.first() is None:
        raise OperatorError(f"no release for {board} is assigned there.")


def releases(session: Session, organisation: Organisation) -> list[ApplicationRelease]:
    """All that were added, oldest first."""
    query = select(ApplicationRelease).where(ApplicationRelease.organisation_id == organisation.organisation_id)
    return list(session.scalars(query.order_by(ApplicationRelease.board, ApplicationRelease.number)))


def assigned_releases(session: Session, organisation_id: int) -> dict[str, dict[Scope, AssignedRelease]]:
    """By board and scope."""
    query = (
        select(
            ReleaseAssignment.scope_kind,
            ReleaseAssignment.scope_id,
            ReleaseAssignment.board,
            ReleaseAssignment.number,
            ApplicationRelease.name,
            ApplicationRelease.digest,
            func.length(Content.bytes).label("length"),
        )
        .join(ApplicationRelease, on_keys(ApplicationRelease, ReleaseAssignment, "board", "number"))
        .join(Content, on_keys(Content, ApplicationRelease, "digest"))
        .where(ReleaseAssignment.organisation_id == organisation_id)
    )
    found: dict[str, dict[Scope, AssignedRelease]] = {}
    rows: list[Row[Any]] = list(session.execute(query))
    for row in rows:
        scope = Scope(row.scope_kind, row.scope_id)
        release = AssignedRelease(row.board, row.number, row.name, row.digest, row.length)
        found.setdefault(row.board, {})[scope] = release
    return found


def board_of(base: str) -> str:
    """The board that a status names, as releases name it: the last word of its base."""
    return base.rsplit(maxsplit=1)[-1] if base.split() else ""


def _verify(archive: bytes, public_keys: Path) -> None:
    signature, signed = signature_of(archive), signed_part(archive)
    for key in _read_keys(public_keys):
        try:
            key.verify(signature, signed)
        except InvalidSignature:
            continue
        return
    raise OperatorError(
        f"the archive is not signed with a key in {public_keys}: devices would refuse it. Sign it with the key whose "
        "public half they carry."
    )


def _read_keys(path: Path) -> list[Ed25519PublicKey]:
    try:
        lines = path.read_text().split()
        return [Ed25519PublicKey.from_public_bytes(bytes.fromhex(line)) for line in lines]
    except FileNotFoundError:
        raise OperatorError(
            f"there is no file {path} (PET_RELEASE_KEYS_FILE): put the release.pub there that devices are flashed with."
        ) from None
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else "64 hex digits a line belong in it"
        raise OperatorError(f"the keys of releases in {path} cannot be used: {cause}.") from None
