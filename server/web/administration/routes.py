"""The routes of administration: its front page and the accessibility statement; others have modules of their own."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from server.api.access import SignedIn, find_viewer, public
from server.api.sessions import OpenSession
from server.web.administration import audit_pages, people_pages, reference_pages, share_pages, token_pages
from server.web.administration.front import front
from server.web.administration.page import administration_page
from server.web.page import make_page

router = APIRouter(include_in_schema=False)


@router.get("/administration")
def get_front(request: Request, viewer: SignedIn, session: OpenSession) -> HTMLResponse:
    """What the viewer may do here, and what needs attention."""
    content = front(request, session, viewer) | {"crumbs": []}
    return administration_page(request, session, viewer, "front", content)


@router.get("/accessibility", dependencies=[public, Depends(find_viewer)])  # who is signed in keeps their menu
def get_accessibility(request: Request) -> HTMLResponse:
    """How accessible the pages are, how that is known, and what is not known."""
    return make_page(request, "administration/accessibility.html.jinja", {})


for pages in (people_pages, token_pages, share_pages, audit_pages, reference_pages):
    router.include_router(pages.router)
