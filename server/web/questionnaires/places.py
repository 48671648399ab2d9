"""Where a questionnaire may be asked, in people's words, and who may say so."""

from collections.abc import Mapping

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.fleet.scope import Scope, Subject
from server.fleet.tables import SCOPE_DEVICE, SCOPE_ORGANISATION, SCOPE_SERVICE, SCOPE_TEAM
from server.web.improving.names import Names

EVERYWHERE = "The whole organisation"
ORDER = (SCOPE_ORGANISATION, SCOPE_SERVICE, SCOPE_TEAM, SCOPE_DEVICE)


def may_assign(viewer: Viewer, subject: Subject) -> bool:
    """Whether the viewer manages all that this is. What stands nowhere is the whole organisation's."""
    if viewer.may_everywhere(Right.MANAGE_FLEET):
        return True
    inside = not subject.everything and bool(subject.teams)
    return inside and all(viewer.may(Right.MANAGE_FLEET, team) for team in subject.teams)


def may_see(viewer: Viewer, subject: Subject) -> bool:
    """Whether any of its teams' devices are the viewer's to look after; the whole organisation is everybody's."""
    return (
        viewer.may_everywhere(Right.SEE_FLEET)
        or subject.everything
        or any(viewer.may(Right.SEE_FLEET, team) for team in subject.teams)
    )


def scope_word(scope: Scope, subject: Subject) -> str:
    """As commands and addresses write it: organisation, service:beds, team:leek, device:PET-1."""
    return scope.scope_kind if subject.code is None else f"{scope.scope_kind}:{subject.code}"


def place_name(word: str, names: Names) -> str:
    """As people say it: of "team:leek" Leek, of "device:PET-1" device PET-1."""
    kind, _, code = word.partition(":")
    if kind == SCOPE_ORGANISATION:
        return EVERYWHERE
    if kind == SCOPE_DEVICE:
        return f"Device {code}"
    if kind == SCOPE_SERVICE:
        return f"{names.services.get(code, code)} (all of the service)"
    return f"{names.teams.get(code, code)} (team)"


def assignable(viewer: Viewer, known: Mapping[Scope, Subject], names: Names) -> list[tuple[str, str]]:
    """(word, name) of every place where the viewer may have it asked, but for devices, the widest first."""
    found = [
        (scope_word(scope, subject), scope.scope_kind)
        for scope, subject in known.items()
        if scope.scope_kind != SCOPE_DEVICE and may_assign(viewer, subject)
    ]
    ordered = sorted(found, key=lambda each: (ORDER.index(each[1]), each[0]))
    return [(word, place_name(word, names)) for word, _ in ordered]
