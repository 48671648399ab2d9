"""Targets for programs: the positivity to be reached, for whom, from when, and who set it."""

from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from protocol.topics import device_name
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.blame import conflicting
from server.api.idempotency import CreateOnce
from server.api.parameters import only
from server.api.problems import ProblemError, in_body, make_problem, unknown_name, wrong_fields
from server.api.query import Day, Name
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.fleet.organisations import organisation_of
from server.fleet.placements import teams_since
from server.fleet.scope import Scope, Subject, subjects
from server.fleet.tables import SCOPE_DEVICE, SCOPE_ORGANISATION, Organisation, Target
from server.fleet.targets import all_targets, set_target

router = APIRouter(prefix=PREFIX, tags=["targets"], responses=refusals())

ScopeKind = Literal["organisation", "service", "team", "device"]


class TargetAnswer(BaseModel):
    """One target. `to` is the day after its last; null: it holds until another follows."""

    target: int
    value: Annotated[float, Field(description="percent, 0..100")]
    scope: ScopeKind
    name: Annotated[str | None, Field(description="code of the service or team, or the device's eight hex digits")]
    from_: Annotated[date, Field(alias="from", serialization_alias="from")]
    to: date | None
    set_by: str


class TargetsAnswer(BaseModel):
    """Past, present and future targets, in the order in which they were set."""

    data: list[TargetAnswer]


class ForWhat(BaseModel):
    """What something is set for."""

    model_config = ConfigDict(extra="forbid")

    scope: ScopeKind = "organisation"
    name: Annotated[Name | None, Field(description="of the service, team or device; none for the organisation")] = None


class NewTarget(ForWhat):
    """The positivity to be reached from a day on. Whoever asks has set it."""

    value: Annotated[Decimal, Field(gt=0, le=100, max_digits=5, decimal_places=2, description="percent: 85 or 87.5")]
    from_: Annotated[Day, Field(alias="from")]


@router.get("/targets", operation_id="list_targets", dependencies=[only()])
def get_targets(
    request: Request, viewer: Annotated[Viewer, needs(Right.SEE_FIGURES)], session: OpenSession
) -> TargetsAnswer:
    """The targets of what you may see."""
    owner = organisation_of(session, viewer.organisation_id)
    known = subjects(session, owner, request.app.state.now())
    data = [
        _answer(target, known[scope])
        for target in all_targets(session, owner)
        if (scope := Scope(target.scope_kind, target.scope_id)) in known
        and sees_any(viewer, Right.SEE_FIGURES, known[scope])
    ]
    return TargetsAnswer(data=data)


@router.post(
    "/targets",
    operation_id="create_target",
    status_code=201,
    response_model=TargetAnswer,
    responses=refusals(409),
    dependencies=[only()],
)
def create_target(
    request: Request,
    body: NewTarget,
    viewer: Annotated[Viewer, needs(Right.SET_TARGETS)],
    session: WritingSession,
    once: CreateOnce,
) -> Response:
    """Set a target from a day on; the one that held for the same until then ends there."""
    return once.create(lambda: _set(request, session, viewer, body), lambda _: f"{PREFIX}/targets")


def _set(request: Request, session: Session, viewer: Viewer, body: NewTarget) -> TargetAnswer:
    owner = organisation_of(session, viewer.organisation_id)
    scope, subject = find_subject(request, session, owner, viewer, body)
    require_setter(session, owner, viewer, scope, subject, body.from_, "Your account sets no targets there.")
    with conflicting("from"):
        target = set_target(session, owner, body.value / 100, scope, body.from_, viewer.actor)
    return _answer(target, subject)


def find_subject(
    request: Request, session: Session, owner: Organisation, viewer: Viewer, body: ForWhat
) -> tuple[Scope, Subject]:
    """What the body names, if the viewer sees it. Raises ProblemError."""
    if (body.scope == SCOPE_ORGANISATION) != (body.name is None):
        detail = "is given for a service, team or device, and for the organisation it is not."
        raise ProblemError(wrong_fields(in_body("name", detail=detail)))
    for scope, subject in subjects(session, owner, request.app.state.now()).items():
        named = body.name is None or body.name == name_of(scope, subject)
        if scope.scope_kind == body.scope and named and sees_any(viewer, Right.SEE_FIGURES, subject):
            return scope, subject
    raise ProblemError(unknown_name(in_body("name", detail=f"There is no {body.scope} {body.name} here.")))


def name_of(scope: Scope, subject: Subject) -> str | None:
    """The code of a service or team, the eight digits of a device."""
    return device_name(scope.scope_id) if scope.scope_kind == SCOPE_DEVICE and scope.scope_id else subject.code


def sees_any(viewer: Viewer, right: Right, subject: Subject) -> bool:
    """Whether something of it is within reach; the organisation's is everybody's."""
    if subject.everything:
        return viewer.may(right)
    return viewer.may_everywhere(right) or any(viewer.may(right, team) for team in subject.teams)


def may_all(viewer: Viewer, right: Right, subject: Subject) -> bool:
    """Whether all of it is within reach."""
    if subject.everything or not subject.teams:
        return viewer.may_everywhere(right)
    return all(viewer.may(right, team) for team in subject.teams)


def require_setter(
    session: Session, owner: Organisation, viewer: Viewer, scope: Scope, subject: Subject, since: date, refusal: str
) -> None:
    """That the viewer sets targets for all of it; of a device, for every team that it was placed with since that day,
    whose past would change too. Raises ProblemError.
    """
    if not may_all(viewer, Right.SET_TARGETS, subject):
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, refusal))
    if scope.scope_kind != SCOPE_DEVICE or scope.scope_id is None:
        return
    teams = teams_since(session, owner, scope.scope_id, since)
    if not all(viewer.may(Right.SET_TARGETS, team) for team in teams):
        why = f"From {since} on this device is also of teams of which your account sets no targets"
        who = "who sets targets for all of its teams since then, or for the whole organisation, may"
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, f"{refusal} {why}: {who}."))


def _answer(target: Target, subject: Subject) -> TargetAnswer:
    scope = Scope(target.scope_kind, target.scope_id)
    return TargetAnswer.model_validate(
        {
            "target": target.target_id,
            "value": float(100 * target.value),
            "scope": scope.scope_kind,
            "name": None if subject.everything else name_of(scope, subject),
            "from": target.from_date,
            "to": target.to_date,
            "set_by": target.set_by,
        }
    )
