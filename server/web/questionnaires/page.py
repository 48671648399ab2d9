"""A page of questionnaires: a template of this package, with the words that all of them use."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.improving import zone_of
from server.api.questionnaires import get_questionnaire
from server.web.page import make_page
from server.web.questionnaires.wording import language_name
from server.web.words import count, day

HOME = ("/questionnaires", "Questionnaires")  # the first crumb above every other page
LANGUAGES_SHOWN = 12
Sees = Annotated[Viewer, needs(Right.SEE_FLEET)]
Writes = Annotated[Viewer, needs(Right.MANAGE_FLEET)]
Screen = Annotated[int, Path(ge=0, le=9999)]


def questionnaire_page(request: Request, template: str, content: Mapping[str, Any], code: int = 200) -> HTMLResponse:
    """The template `questionnaires/<template>.html.jinja`; it has its entry of the menu."""
    words = {"day": day, "count": count, "language_name": language_name}
    known = {"path": "/questionnaires", "crumbs": [HOME], "errors": {}, **words, **content}
    return make_page(request, f"questionnaires/{template}.html.jinja", known, code)


def local_day(session: Session, viewer: Viewer) -> Any:
    """How a page says an instant: the organisation's day."""
    zone: ZoneInfo = zone_of(session, viewer)

    def said(instant: datetime) -> str:
        return day(instant.astimezone(zone).date())

    return said


def name_of(questionnaire: str, session: Session, viewer: Viewer) -> str:
    """What people call it. Raises ProblemError 404."""
    found = get_questionnaire(questionnaire, viewer, session)
    if found.versions:
        return found.versions[-1].name or questionnaire
    return str(found.draft.definition.get("name", questionnaire)) if found.draft else questionnaire
