"""What a device becomes: lost, reinstated, revoked, retired. The gravest steps ask for its serial."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.device_changes import managed, patch_device
from server.api.devices import DeviceNumber
from server.api.sessions import WritingSession
from server.fleet.tables import ACTIVE, REVOKED
from server.web.fleet.device_page import device_page
from server.web.fleet.forms import STATE
from server.web.fleet.page import PATH
from server.web.improving.forms import KEY, Filled, Sender, Sent, go_on

router = APIRouter(include_in_schema=False)
OTHER_SERIAL = "Type the serial as it is printed on the handheld: {}"


@router.post("/fleet/{device}/state")
def post_state(
    request: Request,
    device: DeviceNumber,
    viewer: Annotated[Viewer, needs(Right.MANAGE_FLEET)],
    session: WritingSession,
    sent: Sent,
) -> Response:
    """From now on it is that. Pressed twice, it is that all the same."""
    _, row = managed(request, session, viewer, device)
    state, back = sent.values.get("state", ""), f"{PATH}/{device}#state"
    if row.state == state:
        return go_on(back)
    form = STATE.get(state, STATE[ACTIVE])
    if needs_serial(row.state, state) and sent.values.get("serial") != row.serial:
        errors = {"serial": OTHER_SERIAL.format(row.serial)}
        filled = Filled(form.name, sent.values, errors, sent.values.get(KEY, ""))
        return device_page(request, session, viewer, device, filled)

    def act(body: Any, _: Any) -> Response:
        patch_device(request, device, body, viewer, session)
        return go_on(back)

    done = Sender(request, session, viewer).send(form, sent, act)
    return device_page(request, session, viewer, device, done) if isinstance(done, Filled) else done


def needs_serial(before: str, after: str) -> bool:
    """To revoke a device, and to trust one again that was revoked."""
    return after == REVOKED or (before == REVOKED and after == ACTIVE)
