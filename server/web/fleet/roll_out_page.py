"""The roll-out of applications: one device, a team, all; on how many each runs, on which it failed, what was halted."""

from typing import Any, NamedTuple

from fastapi import Request
from sqlalchemy.orm import Session

from protocol.topics import device_name
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.fleet.releases import releases
from server.fleet.roster import Entry, Wanted, roster
from server.fleet.scope import Scope, Subject, subjects
from server.fleet.spreading import Stage, Withdrawn, stages, withdrawn
from server.fleet.tables import SCOPE_DEVICE, SCOPE_ORGANISATION, SCOPE_SERVICE, Organisation
from server.web.fleet.page import of_here
from server.web.fleet.saying import BLUE, GREEN, GREY, RED, Tag
from server.web.improving.names import Names, find_names


class Shown(NamedTuple):
    """A stage as the page shows it. `device`: the eight hex digits where it is one whose release the viewer sets."""

    stage: Stage
    where: str
    tag: Tag
    device: str


class Over(NamedTuple):
    """One that was withdrawn; by whom is told to those who see the whole fleet: the words name devices."""

    stage: Withdrawn
    where: str
    actor: str


def roll_out(request: Request, session: Session, viewer: Viewer) -> dict[str, Any]:
    """What the template shows of the devices that the viewer looks after."""
    owner, clockwork = of_here(request, session, viewer)
    now, seen = request.app.state.now(), viewer.teams(Right.SEE_FLEET)
    entries = roster(session, owner, now, seen, Wanted())
    names, known = find_names(request, session, viewer), subjects(session, owner, now)
    theirs = {entry.device_id for entry in entries}

    def sees(scope: Scope) -> bool:
        about = known.get(scope)
        if about is None or seen is None or about.everything:
            return seen is None or about is not None
        return scope.scope_id in theirs if scope.scope_kind == SCOPE_DEVICE else bool(about.teams & seen)

    return {
        "names": names,
        "clockwork": clockwork,
        "releases": _added(session, owner, entries),
        "stages": [
            _shown(stage, known, names, viewer) for stage in stages(session, owner, entries) if sees(stage.scope)
        ],
        "over": [
            Over(each, _where(each.scope, known, names), each.actor if seen is None else "")
            for each in withdrawn(session, owner)
            if sees(each.scope)
        ],
    }


def _added(session: Session, owner: Organisation, entries: list[Entry]) -> list[Any]:
    """(release, how many devices say that they run an application of this name), the newest first."""
    running: dict[str, int] = {}
    for entry in entries:
        if entry.said:
            running[entry.said.application] = running.get(entry.said.application, 0) + 1
    return [(each, running.get(each.name, 0)) for each in reversed(releases(session, owner))]


def _shown(stage: Stage, known: dict[Scope, Subject], names: Names, viewer: Viewer) -> Shown:
    about = known[stage.scope]
    of_device = stage.scope.scope_kind == SCOPE_DEVICE and stage.scope.scope_id is not None
    may = (
        all(viewer.may(Right.MANAGE_FLEET, team) for team in about.teams)
        if about.teams
        else viewer.may_everywhere(Right.MANAGE_FLEET)
    )
    device = device_name(stage.scope.scope_id or 0) if of_device and may else ""
    return Shown(stage, _where(stage.scope, known, names), _tag(stage), device)


def _tag(stage: Stage) -> Tag:
    if stage.failed:
        return {"text": "Fails", "classes": RED}
    if stage.waiting:
        return {"text": "Going on", "classes": BLUE}
    return {"text": "Everywhere", "classes": GREEN} if stage.running else {"text": "On none yet", "classes": GREY}


def _where(scope: Scope, known: dict[Scope, Subject], names: Names) -> str:
    if scope.scope_kind == SCOPE_ORGANISATION:
        return "All handhelds"
    code = known[scope].code if scope in known else None
    if code is None:
        return "Something that is there no more"
    if scope.scope_kind == SCOPE_DEVICE:
        return f"Handheld {code}"
    if scope.scope_kind == SCOPE_SERVICE:
        return f"Service {names.services.get(code, code)}"
    return f"Team {names.teams.get(code, code)}"
