"""The routes of a device's page: itself, the address on its label, where it goes, and what it is told."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from protocol.topics import device_name
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.alerts import DEVICE_DIGITS, AlertWord, post_ack
from server.api.commands import post_command
from server.api.device_changes import managed, post_move
from server.api.devices import DeviceNumber, seen_device
from server.api.idempotency import Once
from server.api.placements import create_placement
from server.api.problems import ProblemError, make_problem
from server.api.sessions import OpenSession, WritingSession
from server.errors import OperatorError
from server.fleet.devices import find_device
from server.fleet.organisations import organisation_of
from server.fleet.releases import board_of
from server.web.fleet.device_page import device_page
from server.web.fleet.forms import INTERVAL_FORM, MOVE, PLACE, RELEASE, interval_values, own_release, release_values
from server.web.fleet.page import PATH, of_here
from server.web.improving.forms import KEY, Filled, Form, Sender, Sent, go_on
from server.web.sign_in import inside

router = APIRouter(include_in_schema=False)
SeesFleet = Annotated[Viewer, needs(Right.SEE_FLEET)]
ManagesFleet = Annotated[Viewer, needs(Right.MANAGE_FLEET)]


@router.get("/d/{serial:path}")
def get_label(serial: str, request: Request, viewer: SeesFleet, session: OpenSession) -> Response:
    """Where the code on a handheld's label leads: its page."""
    return go_on(f"{PATH}/{_number(request, session, viewer, serial)}")


@router.get("/fleet/{device:path}")
def get_device(device: str, request: Request, viewer: SeesFleet, session: OpenSession) -> Response:
    """One device; by its serial too."""
    number = _number(request, session, viewer, device)
    return device_page(request, session, viewer, number) if device == number else go_on(f"{PATH}/{number}")


@router.post("/fleet/alerts/{alert}")
def post_known(request: Request, alert: AlertWord, viewer: SeesFleet, session: WritingSession, sent: Sent) -> Response:
    """Somebody knows of it. One that is over by now needs nobody to."""
    owner, now = organisation_of(session, viewer.organisation_id), request.app.state.now()
    seen_device(session, owner, viewer, alert[:DEVICE_DIGITS], now)
    try:
        post_ack(request, alert, viewer, session, Once(session, None, b"", now))
    except ProblemError as error:
        if error.problem.status != HTTPStatus.NOT_FOUND:
            raise
    back = inside(sent.values.get("back", PATH))
    return go_on(back if back.startswith(PATH) else PATH)


@router.post("/fleet/{device}/moves")
def post_stay(
    request: Request, device: DeviceNumber, viewer: ManagesFleet, session: WritingSession, sent: Sent
) -> Response:
    """Place it, move it, lend it."""
    owner, clockwork = of_here(request, session, viewer)
    stands = seen_device(session, owner, viewer, device, clockwork.now).team_id is not None
    given = {"from_at": clockwork.now.isoformat(), **{name: value for name, value in sent.values.items() if value}}
    ready = given | {"device": device}
    for name in ("from_at", "until_at"):
        if given.get(name):
            ready[name] = clockwork.read(given[name])

    def act(body: Any, once: Once) -> Response:
        if stands:
            post_move(request, device, body, viewer, session, once)
        else:
            create_placement(request, body, viewer, session, once)
        return go_on(f"{PATH}/{device}#placements")

    done = Sender(request, session, viewer).send(MOVE if stands else PLACE, sent, act, ready)
    return _answer(request, session, viewer, device, done)


@router.post("/fleet/{device}/settings")
def post_settings(
    request: Request, device: DeviceNumber, viewer: ManagesFleet, session: WritingSession, sent: Sent
) -> Response:
    """How often it calls."""
    managed(request, session, viewer, device)
    done = _command(request, device, viewer, session, (INTERVAL_FORM, sent, interval_values(sent.values)))
    return _answer(request, session, viewer, device, done)


@router.post("/fleet/{device}/release")
def post_release(
    request: Request, device: DeviceNumber, viewer: ManagesFleet, session: WritingSession, sent: Sent
) -> Response:
    """Which application it is to run before others do; or none of its own."""
    owner, _ = managed(request, session, viewer, device)
    entry = seen_device(session, owner, viewer, device, request.app.state.now())
    if not sent.values.get("number") and not own_release(session, owner, entry):
        errors = {"number": "Choose an application"}
        filled = Filled(RELEASE.name, sent.values, errors, sent.values.get(KEY, ""))
        return _answer(request, session, viewer, device, filled)
    board = board_of(entry.said.base) if entry.said else ""
    done = _command(request, device, viewer, session, (RELEASE, sent, release_values(sent.values, board)))
    return _answer(request, session, viewer, device, done)


def _command(
    request: Request, device: str, viewer: Viewer, session: Session, came: tuple[Form, Any, dict[str, str]]
) -> Response | Filled:
    form, sent, ready = came

    def act(body: Any, once: Once) -> Response:
        post_command(request, device, body, viewer, session, once)
        return go_on(f"{PATH}/{device}#holds")

    return Sender(request, session, viewer).send(form, sent, act, ready)


def _answer(
    request: Request, session: Session, viewer: Viewer, device: str, done: Response | Filled
) -> Response | HTMLResponse:
    return device_page(request, session, viewer, device, done) if isinstance(done, Filled) else done


def _number(request: Request, session: Session, viewer: Viewer, word: str) -> str:
    """The eight hex digits of the device of this serial or number, if the viewer looks after it. Raises 404."""
    owner = organisation_of(session, viewer.organisation_id)
    try:
        number = device_name(find_device(session, owner, word).device_id)
        seen_device(session, owner, viewer, number, request.app.state.now())
    except (OperatorError, ProblemError):
        detail = f"There is no handheld {word} here."
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, detail)) from None
    return number
