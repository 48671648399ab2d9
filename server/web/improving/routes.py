"""The routes of the pages of improvement."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.sessions import OpenSession
from server.web.improving import (
    audit_pages,
    concern_pages,
    meeting_pages,
    plan_pages,
    public_pages,
    recognition_pages,
    you_said_pages,
)
from server.web.improving.front import front
from server.web.improving.page import improving_page

router = APIRouter(include_in_schema=False)
Sees = Annotated[Viewer, needs(Right.SEE_FIGURES)]


@router.get("/improve")
def get_front(request: Request, viewer: Sees, session: OpenSession) -> HTMLResponse:
    """What needs attention, who looks after it, what is late."""
    return improving_page(request, "front", front(request, session, viewer) | {"crumbs": []})


for pages in (
    concern_pages,
    plan_pages,
    audit_pages,
    meeting_pages,
    recognition_pages,
    you_said_pages,
    public_pages,
):
    router.include_router(pages.router)
