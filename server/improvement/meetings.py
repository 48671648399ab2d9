"""Team meetings: what was discussed on which day, and what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.database import on_keys
from server.improvement.actions import find_action
from server.improvement.concerns import find_concern
from server.improvement.faults import FaultError, NotThereError
from server.improvement.identity import refuse_identity
from server.improvement.places import Where, find_team, require, seen
from server.improvement.tables import Action
from server.improvement.team_tables import Meeting, MeetingItem


@dataclass(frozen=True)
class NewItem:
    """A concern or an action, by number."""

    concern_id: int | None = None
    action_id: int | None = None
    decision: str = ""


def record_meeting(
    session: Session,
    viewer: Viewer,
    team: str,
    held_on: date,
    words: str,
    items: Sequence[NewItem],
    now: datetime,
    today: date,
) -> Meeting:
    """What a team discussed. Raises FaultError, NotThereError, NotAllowedError, PatientIdentityError."""
    team_id = find_team(session, viewer, team)
    require(session, viewer, Right.IMPROVE, Where(team_id=team_id))
    if held_on > today:
        raise FaultError("held_on", detail=f"{held_on} is yet to come: record a meeting once it was held.")
    refuse_identity(words=words)
    meeting = Meeting(
        organisation_id=viewer.organisation_id,
        team_id=team_id,
        held_on=held_on,
        words=words,
        recorded_at=now,
        recorded_by=viewer.actor,
    )
    session.add(meeting)
    session.flush()
    for number, item in enumerate(items, 1):
        _add_item(session, viewer, meeting, number, item)
    session.flush()
    return meeting


def meetings(session: Session, viewer: Viewer, *, before: int | None = None, limit: int) -> list[Meeting]:
    """Newest first, those with a number below `before`."""
    query = select(Meeting).where(seen(viewer, Meeting)).order_by(Meeting.meeting_id.desc()).limit(limit)
    if before is not None:
        query = query.where(Meeting.meeting_id < before)
    return list(session.scalars(query))


def items_of(session: Session, organisation_id: int, meeting_ids: Sequence[int]) -> dict[int, list[MeetingItem]]:
    """What was discussed at each of these meetings, in order."""
    found: dict[int, list[MeetingItem]] = {number: [] for number in meeting_ids}
    query = select(MeetingItem).where(
        MeetingItem.organisation_id == organisation_id, MeetingItem.meeting_id.in_(meeting_ids)
    )
    for item in session.scalars(query.order_by(MeetingItem.meeting_id, MeetingItem.number)):
        found[item.meeting_id].append(item)
    return found


def discussed_on(session: Session, viewer: Viewer, concern_id: int) -> list[date]:
    """The days on which a team discussed this concern or one of its actions, oldest first."""
    actions = select(Action.action_id).where(
        Action.organisation_id == viewer.organisation_id, Action.concern_id == concern_id
    )
    query = (
        select(Meeting.held_on)
        .join(MeetingItem, on_keys(MeetingItem, Meeting, "meeting_id"))
        .where(
            seen(viewer, Meeting),
            (MeetingItem.concern_id == concern_id) | MeetingItem.action_id.in_(actions),
        )
        .distinct()
        .order_by(Meeting.held_on)
    )
    return list(session.scalars(query))


def _add_item(session: Session, viewer: Viewer, meeting: Meeting, number: int, item: NewItem) -> None:
    place = ("items", number - 1)
    refuse_identity(*place, decision=item.decision)
    try:
        if (item.concern_id is None) == (item.action_id is None):
            raise FaultError(*place, detail="Name a concern or an action, one of both, by its number.")
        if item.concern_id is not None:
            find_concern(session, viewer, item.concern_id)
        if item.action_id is not None:
            find_action(session, viewer, item.action_id)
    except NotThereError as error:
        raise FaultError(*place, detail=str(error)) from None
    session.add(
        MeetingItem(
            organisation_id=meeting.organisation_id,
            meeting_id=meeting.meeting_id,
            number=number,
            concern_id=item.concern_id,
            action_id=item.action_id,
            decision=item.decision,
        )
    )
