"""The menu at the head of every page: what is there, each entry shown only to who may use it."""

from typing import NamedTuple

from server.accounts.rights import Right
from server.accounts.viewer import Viewer


class Entry(NamedTuple):
    """One link. `right`: what it needs anywhere, one of them; None: to be signed in. A page names it as `path`."""

    href: str
    name: str
    right: Right | tuple[Right, ...] | None


MENU = (
    Entry("/", "Figures", Right.SEE_FIGURES),
    Entry("/improve", "Improve", Right.SEE_FIGURES),
    Entry("/league", "League", Right.SEE_FIGURES),
    Entry("/reports", "Reports", Right.SEE_FIGURES),
    Entry("/fleet", "Fleet", Right.SEE_FLEET),
    Entry("/questionnaires", "Questionnaires", Right.SEE_FLEET),
    Entry("/administration", "Administration", (Right.MANAGE_PEOPLE, Right.SHARE, Right.SEE_AUDIT_LOG)),
    Entry("/try", "Try a handheld", None),
)


def menu_for(viewer: Viewer | None) -> list[Entry]:
    """What this visitor may use; nothing for who is not signed in."""
    if viewer is None:
        return []
    return [entry for entry in MENU if entry.right is None or any(viewer.may(right) for right in _rights(entry))]


def _rights(entry: Entry) -> tuple[Right, ...]:
    return entry.right if isinstance(entry.right, tuple) else (entry.right,) if entry.right else ()
