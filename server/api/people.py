"""People and their roles: /api/v1/people, for who manages them on the whole organisation or a part of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from server.accounts.managing import Managed, Manager, NotThereError, NotYoursError
from server.accounts.nodes import NoNodeError
from server.accounts.people import NAME_MAX
from server.accounts.rights import Right, Role
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.idempotency import CreateOnce
from server.api.parameters import only
from server.api.problems import ProblemError, in_body, make_problem, wrong_fields
from server.api.query import ORGANISATION_MAX
from server.api.reference import PREFIX, refusals
from server.api.session import EMAIL_MAX, in_person
from server.api.sessions import OpenSession, WritingSession
from server.errors import OperatorError

NODE_MAX = 120
PLAIN = r"^[^\x00-\x1f]*$"

router = APIRouter(prefix=PREFIX, tags=["accounts"], responses=refusals(), dependencies=[only()])

Administrator = Annotated[Viewer, needs(Right.MANAGE_PEOPLE)]
Number = Annotated[int, Path(ge=1, le=ORGANISATION_MAX)]
Part = Annotated[
    str,
    Field(max_length=NODE_MAX, pattern=PLAIN, description="organisation, directorate:CODE, service:CODE or team:CODE"),
]


class HeldRole(BaseModel):
    """A role on a part of the organisation."""

    grant: int
    role: Role
    on: Part
    from_at: datetime
    to_at: datetime | None


class KnownPerson(BaseModel):
    """An account, with the roles that reach into what the viewer manages."""

    person: int
    email: str
    name: str
    state: Literal["active", "disabled"]
    signed_in_at: Annotated[datetime | None, Field(description="the last time; null: never")]
    roles: list[HeldRole]


class PeopleAnswer(BaseModel):
    """GET /api/v1/people."""

    data: list[KnownPerson]


class NewRole(BaseModel):
    """A role to be given."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    on: Part
    to_at: Annotated[AwareDatetime | None, Field(description="when it ends by itself")] = None


class NewPerson(BaseModel):
    """An account to be made, with a role from the start where its maker manages only a part."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=EMAIL_MAX, pattern=PLAIN)]
    name: Annotated[str, Field(max_length=NAME_MAX, pattern=PLAIN)]
    role: Role | None = None
    on: Part | None = None


class WithPassword(KnownPerson):
    """An account with a first password: shown once, good for three days, to be changed by its owner."""

    first_password: str | None


class ChangedPerson(BaseModel):
    """A disabled account cannot sign in, and neither its tokens nor its links work."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["active", "disabled"]


@router.get("/people", operation_id="list_people")
def get_people(request: Request, session: OpenSession, viewer: Administrator) -> PeopleAnswer:
    """Everybody with a role in the part of the organisation that one manages."""
    return PeopleAnswer(data=[_known(each) for each in _manager(request, session, viewer).people()])


@router.post("/people", operation_id="create_person", status_code=201, response_model=WithPassword)
def post_person(
    request: Request, session: WritingSession, viewer: Administrator, new: NewPerson, once: CreateOnce
) -> Response:
    """Make an account. Its first password is in this answer and nowhere else."""
    in_person(viewer)

    def make() -> WithPassword:
        with _explained("email"):
            return _with_password(*_manager(request, session, viewer).add(new.email, new.name, new.role, new.on))

    return once.create(make, _location, kept=_without_password)


@router.patch("/people/{person}", operation_id="change_person")
def patch_person(
    request: Request, session: WritingSession, viewer: Administrator, person: Number, change: ChangedPerson
) -> KnownPerson:
    """Disable an account, or enable it again."""
    in_person(viewer)
    with _explained("state"):
        return _known(_manager(request, session, viewer).set_state(person, change.state))


@router.post("/people/{person}/grants", operation_id="grant_role", status_code=201, response_model=KnownPerson)
def post_grant(
    request: Request, session: WritingSession, viewer: Administrator, person: Number, new: NewRole, once: CreateOnce
) -> Response:
    """Give a role on a part of the organisation."""
    in_person(viewer)

    def make() -> KnownPerson:
        with _explained("role"):
            return _known(_manager(request, session, viewer).grant(person, new.role, new.on, new.to_at))

    return once.create(make, _location)


@router.delete("/people/{person}/grants/{grant}", operation_id="revoke_role", status_code=204)
def delete_grant(
    request: Request, session: WritingSession, viewer: Administrator, person: Number, grant: Number
) -> Response:
    """Take a role away: the next request of its holder is without it."""
    in_person(viewer)
    with _explained("grant"):
        _manager(request, session, viewer).revoke(person, grant)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post(
    "/people/{person}/password", operation_id="create_first_password", status_code=201, response_model=WithPassword
)
def post_password(
    request: Request, session: WritingSession, viewer: Administrator, person: Number, once: CreateOnce
) -> Response:
    """A new first password in place of a forgotten one. Whoever is signed in with the account is signed out."""
    in_person(viewer)

    def make() -> WithPassword:
        with _explained("person"):
            return _with_password(*_manager(request, session, viewer).first_password(person))

    return once.create(make, kept=_without_password)


def _manager(request: Request, session: OpenSession, viewer: Viewer) -> Manager:
    return Manager(session, viewer, request.app.state.now())


@contextmanager
def _explained(field: str) -> Iterator[None]:
    """What the rules refuse, as a problem; `field` is to blame where nothing else is."""
    try:
        yield
    except NotThereError as error:
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, str(error))) from None
    except NotYoursError as error:
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, str(error))) from None
    except NoNodeError as error:
        raise ProblemError(wrong_fields(in_body("on", detail=str(error)))) from None
    except OperatorError as error:
        raise ProblemError(wrong_fields(in_body(field, detail=str(error)))) from None


def _known(managed: Managed) -> KnownPerson:
    person = managed.person
    roles = [
        HeldRole(grant=each.grant_id, role=each.role, on=each.words, from_at=each.from_at, to_at=each.to_at)
        for each in managed.seen
    ]
    state: Literal["active", "disabled"] = "active" if person.state == "active" else "disabled"
    return KnownPerson(
        person=person.person_id,
        email=person.email,
        name=person.name,
        state=state,
        signed_in_at=managed.signed_in_at,
        roles=roles,
    )


def _with_password(managed: Managed, password: str) -> WithPassword:
    return WithPassword(**_known(managed).model_dump(), first_password=password)


def _without_password(answer: WithPassword) -> WithPassword:
    return answer.model_copy(update={"first_password": None})


def _location(answer: KnownPerson) -> str:
    return f"{PREFIX}/people/{answer.person}"
