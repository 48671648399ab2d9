"""How far a release has come: stage by stage (a device, a team, all), on which it runs, on which it failed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from protocol.messages import ITEM_APPLICATION
from server.accounts.audit_tables import AuditEntry
from server.fleet.halting import failed_on
from server.fleet.held import HeldState, held_states
from server.fleet.releases import board_of
from server.fleet.rollout_tables import ApplicationRelease, ReleaseAssignment
from server.fleet.roster import Entry
from server.fleet.scope import Scope, nearest, scopes_around
from server.fleet.tables import ACTIVE, SCOPES, Organisation, Team

WITHDRAWN_MAX = 20  # the newest


class Stage(NamedTuple):
    """A release as it is assigned to a scope, and the serials of the devices that take it from there."""

    scope: Scope
    board: str
    number: int
    name: str
    assigned_at: datetime
    running: list[str]
    waiting: list[str]
    failed: list[str]


class Withdrawn(NamedTuple):
    """A stage that is over: by somebody, or by the watch that halts what fails."""

    scope: Scope
    board: str
    number: int
    at: datetime
    actor: str


def stages(session: Session, organisation: Organisation, entries: Sequence[Entry]) -> list[Stage]:
    """Of all assignments, the widest scope first. `entries`: the devices that are told of, placed as they are now."""
    here = organisation.organisation_id
    query = (
        select(ReleaseAssignment, ApplicationRelease.name)
        .join(
            ApplicationRelease,
            (ApplicationRelease.organisation_id == ReleaseAssignment.organisation_id)
            & (ApplicationRelease.board == ReleaseAssignment.board)
            & (ApplicationRelease.number == ReleaseAssignment.number),
        )
        .where(ReleaseAssignment.organisation_id == here)
    )
    rows = session.execute(query).all()
    teams = session.execute(select(Team.team_id, Team.service_id).where(Team.organisation_id == here))
    taken = _taken(entries, {row.team_id: row.service_id for row in teams}, [row.ReleaseAssignment for row in rows])
    held = {state.device_id: state for state in held_states(session, organisation)}
    found = []
    for row, name in rows:
        mine = taken.get((Scope(row.scope_kind, row.scope_id), row.board), [])
        failed = set(failed_on(session, here, row.board, row.number, row.assigned_at))
        runs = {entry.serial for entry in mine if _runs(held.get(entry.device_id), row.number)}
        found.append(
            Stage(
                Scope(row.scope_kind, row.scope_id),
                row.board,
                row.number,
                name,
                row.assigned_at,
                running=[entry.serial for entry in mine if entry.serial in runs - failed],
                waiting=[entry.serial for entry in mine if entry.serial not in runs | failed],
                failed=[entry.serial for entry in mine if entry.serial in failed],
            )
        )
    return sorted(found, key=lambda stage: (stage.board, SCOPES.index(stage.scope.scope_kind), -stage.number))


def withdrawn(session: Session, organisation: Organisation) -> list[Withdrawn]:
    """From the audit log, the newest first."""
    query = (
        select(AuditEntry)
        .where(
            AuditEntry.organisation_id == organisation.organisation_id,
            AuditEntry.action == "release_assignment delete",
        )
        .order_by(AuditEntry.sequence.desc())
        .limit(WITHDRAWN_MAX)
    )
    return [
        Withdrawn(Scope(old["scope_kind"], old["scope_id"]), old["board"], old["number"], entry.at, entry.actor)
        for entry in session.scalars(query)
        for old in [entry.detail["old"]]
    ]


def _taken(
    entries: Sequence[Entry], service_of: Mapping[int, int], rows: Sequence[ReleaseAssignment]
) -> dict[tuple[Scope, str], list[Entry]]:
    """By scope and board, the devices for which no nearer assignment holds. One that was never heard has no board."""
    boards: dict[str, dict[Scope, Scope]] = {}
    for row in rows:
        scope = Scope(row.scope_kind, row.scope_id)
        boards.setdefault(row.board, {})[scope] = scope
    found: dict[tuple[Scope, str], list[Entry]] = {}
    for entry in entries:
        if entry.state != ACTIVE or entry.said is None:
            continue
        board = board_of(entry.said.base)
        service_id = service_of[entry.team_id] if entry.team_id is not None else None
        around = scopes_around(entry.device_id, entry.team_id, service_id)
        holds = nearest(around, boards.get(board, {}))
        if holds is not None:
            found.setdefault((holds, board), []).append(entry)
    return found


def _runs(state: HeldState | None, number: int) -> bool:
    """Whether it says that it holds the application of this number: it is desired, and not behind."""
    if state is None or state.held is None:
        return False
    return any(
        item.kind == ITEM_APPLICATION and item.subject == number and item.revision <= state.held for item in state.items
    )
