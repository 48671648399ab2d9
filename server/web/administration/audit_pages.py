"""The routes of the audit log's page: who changed what, newest first, and whether the log is what it was."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.audit_log import Wanted
from server.accounts.audit_names import find_row_names
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api import audit_log as api
from server.api.access import needs
from server.api.improving import PAGE_MAX, PAGING, AskedPage, Paged, zone_of
from server.api.parameters import only
from server.api.reference import PREFIX
from server.api.sessions import OpenSession, WritingSession
from server.web.administration.audit_words import NOUNS, tell
from server.web.administration.forms import NOT_A_DAY, NoFields, in_words
from server.web.administration.page import administration_page
from server.web.improving.forms import Filled, Form, Sender, Sent, go_on

router = APIRouter(include_in_schema=False)
SeesLog = Annotated[Viewer, needs(Right.SEE_AUDIT_LOG)]
PATH = "/administration/audit-log"
FILTERS = ("actor", "table", "from", "to")
VERIFY = Form("verify", NoFields, ())


@router.get("/administration/audit-log", dependencies=[only(*FILTERS, *PAGING)])
def get_audit_log(request: Request, viewer: SeesLog, session: OpenSession, page: Paged) -> HTMLResponse:
    """What the address asks for: `actor`, `table`, `from` and `to`, page by page."""
    return _page(request, session, viewer, page)


@router.post("/administration/audit-log/verify")
def post_verify(
    request: Request, viewer: SeesLog, session: OpenSession, writing: WritingSession, sent: Sent
) -> Response:
    """Recompute the whole chain now."""

    def act(_body: Any, _once: Any) -> Response:
        with in_words():
            api.post_verification(request, viewer, session, writing)
        return go_on(f"{PATH}#verified")

    made = Sender(request, writing, viewer).send(VERIFY, sent, act)
    first = AskedPage(None, PAGE_MAX)
    return _page(request, session, viewer, first, made) if isinstance(made, Filled) else made


def _page(
    request: Request, session: Session, viewer: Viewer, page: AskedPage, pressed: Filled | None = None
) -> HTMLResponse:
    given = {name: value for name in FILTERS if (value := request.query_params.get(name, "").strip())}
    days, errors = _days(given)
    wanted = Wanted()
    if not errors:
        wanted = api.wanted_entries(session, viewer, None, given.get("table"), given.get("actor"), **days)
    answer = api.list_audit_log(request, viewer, session, page, wanted)
    entries = [] if errors else answer.data  # never others than were asked for
    zone = zone_of(session, viewer)
    names = find_row_names(session, viewer.organisation_id, entries)
    content = {
        "log": answer,
        "told": [tell(each, names, zone) for each in entries],
        "tables": list(NOUNS.items()),
        "given": given,
        "older": answer.links.next,
        "newest": f"{PATH}?{urlencode(given)}" if page.before else None,
        "download": f"{PREFIX}/audit-log?{urlencode(given | {'limit': str(PAGE_MAX)})}",
        "form": pressed or Filled(VERIFY.name),
        "errors": errors or (pressed.summary if pressed else {}),
        "rows_max": api.ROWS_MAX,
        "not_a_day": NOT_A_DAY,
    }
    return administration_page(request, session, viewer, "audit_log", content)


def _days(given: Mapping[str, str]) -> tuple[dict[str, date | None], dict[str, str]]:
    """The days of the address as the interface takes them, and what is wrong with them by field."""
    days: dict[str, date | None] = {}
    errors = {}
    for name, argument in (("from", "from_"), ("to", "to")):
        try:
            days[argument] = date.fromisoformat(given[name]) if name in given else None
        except ValueError:
            errors[f"filter-{name}"] = NOT_A_DAY
    first, after = days.get("from_"), days.get("to")
    if "table" in given and given["table"] not in NOUNS:
        errors["filter-table"] = "Choose one of these"
    if first and after and first >= after:
        errors["filter-to"] = "This day must be after the first"
    return days, errors
