"""Rebases for programs: the days on which control charts' limits begin anew, why, and who said so."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.scope import find_place
from server.api.access import needs
from server.api.blame import blaming, conflicting
from server.api.idempotency import CreateOnce
from server.api.improving import NumberInPath, Title
from server.api.parameters import only
from server.api.problems import ProblemError, in_body, make_problem, wrong_fields
from server.api.query import Day, Name
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.api.targets import ForWhat, ScopeKind, find_subject, name_of, require_setter, sees_any
from server.fleet.organisations import organisation_of
from server.fleet.rebase_tables import Rebase
from server.fleet.rebases import all_rebases, check_question, record_rebase, withdraw_rebase
from server.fleet.scope import Scope, Subject, subjects
from server.improvement.identity import refuse_identity

router = APIRouter(prefix=PREFIX, tags=["targets"], responses=refusals(), dependencies=[only()])

NO_LIMITS = "Your account sets no limits there."

Sets = Annotated[Viewer, needs(Right.SET_TARGETS)]


class RebaseAnswer(BaseModel):
    """One rebase. `withdrawn_at` is null while it is in force."""

    rebase: int
    scope: ScopeKind
    name: Annotated[str | None, Field(description="code of the service or team, or the device's eight hex digits")]
    question: Annotated[str | None, Field(description="null: charts of all answers together")]
    day: date
    reason: str
    set_by: str
    set_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class RebasesAnswer(BaseModel):
    """In the order in which they were recorded; withdrawn ones too."""

    data: list[RebaseAnswer]


class NewRebase(ForWhat):
    """Limits of the charts of exactly this scope and question begin anew with the bucket of a day."""

    question: Annotated[Name | None, Field(description="none: charts of all answers together")] = None
    day: Day
    reason: Annotated[Title, Field(description="which lasting change it follows, in words")]


@router.get("/rebases", operation_id="list_rebases")
def get_rebases(
    request: Request, viewer: Annotated[Viewer, needs(Right.SEE_FIGURES)], session: OpenSession
) -> RebasesAnswer:
    """Where limits of what you may see begin anew, withdrawn ones too."""
    return RebasesAnswer(data=[_answer(*each) for each in _seen(request, session, viewer)])


@router.post(
    "/rebases", operation_id="create_rebase", status_code=201, response_model=RebaseAnswer, responses=refusals(409)
)
def create_rebase(
    request: Request, body: NewRebase, viewer: Sets, session: WritingSession, once: CreateOnce
) -> Response:
    """Begin limits anew, deliberately: after a lasting shift, never to hide one. It stays on record with its reason."""
    return once.create(lambda: _record(request, session, viewer, body), lambda _: f"{PREFIX}/rebases")


@router.delete("/rebases/{rebase}", operation_id="withdraw_rebase", status_code=204)
def delete_rebase(request: Request, rebase: NumberInPath, viewer: Sets, session: WritingSession) -> Response:
    """Withdraw a rebase: limits run on as if it had not been. It stays on record."""
    for row, subject in _seen(request, session, viewer):
        if row.rebase_id == rebase:
            owner = organisation_of(session, viewer.organisation_id)
            scope = Scope(row.scope_kind, row.scope_id)
            require_setter(session, owner, viewer, scope, subject, row.day, NO_LIMITS)
            withdraw_rebase(session, row, viewer.actor, request.app.state.now())
            return Response(status_code=HTTPStatus.NO_CONTENT)
    raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is no rebase {rebase} here."))


def _record(request: Request, session: Session, viewer: Viewer, body: NewRebase) -> RebaseAnswer:
    owner, now = organisation_of(session, viewer.organisation_id), request.app.state.now()
    scope, subject = find_subject(request, session, owner, viewer, body)
    require_setter(session, owner, viewer, scope, subject, body.day, NO_LIMITS)
    if body.day > now.astimezone(find_place(session, viewer.organisation_id).zone).date():
        raise ProblemError(wrong_fields(in_body("day", detail="has not come yet: a rebase follows a lasting change.")))
    with blaming("reason"):
        refuse_identity(reason=body.reason)
    with blaming("question"):
        if body.question is not None:
            check_question(session, owner, body.question)
    with conflicting("day"):
        row = record_rebase(session, owner, scope, body.question, body.day, body.reason, viewer.actor, now)
    return _answer(row, subject)


def _seen(request: Request, session: Session, viewer: Viewer) -> list[tuple[Rebase, Subject]]:
    owner = organisation_of(session, viewer.organisation_id)
    known = subjects(session, owner, request.app.state.now())
    return [
        (row, known[scope])
        for row in all_rebases(session, viewer.organisation_id)
        if (scope := Scope(row.scope_kind, row.scope_id)) in known and sees_any(viewer, Right.SEE_FIGURES, known[scope])
    ]


def _answer(row: Rebase, subject: Subject) -> RebaseAnswer:
    own = ("day", "reason", "set_by", "set_at", "withdrawn_at", "withdrawn_by")
    return RebaseAnswer.model_validate(
        {
            "rebase": row.rebase_id,
            "scope": row.scope_kind,
            "name": None if subject.everything else name_of(Scope(row.scope_kind, row.scope_id), subject),
            "question": row.question_id,
            **{name: getattr(row, name) for name in own},
        }
    )
