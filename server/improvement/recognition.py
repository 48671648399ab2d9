"""Recognition: credit to a team for what patients say is good, as easily given as a concern is raised."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.improvement.faults import FaultError, NotThereError
from server.improvement.identity import refuse_identity
from server.improvement.places import Where, find_subject, find_team, require, seen
from server.improvement.team_tables import Recognition


@dataclass(frozen=True)
class NewRecognition:
    """For a question or topic, or for neither."""

    team: str
    title: str
    words: str
    recognised_on: date
    question: str | None = None
    topic: str | None = None


def recognise(session: Session, viewer: Viewer, new: NewRecognition, now: datetime, today: date) -> Recognition:
    """Raises FaultError, NotThereError, NotAllowedError, PatientIdentityError."""
    team_id = find_team(session, viewer, new.team)
    require(session, viewer, Right.IMPROVE, Where(team_id=team_id))
    if new.recognised_on > today:
        raise FaultError("recognised_on", detail=f"{new.recognised_on} is yet to come.")
    if new.question is not None or new.topic is not None:
        find_subject(session, viewer, new.question, new.topic)
    refuse_identity(title=new.title, words=new.words)
    row = Recognition(
        organisation_id=viewer.organisation_id,
        team_id=team_id,
        question_id=new.question,
        topic=new.topic,
        title=new.title,
        words=new.words,
        recognised_on=new.recognised_on,
        recorded_at=now,
        recorded_by=viewer.actor,
    )
    session.add(row)
    session.flush()
    return row


def find_recognition(session: Session, viewer: Viewer, number: int) -> Recognition:
    """Raises NotThereError, also for credit to a team that this viewer may not see."""
    found = session.scalar(select(Recognition).where(Recognition.recognition_id == number, seen(viewer, Recognition)))
    if found is None:
        raise NotThereError(f"There is no recognition {number} here.")
    return found


def recognitions(session: Session, viewer: Viewer, *, before: int | None = None, limit: int) -> list[Recognition]:
    """Newest first, those with a number below `before`."""
    query = select(Recognition).where(seen(viewer, Recognition)).order_by(Recognition.recognition_id.desc())
    if before is not None:
        query = query.where(Recognition.recognition_id < before)
    return list(session.scalars(query.limit(limit)))
