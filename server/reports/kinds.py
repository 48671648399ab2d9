"""The kinds of reports: for whom each is made, what it may be about, and who may read or make it."""

from collections.abc import Iterable
from enum import StrEnum

from server.accounts.rights import Right
from server.accounts.viewer import Teams, Viewer


class Kind(StrEnum):
    """What a report is."""

    MONTHLY = "monthly"  # for a service's own people: the inside view
    COMMISSIONER = "commissioner"  # for who commissions: the outside view
    BOARD = "board"  # for the board: the outside view of the whole, two pages
    CONSULTATION = "consultation"  # evidence that people were asked, heard and answered: twelve months, from outside


class Audience(StrEnum):
    """Whose view a report shows (docs/suppression.md)."""

    INSIDE = "inside"
    OUTSIDE = "outside"


AUDIENCES = {
    Kind.MONTHLY: Audience.INSIDE,
    Kind.COMMISSIONER: Audience.OUTSIDE,
    Kind.BOARD: Audience.OUTSIDE,
    Kind.CONSULTATION: Audience.OUTSIDE,
}
TITLES = {
    Kind.MONTHLY: "Monthly patient experience report",
    Kind.COMMISSIONER: "Patient experience report for commissioners",
    Kind.BOARD: "Patient experience: report to the board",
    Kind.CONSULTATION: "Evidence of consultation",
}
READ_BY = {Audience.INSIDE: Right.SEE_DETAIL, Audience.OUTSIDE: Right.SEE_FIGURES}


def may(viewer: Viewer, right: Right, teams: Teams) -> bool:
    """Whether they have this right for all of these teams; None: for the whole organisation."""
    if viewer.may_everywhere(right):
        return True
    return teams is not None and bool(teams) and all(viewer.may(right, team) for team in teams)


def may_read(viewer: Viewer, kind: Kind, teams: Teams) -> bool:
    """Whether they may be shown an issued one: what it tells, they could ask for themselves."""
    return may(viewer, READ_BY[AUDIENCES[kind]], teams)


def may_issue(viewer: Viewer, kind: Kind, teams: Teams) -> bool:
    """Whether they may make, see as a draft, and issue it."""
    return may(viewer, Right.ISSUE_REPORTS, teams) and may_read(viewer, kind, teams)


def reader_of(organisation_id: int, kind: Kind, teams: Teams) -> Viewer:
    """Somebody who sees exactly what the audience may: the report's figures are what they would be shown."""
    rights = {Right.SEE_FIGURES: teams}
    if AUDIENCES[kind] is Audience.INSIDE:
        rights |= {Right.SEE_DETAIL: teams, Right.SEE_FLEET: teams}
    return Viewer(organisation_id, "reports", rights)


def teams_of(team_ids: Iterable[int] | None) -> Teams:
    """As a row of the table has them."""
    return None if team_ids is None else frozenset(team_ids)
