"""What programs ask of a device in hand: it becomes what the device should hold, and goes out at its next sync."""

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.viewer import Viewer
from server.api.blame import blaming, conflicting
from server.api.command_shapes import AskedRelease, Command, CommandAnswer, NewSettings
from server.api.device_changes import managed
from server.api.devices import DeviceNumber
from server.api.enrolments import require_whole_fleet
from server.api.idempotency import CreateOnce
from server.api.parameters import only
from server.api.placements import ManagesFleet, follow
from server.api.problems import ProblemError, conflict, in_path
from server.api.reference import PREFIX, refusals
from server.api.sessions import WritingSession
from server.errors import OperatorError
from server.fleet.assignments import assign, unassign
from server.fleet.authorities import as_setting, read_authorities
from server.fleet.device_settings import set_setting, unset_setting
from server.fleet.halting import refuse_failing
from server.fleet.held import held_states
from server.fleet.keys import open_key_ring
from server.fleet.releases import assign_release, withdraw_release
from server.fleet.scope import Scope
from server.fleet.tables import ACTIVE, LOST, SCOPE_DEVICE, Organisation
from server.fleet.texts import add_text, end_text, find_text

router = APIRouter(prefix=PREFIX, tags=["fleet"], responses=refusals(409), dependencies=[only()])


@router.post("/devices/{device}/commands", operation_id="command_device", status_code=202, response_model=CommandAnswer)
def post_command(
    request: Request,
    device: DeviceNumber,
    body: Command,
    viewer: ManagesFleet,
    session: WritingSession,
    once: CreateOnce,
) -> Response:
    """Say what one device should ask, show, run and be set to. It follows at its next sync, and tells what it holds."""

    def make() -> CommandAnswer:
        owner, row = managed(request, session, viewer, device)
        if row.state not in (ACTIVE, LOST):
            raise ProblemError(conflict(in_path("device", f"is {row.state}: it is told nothing.")))
        scope, now = Scope(SCOPE_DEVICE, row.device_id), request.app.state.now()
        _ask(session, owner, scope, body, now)
        if body.settings is not None:
            _set(request, session, viewer, owner, scope, body.settings)
        with conflicting("end_text"):
            if body.end_text is not None:
                find_text(session, owner, body.end_text, scope)
                end_text(session, owner, body.end_text, now)
        with blaming("text"):
            said = body.text and add_text(
                session, owner, scope, body.text.words, now, from_at=body.text.from_at, to_at=body.text.to_at
            )
        follow(request, session, owner)
        return _answer(session, owner, row.device_id, now, said.text_id if said else None)

    return once.create(make, lambda _: f"{PREFIX}/devices/{device}", status=HTTPStatus.ACCEPTED)


def _ask(session: Session, owner: Organisation, scope: Scope, body: Command, now: datetime) -> None:
    """Questionnaires and applications."""
    asked = body.questionnaire
    with conflicting("unassign"):
        if body.unassign is not None:
            unassign(session, owner, scope, body.unassign)
    with conflicting("questionnaire"):
        if asked is not None:
            assign(session, owner, asked.code, scope, now, version=asked.version, number=asked.number)
    with conflicting("withdraw"):
        if body.withdraw is not None:
            withdraw_release(session, owner, scope, body.withdraw)
    with conflicting("release"):
        if body.release is not None:
            _release(session, owner, scope, body.release, now)
    for place, name in enumerate(body.unset):
        with conflicting("unset", place):
            unset_setting(session, owner, scope, name)


def _release(session: Session, owner: Organisation, scope: Scope, asked: AskedRelease, now: datetime) -> None:
    if not asked.despite_failures:
        refuse_failing(session, owner, asked.board, asked.number)
    assign_release(session, owner, scope, asked.board, asked.number, now)


def _set(
    request: Request, session: Session, viewer: Viewer, owner: Organisation, scope: Scope, new: NewSettings
) -> None:
    now, path = request.app.state.now(), request.app.state.settings.key_file
    values = new.model_dump(exclude_none=True)
    if "stages" in values:  # their names are the whole organisation's
        require_whole_fleet(viewer)
    for place, text in enumerate(values.get("ca", [])):
        with blaming("settings", "ca", place):
            found = read_authorities(text.encode(), now)
            if len(found) > 1:
                raise OperatorError("holds several certificates: name each by itself.")
            values["ca"][place] = as_setting(found[0])
    for name, value in values.items():
        with blaming("settings", name):
            set_setting(session, owner, scope, name, value, lambda: open_key_ring(path), now)


def _answer(session: Session, owner: Organisation, device_id: int, now: datetime, text_id: int | None) -> CommandAnswer:
    [state] = held_states(session, owner, device_id)
    return CommandAnswer(
        as_of=now,
        device=f"{device_id:08x}",
        desired_revision=state.revision,
        held_revision=state.held,
        behind=(state.held or 0) < state.revision,
        lacking=state.lacking,
        words=state.words,
        text=text_id,
    )
