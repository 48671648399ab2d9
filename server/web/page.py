"""A page: a template with what it shows, and who is signed in at its head."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from server.web.navigation import menu_for


def make_page(request: Request, template: str, content: dict[str, Any], code: int = 200) -> HTMLResponse:
    """The template drawn with this content, to which visitor and menu are added: None where nobody asked who it is.

    Content that every page may give: `path`, its entry of the menu; `crumbs`, (href, text) of the pages above it.
    """
    visitor = getattr(request.state, "viewer", None)
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    known = {"path": None, "crumbs": [], "address": address, "visitor": visitor, "menu": menu_for(visitor), **content}
    text = request.app.state.templates.get_template(template).render(known)
    # Back after signing out, the browser asks again instead of showing what it kept.
    return HTMLResponse(text, code, {"Cache-Control": "private, no-cache, no-store"})
