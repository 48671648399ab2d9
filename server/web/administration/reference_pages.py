"""The route of the interface's documentation: drawn here, from the description that the interface gives of itself."""

from http import HTTPStatus

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from server.api.access import find_viewer, public
from server.api.parameters import only
from server.api.problems import ProblemError, in_query, unknown_name
from server.api.reference import PREFIX
from server.web.administration.reference import parts
from server.web.page import make_page

router = APIRouter(include_in_schema=False)


@router.get("/api", dependencies=[public, Depends(find_viewer), only("part")])
def get_reference(request: Request, part: str = "") -> HTMLResponse:
    """All routes by part; with `part`, those of one part in full."""
    scheme = "https" if request.app.state.settings.web_is_encrypted else "http"
    site = f"{scheme}://{request.headers['host']}"
    known = parts(request.app, site)
    chosen = next((each for each in known if each.tag == part), None)
    if part and chosen is None:
        raise ProblemError(unknown_name(in_query("part", f"is one of {', '.join(each.tag for each in known)}.")))
    content = {
        "parts": known,
        "chosen": chosen,
        "site": site,
        "prefix": PREFIX,
        "document": f"{PREFIX}/openapi.json",
        "crumbs": [("/api", "Interface for programs")] if chosen else [],
    }
    return make_page(request, "administration/reference.html.jinja", content, HTTPStatus.OK)
