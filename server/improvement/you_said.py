"""The "You said, we did" texts: written by one, approved by another, shown on devices, withdrawn as old news."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.errors import OperatorError
from server.fleet.rollout_tables import Desired
from server.fleet.scope import Scope
from server.fleet.tables import SCOPE_ORGANISATION, SCOPE_SERVICE, SCOPE_TEAM, Organisation
from server.fleet.texts import add_text, approve_text, check_text, end_text
from server.improvement.concerns import find_concern
from server.improvement.faults import ConflictError, FaultError, NotAllowedError, NotThereError
from server.improvement.identity import refuse_identity
from server.improvement.places import Where, find_where, may, sees
from server.improvement.status import APPROVED, DRAFT, TEXT_MOVES, WITHDRAWN, move
from server.improvement.team_tables import YouSaid


@dataclass(frozen=True)
class NewText:
    """`words` by language. Without a team and a service it is for all devices. Instants: when it is shown."""

    words: dict[str, str]
    team: str | None = None
    service: str | None = None
    concern_id: int | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


def write_draft(session: Session, viewer: Viewer, new: NewText, now: datetime) -> YouSaid:
    """Checked as devices would: what does not fit a screen is refused here, not after approval.

    Raises FaultError, NotThereError, NotAllowedError, PatientIdentityError.
    """
    scope = _scope(session, viewer, new)
    _require(session, viewer, Right.IMPROVE, scope)
    if new.concern_id is not None:
        _check_concern(session, viewer, new.concern_id)
    for language, words in new.words.items():
        refuse_identity("words", **{language: words})
        try:
            check_text(language, words)
        except OperatorError as error:
            raise FaultError("words", language, detail=str(error)) from None
    if new.to_at is not None and new.to_at <= (new.from_at or now):
        raise FaultError("to_at", detail="The text would end before it begins.")
    row = YouSaid(
        organisation_id=viewer.organisation_id,
        **scope._asdict(),
        concern_id=new.concern_id,
        translations=new.words,
        from_at=new.from_at,
        to_at=new.to_at,
        status=DRAFT,
        written_at=now,
        written_by=viewer.actor,
        writer_id=viewer.person_id,
    )
    session.add(row)
    session.flush()
    return row


def find_text(session: Session, viewer: Viewer, number: int, *, lock: bool = False) -> YouSaid:
    """Raises NotThereError, also for one in a part of the organisation that this viewer may not see."""
    query = select(YouSaid).where(YouSaid.organisation_id == viewer.organisation_id, YouSaid.you_said_id == number)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or not _sees(session, viewer, row):
        raise NotThereError(f"There is no text {number} here.")
    return row


def texts(session: Session, viewer: Viewer, *, before: int | None = None, limit: int) -> list[YouSaid]:
    """Newest first, those with a number below `before`. Everybody sees what is for the whole organisation."""
    query = select(YouSaid).where(YouSaid.organisation_id == viewer.organisation_id)
    if before is not None:
        query = query.where(YouSaid.you_said_id < before)
    found: list[YouSaid] = []
    for row in session.scalars(query.order_by(YouSaid.you_said_id.desc()).execution_options(yield_per=limit)):
        if _sees(session, viewer, row):
            found.append(row)
            if len(found) == limit:
                break
    return found


def approve(session: Session, viewer: Viewer, number: int, now: datetime) -> YouSaid:
    """Devices show it from now on, in its time. Raises ConflictError to whoever wrote it."""
    row = find_text(session, viewer, number, lock=True)
    _require(session, viewer, Right.APPROVE, Scope(row.scope_kind, row.scope_id))
    move("the text", TEXT_MOVES, row.status, APPROVED)
    if row.status == APPROVED:
        return row
    same_person = row.writer_id is not None and row.writer_id == viewer.person_id
    if same_person or row.written_by == viewer.actor:
        raise ConflictError("You wrote this text: somebody else must read and approve it.")
    if row.to_at is not None and row.to_at <= now:
        raise ConflictError(f"Its time was over at {row.to_at}: write a new text.")
    organisation = session.get_one(Organisation, viewer.organisation_id)
    scope = Scope(row.scope_kind, row.scope_id)
    starts_at = max(row.from_at or now, now)
    item = add_text(session, organisation, scope, row.translations, now, from_at=starts_at, to_at=row.to_at)
    approve_text(session, organisation, item.text_id, viewer.actor, now)
    row.status, row.approved_at, row.approved_by = APPROVED, now, viewer.actor
    row.approver_id, row.text_id = viewer.person_id, item.text_id
    _tell_devices(session, viewer, now)
    return row


def withdraw(session: Session, viewer: Viewer, number: int, now: datetime) -> YouSaid:
    """Devices show it no more once they have synced. Whoever may write or approve one may withdraw it."""
    row = find_text(session, viewer, number, lock=True)
    scope = Scope(row.scope_kind, row.scope_id)
    if not _may(session, viewer, Right.APPROVE, scope):
        _require(session, viewer, Right.IMPROVE, scope)
    move("the text", TEXT_MOVES, row.status, WITHDRAWN)
    if row.status == WITHDRAWN:
        return row
    if row.text_id is not None:
        end_text(session, session.get_one(Organisation, viewer.organisation_id), row.text_id, now)
        _tell_devices(session, viewer, now)
    row.status, row.withdrawn_at, row.withdrawn_by = WITHDRAWN, now, viewer.actor
    session.flush()
    return row


def _tell_devices(session: Session, viewer: Viewer, now: datetime) -> None:
    """Desired states are made anew by ingest within half a minute: this process has no key to settings' secrets."""
    session.flush()
    later = or_(Desired.due_at.is_(None), Desired.due_at > now)
    session.execute(update(Desired).where(Desired.organisation_id == viewer.organisation_id, later).values(due_at=now))


def _scope(session: Session, viewer: Viewer, new: NewText) -> Scope:
    if new.team is None and new.service is None:
        return Scope(SCOPE_ORGANISATION, None)
    where = find_where(session, viewer, new.team, new.service)
    return Scope(SCOPE_TEAM, where.team_id) if where.team_id is not None else Scope(SCOPE_SERVICE, where.service_id)


def _where(scope: Scope) -> Where | None:
    if scope.scope_kind == SCOPE_TEAM:
        return Where(team_id=scope.scope_id)
    return Where(service_id=scope.scope_id) if scope.scope_kind == SCOPE_SERVICE else None


def _may(session: Session, viewer: Viewer, right: Right, scope: Scope) -> bool:
    where = _where(scope)
    return viewer.may_everywhere(right) if where is None else may(session, viewer, right, where)


def _require(session: Session, viewer: Viewer, right: Right, scope: Scope) -> None:
    if not _may(session, viewer, right, scope):
        raise NotAllowedError(f"Your account has no right to {right} for this part of the organisation.")


def _sees(session: Session, viewer: Viewer, row: YouSaid) -> bool:
    if row.scope_kind == SCOPE_ORGANISATION:
        return True
    where = _where(Scope(row.scope_kind, row.scope_id))
    return where is not None and sees(session, viewer, where)


def _check_concern(session: Session, viewer: Viewer, concern_id: int) -> None:
    try:
        find_concern(session, viewer, concern_id)
    except NotThereError as error:
        raise FaultError("concern", detail=str(error)) from None
