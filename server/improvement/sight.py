"""Which concerns somebody sees: one that nobody but scheduled detection has touched is for those inside all its teams.

What is detected rests on counts that outsiders are not shown, the running month's too; that it was, would tell of them.
Once a person has planned something about it, it is that person's word, as a concern raised by hand is.
"""

from sqlalchemy import ColumnElement, and_, or_, select

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.database import on_keys
from server.fleet.tables import Team
from server.improvement.places import seen
from server.improvement.tables import Action, Concern

SCHEDULED = "scheduled work"  # who raises what is detected without being asked


def concerns_seen(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that this viewer sees a concern."""
    inside = viewer.teams(Right.SEE_DETAIL)
    if inside is None:
        return seen(viewer, Concern)
    here, teams = Team.organisation_id == viewer.organisation_id, sorted(inside)
    others = select(Team.service_id).where(here, Team.team_id.not_in(teams))
    inside_all = or_(Concern.team_id.in_(teams), Concern.service_id.not_in(others))
    taken_up = select(Action.action_id).where(on_keys(Action, Concern, "concern_id")).exists()
    return and_(seen(viewer, Concern), or_(Concern.raised_by != SCHEDULED, inside_all, taken_up))
