"""Parts of the organisation as people choose and read them: "team:leek" is Leek, a team of Community beds."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.catalogue import read_meta
from server.api.improving import now_of

WHOLE = ("organisation", "The whole organisation")


@dataclass(frozen=True)
class Places:
    """Of what this viewer may see: text by the interface's word."""

    texts: Mapping[str, str]
    whole: bool

    def text(self, word: str) -> str:
        """A part that the viewer does not see the figures of keeps its word."""
        return "the whole organisation" if word == WHOLE[0] else self.texts.get(word, word.replace(":", " ", 1))

    def options(self) -> list[tuple[str, str]]:
        """(value, text) for a form, from the whole to the teams."""
        return ([WHOLE] if self.whole else []) + list(self.texts.items())


def find_places(request: Request, session: Session, viewer: Viewer, right: Right | None = None) -> Places:
    """`right`: the whole organisation is a choice only for who has it there."""
    texts: dict[str, str] = {}
    if viewer.may(Right.SEE_FIGURES):
        known = read_meta(session, viewer, now_of(request))
        texts |= {f"directorate:{each.directorate}": f"{each.name} (directorate)" for each in known.directorates}
        texts |= {f"service:{each.service}": f"{each.name} (service)" for each in known.services}
        texts |= {f"team:{each.team}": f"{each.name} (team)" for each in known.teams}
    rights = [right] if right else list(Right)
    return Places(texts, any(viewer.may_everywhere(each) for each in rights))
