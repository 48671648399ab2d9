"""A page of improvement: a template of this package, with the words and tags that all of them use."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from server.web.improving import tags
from server.web.improving.finding_words import level_tag
from server.web.page import make_page
from server.web.words import day

WORDS = {
    "day": day,
    "level_tag": level_tag,
    "concern_tag": tags.concern_tag,
    "action_tag": tags.action_tag,
    "step_tag": tags.step_tag,
    "audit_tag": tags.audit_tag,
    "text_tag": tags.text_tag,
}
HOME = ("/improve", "Improve")  # the first crumb above every other page


def improving_page(request: Request, template: str, content: dict[str, Any], code: int = 200) -> HTMLResponse:
    """The template `improving/<template>.html.jinja`; it has its entry of the menu."""
    known = {"path": "/improve", "crumbs": [HOME], "errors": {}, **WORDS, **content}
    return make_page(request, f"improving/{template}.html.jinja", known, code)
