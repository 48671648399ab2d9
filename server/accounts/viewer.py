"""Somebody who asks: what of the organisation they may see and do, team by team."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.accounts.rights import Right

Teams = frozenset[int] | None  # the numbers of teams; None: all of the organisation, also those to come


class Via(StrEnum):
    """What somebody came in by."""

    BROWSER = "browser"  # signed in, with a cookie
    TOKEN = "API token"  # noqa: S105 - a word
    SHARE = "share link"
    MACHINE = "this machine"  # the server's own: its command line, or the demo's visitor


@dataclass(frozen=True)
class Viewer:
    """Made once a request, from a session, an API token or a share link, with the subtrees already resolved.

    `actor` is what the audit log calls them; `person_id` is None for what no single person stands behind; `name` is
    how a page greets them; `token_id` is that of the API token shown, if any.
    """

    organisation_id: int
    actor: str
    reach: Mapping[Right, Teams] = field(default_factory=dict)
    person_id: int | None = None
    name: str = ""
    via: Via = Via.BROWSER
    token_id: int | None = None

    def teams(self, right: Right) -> Teams:
        """The teams for which they have this right; an empty set where they have it nowhere."""
        return self.reach.get(right, frozenset())

    def may(self, right: Right, team_id: int | None = None) -> bool:
        """Whether they have this right for the team; without a team: anywhere."""
        teams = self.teams(right)
        return teams is None or (bool(teams) if team_id is None else team_id in teams)

    def may_everywhere(self, right: Right) -> bool:
        """Whether they have this right for the whole organisation."""
        return self.teams(right) is None

    @property
    def credential(self) -> str:
        """What they came in by, as no other credential is called: two tokens of one owner may have one name."""
        return f"{self.actor}, person {self.person_id}" + (f", token {self.token_id}" if self.token_id else "")

    @property
    def key(self) -> str:
        """The same for two viewers exactly when both are shown the same figures: part of an answer's ETag."""
        parts: list[object] = [self.organisation_id]
        for right in (Right.SEE_FIGURES, Right.SEE_DETAIL, Right.SEE_FLEET, Right.EXPORT_EVIDENCE):
            teams = self.teams(right)
            parts.append("all" if teams is None else ",".join(str(team) for team in sorted(teams)))
        return "/".join(map(str, parts))


def everything(organisation_id: int, actor: str) -> Viewer:
    """The command line on the server itself: whoever may run it may read the database anyway."""
    return Viewer(organisation_id, actor, dict.fromkeys(Right), via=Via.MACHINE)
