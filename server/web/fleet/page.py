"""A page of the fleet: a template of this package, with the words and tags that all of them use."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from server.accounts.viewer import Viewer
from server.fleet.organisations import organisation_of
from server.fleet.tables import Organisation
from server.web.fleet import saying
from server.web.fleet.saying import Clockwork
from server.web.page import make_page
from server.web.words import count

PATH = "/fleet"
HOME = (PATH, "Fleet")  # the first crumb above every other page


def of_here(request: Request, session: Session, viewer: Viewer) -> tuple[Organisation, Clockwork]:
    """The viewer's organisation, and the time there."""
    owner = organisation_of(session, viewer.organisation_id)
    return owner, Clockwork(request.app.state.now(), owner.timezone)


def fleet_page(request: Request, template: str, content: dict[str, Any], code: int = 200) -> HTMLResponse:
    """The template `fleet/<template>.html.jinja`; it has its entry of the menu."""
    known = {"path": PATH, "crumbs": [HOME], "errors": {}, "say": saying, "count": count, **content}
    return make_page(request, f"fleet/{template}.html.jinja", known, code)
