"""The forms on a device's page: what each is about, and what may stand in its fields."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from fastapi import Request
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.command_shapes import Command
from server.api.device_changes import Move, NewState
from server.api.placements import NewPlacement
from server.fleet.device_settings import setting_rows
from server.fleet.devices import find_device
from server.fleet.keys import open_key_ring
from server.fleet.lifecycle import networks_known_to
from server.fleet.organisations import locations, teams
from server.fleet.releases import assigned_releases, board_of, releases
from server.fleet.roster import Entry
from server.fleet.scope import Scope
from server.fleet.tables import ACTIVE, LOST, RETIRED, REVOKED, SCOPE_DEVICE, Organisation
from server.fleet.watching import INTERVAL, sync_intervals
from server.web.fleet.saying import span
from server.web.improving.forms import Field, Form

STATES = {  # by state: what it can become, in the order of the page
    ACTIVE: (LOST, REVOKED, RETIRED),
    LOST: (ACTIVE, REVOKED, RETIRED),
    REVOKED: (ACTIVE, RETIRED),
    RETIRED: (ACTIVE,),
}
INTERVALS_S = (300, 900, 3_600, 14_400, 86_400)
AS_AROUND = "as-around"  # the choice that takes the device's own setting back

STAY = (
    Field("team", "The team", missing="Choose the team that it goes to", needed=True),
    Field("location", "The place", missing="Choose where it will be", needed=True),
    Field("from_at", "From when"),
    Field("until_at", "Until when"),
)
MOVE = Form("move", Move, STAY)
PLACE = Form("move", NewPlacement, (Field("device"), *STAY))
STATE = {state: Form(f"state-{state}", NewState, (Field("state"),)) for state in STATES}
INTERVAL_FORM = Form(
    "settings", Command, (Field("every", "How often", ("settings", INTERVAL)), Field("unset", steps=("unset", 0)))
)
RELEASE = Form(
    "release",
    Command,
    (
        Field("number", "The application", ("release", "number")),
        Field("board", steps=("release", "board")),
        Field("withdraw"),
    ),
)


class Offered(NamedTuple):
    """What the viewer may choose in the forms of one device."""

    states: tuple[str, ...]
    teams: list[tuple[str, str]]
    locations: list[tuple[str, str]]
    networks: tuple[str, ...]  # whose passwords it knows
    every: str
    intervals: list[tuple[str, str]]
    board: str
    releases: list[tuple[str, str]]
    release: str  # that is assigned to this device itself; empty: none


def manages(viewer: Viewer, entry: Entry) -> bool:
    """Whether the viewer may change this device; one that stands nowhere is the whole organisation's."""
    if entry.team_id is None:
        return viewer.may_everywhere(Right.MANAGE_FLEET)
    return viewer.may(Right.MANAGE_FLEET, entry.team_id)


def offered(request: Request, session: Session, owner: Organisation, viewer: Viewer, entry: Entry) -> Offered:
    """Of a device that the viewer manages."""
    now, path = request.app.state.now(), request.app.state.settings.key_file
    row = find_device(session, owner, entry.serial)
    own = Scope(SCOPE_DEVICE, entry.device_id)
    set_here = any(
        (each.scope_kind, each.scope_id, each.name) == (*own, INTERVAL)
        for each in setting_rows(session, owner.organisation_id)
    )
    every = sync_intervals(session, owner, [entry])[entry.device_id]
    board = board_of(entry.said.base) if entry.said else ""
    return Offered(
        states=STATES[entry.state],
        teams=[
            (team.code, team.name) for team, _ in teams(session, owner) if viewer.may(Right.MANAGE_FLEET, team.team_id)
        ],
        locations=[(place.code, place.name) for place in locations(session, owner)],
        networks=networks_known_to(session, row, now, lambda: open_key_ring(path)),
        every=str(int(every.total_seconds())),
        intervals=_intervals(every, set_here=set_here),
        board=board,
        releases=[
            (str(each.number), f"{each.name} (release {each.number})")
            for each in reversed(releases(session, owner))
            if each.board == board
        ],
        release=own_release(session, owner, entry),
    )


def own_release(session: Session, owner: Organisation, entry: Entry) -> str:
    """The number of the application that is assigned to this device itself; empty: none."""
    board = board_of(entry.said.base) if entry.said else ""
    own = Scope(SCOPE_DEVICE, entry.device_id)
    assigned = assigned_releases(session, owner.organisation_id).get(board, {}).get(own)
    return str(assigned.number) if assigned else ""


def _intervals(every: timedelta, *, set_here: bool) -> list[tuple[str, str]]:
    seconds = sorted({*INTERVALS_S, int(every.total_seconds())})
    found = [(str(each), f"every {span(each)}") for each in seconds]
    return [*found, (AS_AROUND, "as its team and organisation say")] if set_here else found


def interval_values(values: Mapping[str, str]) -> dict[str, str]:
    """As the command takes them."""
    if values.get("every") == AS_AROUND:
        return {"unset": INTERVAL}
    return {"every": values.get("every", "")}


def release_values(values: Mapping[str, str], board: str) -> dict[str, str]:
    """A release for its board, or none of its own any more."""
    if values.get("number"):
        return {"number": values["number"], "board": board}
    return {"withdraw": board}
