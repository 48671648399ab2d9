"""The routes of people: who has which role where, added, disabled, given a role or a first password."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right, Role
from server.accounts.viewer import Viewer
from server.api import people as api
from server.api.access import needs
from server.api.improving import zone_of
from server.api.people import KnownPerson, Number
from server.api.problems import ProblemError, make_problem
from server.api.session import in_person
from server.api.sessions import OpenSession, WritingSession
from server.web.administration.forms import NOT_A_DAY, NoFields, end_of_day, in_words
from server.web.administration.page import HOME, Act, administration_page, told
from server.web.administration.places import find_places
from server.web.improving.forms import KEY, Field, Filled, Form, Sender, Sent, go_on, new_key

router = APIRouter(include_in_schema=False)
Manages = Annotated[Viewer, needs(Right.MANAGE_PEOPLE)]
LIST = ("/administration/people", "People")
ROLES = {
    Role.MANAGER: "Manager: sees and improves, approves texts, issues reports, shares",
    Role.MATRON: "Matron or link nurse: sees and improves",
    Role.READ_ONLY: "Read-only: a member of the team, sees its figures",
    Role.BOARD: "Board: sees figures from outside",
    Role.OPERATIONS: "Operations: devices and questionnaires",
    Role.ADMINISTRATOR: "Administrator: all of that, and people",
    Role.COMMISSIONER: "Commissioner: sees figures from outside, sets targets",
    Role.AUDITOR: "Auditor: sees everything, changes nothing, exports evidence",
}
NEW = Form(
    "new",
    api.NewPerson,
    (
        Field("email", "The address", missing="Enter their e-mail address", needed=True),
        Field("name", "The name", missing="Enter their name", needed=True),
        Field("role", "The role"),
        Field("on", "The part"),
    ),
)


@router.get("/administration/people")
def get_people(request: Request, viewer: Manages, session: OpenSession) -> HTMLResponse:
    """Everybody with a role in the viewer's part, and the form for somebody new."""
    return _list(request, session, viewer)


@router.post("/administration/people")
def post_person(request: Request, viewer: Manages, session: WritingSession, sent: Sent) -> HTMLResponse:
    """Make an account. Its first password stands on the page that answers, and nowhere else."""
    in_person(viewer)
    if half := _half(sent.values):
        return _list(request, session, viewer, Filled(NEW.name, sent.values, half, sent.values.get(KEY) or new_key()))

    def act(body: Any, once: Any) -> Response:
        with in_words("role"):
            return api.post_person(request, session, viewer, body, once)

    made = Sender(request, session, viewer).send(NEW, sent, act)
    return _list(request, session, viewer, made) if isinstance(made, Filled) else _shown(request, session, viewer, made)


def _half(values: Mapping[str, str]) -> dict[str, str]:
    """A role without its part, or a part without a role: the interface makes an account without either."""
    if bool(values.get("role")) == bool(values.get("on")):
        return {}
    return {"on": "Choose the part of the organisation"} if values.get("role") else {"role": "Choose the role there"}


@router.get("/administration/people/{person}")
def get_person(request: Request, person: Number, viewer: Manages, session: OpenSession) -> HTMLResponse:
    """One of them, and what may be decided on them."""
    return _person(request, session, viewer, person)


@router.post("/administration/people/{person}/grants")
def post_grant(request: Request, person: Number, viewer: Manages, session: WritingSession, sent: Sent) -> Response:
    """Give a role on a part of the organisation."""
    in_person(viewer)
    form = Form(
        "grant",
        api.NewRole,
        (
            Field("role", "Nothing is changed:", missing="Choose a role", needed=True),
            Field("on", "The part", missing="Choose the part of the organisation", needed=True),
            Field("to_at", "The last day"),
        ),
    )

    def act(body: Any, once: Any) -> Response:
        with in_words("role"):
            return api.post_grant(request, session, viewer, person, body, once)

    last = sent.values.get("to_at", "")
    ready = sent.values | {"to_at": (end_of_day(last, zone_of(session, viewer)) or "no day") if last else ""}
    made = Sender(request, session, viewer).send(form, sent, act, ready)
    if isinstance(made, Filled):
        if "to_at" in made.errors and ready["to_at"] == "no day":
            made = Filled(made.name, made.values, {**made.errors, "to_at": NOT_A_DAY}, made.key)
        return _person(request, session, viewer, person, made)
    return go_on(f"{LIST[0]}/{person}#roles")


@router.post("/administration/people/{person}/grants/{grant}/revoke")
def post_revoke(
    request: Request, person: Number, grant: Number, viewer: Manages, session: WritingSession, sent: Sent
) -> Response:
    """Take a role away."""

    def act(_body: Any, _once: Any) -> Response:
        with in_words():
            api.delete_grant(request, session, viewer, person, grant)
        still = any(each.person == person for each in api.get_people(request, session, viewer).data)
        return go_on(f"{LIST[0]}/{person}#roles" if still else LIST[0])

    return _pressed(request, session, viewer, person, Form(f"revoke-{grant}", NoFields, ()), sent, act)


@router.post("/administration/people/{person}/state")
def post_state(request: Request, person: Number, viewer: Manages, session: WritingSession, sent: Sent) -> Response:
    """Disable the account, or enable it again."""

    def act(body: Any, _once: Any) -> Response:
        with in_words():
            api.patch_person(request, session, viewer, person, body)
        return go_on(f"{LIST[0]}/{person}")

    form = Form("state", api.ChangedPerson, (Field("state"),))
    return _pressed(request, session, viewer, person, form, sent, act)


@router.post("/administration/people/{person}/password")
def post_password(request: Request, person: Number, viewer: Manages, session: WritingSession, sent: Sent) -> Response:
    """A new first password, shown on the page that answers, and nowhere else."""

    def act(_body: Any, once: Any) -> Response:
        with in_words():
            return _shown(request, session, viewer, api.post_password(request, session, viewer, person, once))

    return _pressed(request, session, viewer, person, Form("password", NoFields, ()), sent, act)


def _pressed(
    request: Request, session: Session, viewer: Viewer, person: int, form: Form, sent: Any, act: Act
) -> Response:
    in_person(viewer)
    made = Sender(request, session, viewer).send(form, sent, act)
    return _person(request, session, viewer, person, made) if isinstance(made, Filled) else made


def _shown(request: Request, session: Session, viewer: Viewer, made: Response) -> HTMLResponse:
    """The first password; where the form came a second time, that it was shown before."""
    content = {"crumbs": [HOME, LIST], "made": told(made)}
    return administration_page(request, session, viewer, "first_password", content)


def _list(request: Request, session: Session, viewer: Viewer, filled: Filled | None = None) -> HTMLResponse:
    content = {
        "people": api.get_people(request, session, viewer).data,
        "form": filled or Filled(NEW.name),
        "errors": filled.summary if filled else {},
    }
    return administration_page(request, session, viewer, "people", content | _choices(request, session, viewer))


def _choices(request: Request, session: Session, viewer: Viewer) -> dict[str, Any]:
    places = find_places(request, session, viewer, Right.MANAGE_PEOPLE)
    return {
        "places": places,
        "roles": [(str(role), words) for role, words in ROLES.items()],
        "everywhere": viewer.may_everywhere(Right.MANAGE_PEOPLE),
    }


def _person(
    request: Request, session: Session, viewer: Viewer, person: int, filled: Filled | None = None
) -> HTMLResponse:
    found = _find(request, session, viewer, person)
    content = {
        "crumbs": [HOME, LIST],
        "person": found,
        "own": person == viewer.person_id,
        "form": lambda name: filled if filled and filled.name == name else Filled(name),
        "errors": filled.summary if filled else {},
    }
    return administration_page(request, session, viewer, "person", content | _choices(request, session, viewer))


def _find(request: Request, session: Session, viewer: Viewer, person: int) -> KnownPerson:
    for each in api.get_people(request, session, viewer).data:
        if each.person == person:
            return each
    raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is nobody of the number {person} here."))
