"""The menu at the head of every page: what is there, each entry shown only to who may use it."""

from typing import NamedTuple

from server.accounts.rights import Right
from server.accounts.viewer import Viewer


class Entry(NamedTuple):
    """One link. `right`: what it needs anywhere; None: to be signed in. A page names its entry as its `path`."""

    href: str
    name: str
    right: Right | None


MENU = (
    Entry("/", "Figures", Right.SEE_FIGURES),
    Entry("/improve", "Improve", Right.SEE_FIGURES),
    Entry("/league", "League", Right.SEE_FIGURES),
    Entry("/reports", "Reports", Right.SEE_FIGURES),
    Entry("/try", "Try a handheld", None),
)


def menu_for(viewer: Viewer | None) -> list[Entry]:
    """What this visitor may use; nothing for who is not signed in."""
    if viewer is None:
        return []
    return [entry for entry in MENU if entry.right is None or viewer.may(entry.right)]
