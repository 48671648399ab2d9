"""The routes of the pages of the fleet."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.sessions import OpenSession
from server.web.fleet import device_pages, state_pages
from server.web.fleet.list_page import fleet_list
from server.web.fleet.page import fleet_page
from server.web.fleet.roll_out_page import roll_out

router = APIRouter(include_in_schema=False)
SeesFleet = Annotated[Viewer, needs(Right.SEE_FLEET)]


@router.get("/fleet")
def get_fleet(request: Request, viewer: SeesFleet, session: OpenSession) -> HTMLResponse:
    """All devices that the viewer looks after, and what is to be seen to."""
    return fleet_page(request, "list", fleet_list(request, session, viewer))


@router.get("/fleet/roll-out")
def get_roll_out(request: Request, viewer: SeesFleet, session: OpenSession) -> HTMLResponse:
    """How far new applications have come."""
    return fleet_page(request, "roll_out", roll_out(request, session, viewer))


for pages in (state_pages, device_pages):
    router.include_router(pages.router)
