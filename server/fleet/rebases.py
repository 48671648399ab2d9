"""Rebases: the days on which control charts' limits begin anew, on record with a reason; withdrawn, never changed."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.rebase_tables import Rebase
from server.fleet.scope import Scope
from server.fleet.tables import Organisation, Question
from server.fleet.turns import take_turn


def record_rebase(
    session: Session,
    organisation: Organisation,
    scope: Scope,
    question: str | None,
    day: date,
    reason: str,
    by: str,
    now: datetime,
) -> Rebase:
    """From this day's bucket on, charts of exactly this scope and question have limits of their own. Raises
    OperatorError where that is on record.
    """
    take_turn(session, organisation.organisation_id)
    for row in all_rebases(session, organisation.organisation_id):
        same = (row.scope_kind, row.scope_id, row.question_id, row.day) == (*scope, question, day)
        if same and row.withdrawn_at is None:
            raise OperatorError(f"limits begin anew on {day} there already: rebase {row.rebase_id}.")
    row = Rebase(
        organisation_id=organisation.organisation_id,
        **scope._asdict(),
        question_id=question,
        day=day,
        reason=reason.strip(),
        set_by=by,
        set_at=now,
    )
    session.add(row)
    session.flush()
    return row


def withdraw_rebase(session: Session, row: Rebase, by: str, now: datetime) -> None:
    """Limits do not begin anew there any more; to withdraw it again changes nothing. It stays on record."""
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by = now, by
    session.flush()


def all_rebases(session: Session, organisation_id: int) -> list[Rebase]:
    """In the order in which they were recorded; withdrawn ones too."""
    query = select(Rebase).where(Rebase.organisation_id == organisation_id)
    return list(session.scalars(query.order_by(Rebase.rebase_id)))


def check_question(session: Session, organisation: Organisation, question: str) -> None:
    """Raises OperatorError for a question that is not asked here."""
    if session.get(Question, (organisation.organisation_id, question)) is None:
        raise OperatorError(f"there is no question {question} here.")
