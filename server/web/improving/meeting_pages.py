"""The routes of team meetings: the sheet to print, and what was discussed on which day."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api import meetings as api
from server.api.access import needs
from server.api.sessions import OpenSession, WritingSession
from server.web.improving.forms import Field, Filled, Form, Sender, Sent, go_on
from server.web.improving.meeting_sheet import concerns_of, sheet

router = APIRouter(include_in_schema=False)
SeesDetail = Annotated[Viewer, needs(Right.SEE_DETAIL)]
Improves = Annotated[Viewer, needs(Right.IMPROVE)]
FIELDS = (
    Field("team"),
    Field("held_on", "The day", missing="Say on which day", needed=True),
    Field("words", "What else was said"),
)


@router.get("/improve/meeting/{team}")
def get_sheet(request: Request, team: str, viewer: SeesDetail, session: OpenSession) -> HTMLResponse:
    """One page for the team's meeting."""
    return sheet(request, session, viewer, team)


@router.post("/improve/meeting/{team}")
def post_meeting(request: Request, team: str, viewer: Improves, session: WritingSession, sent: Sent) -> Response:
    """Record what was discussed: a concern whose box is ticked, or of which something was decided."""

    def act(body: Any, once: Any) -> Response:
        return api.create_meeting(request, body, viewer, session, once)

    ready, fields = sent.values | {"team": team}, [*FIELDS]
    discussed = [
        each.concern
        for each in concerns_of(request, session, viewer, team)
        if ready.get(f"discussed-{each.concern}") or ready.get(f"decision-{each.concern}")
    ]
    for place, number in enumerate(discussed[: api.ITEMS_MAX]):
        ready[f"discussed-{number}"] = str(number)
        fields.append(Field(f"discussed-{number}", "The concern", ("items", place, "concern")))
        fields.append(Field(f"decision-{number}", "What was decided", ("items", place, "decision")))
    done = Sender(request, session, viewer).send(Form("meeting", api.NewMeetingBody, fields), sent, act, ready)
    if isinstance(done, Filled):
        return sheet(request, session, viewer, team, done)
    return go_on(f"{request.url.path}#held")
