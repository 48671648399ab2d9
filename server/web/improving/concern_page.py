"""What the page of one concern shows, whichever of its forms was just sent."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.concerns import WholeConcern, get_concern
from server.api.improving import problems, today_of
from server.improvement.concerns import find_concern, where_of
from server.improvement.places import may
from server.improvement.status import ACTION_MOVES, DONE, DROPPED, PLANNED, UNDER_WAY
from server.improvement.tables import EVIDENCE_KINDS
from server.web.improving.effect_panel import panels, picture, recent, span_words
from server.web.improving.forms import Filled
from server.web.improving.names import find_names, until
from server.web.improving.page import HOME, improving_page

MOVES = {
    (PLANNED, UNDER_WAY): "Start it",
    (PLANNED, DROPPED): "Drop it",
    (UNDER_WAY, DONE): "It is done",
    (UNDER_WAY, DROPPED): "Drop it",
    (DONE, UNDER_WAY): "Take it up again",
    (DROPPED, PLANNED): "Plan it again",
}


def concern_page(
    request: Request, session: Session, viewer: Viewer, number: int, filled: Filled | None = None
) -> HTMLResponse:
    """The concern with all that belongs to it. `filled`: the form that was sent and could not be kept."""
    concern = get_concern(request, number, viewer, session)
    return improving_page(
        request,
        "concern",
        _content(request, session, viewer, concern) | form_content(filled),
        422 if filled else 200,
    )


def form_content(filled: Filled | None) -> dict[str, Any]:
    """What a template with several forms needs: each as it is, the one that was sent as it was typed."""
    return {"form": form_finder(filled), "errors": filled.summary if filled else {}}


def form_finder(filled: Filled | None) -> Callable[[str], Filled]:
    """The form of a name."""
    return lambda name: filled if filled is not None and filled.name == name else Filled(name)


def _content(request: Request, session: Session, viewer: Viewer, concern: WholeConcern) -> dict[str, Any]:
    today = today_of(request, session, viewer)
    with problems():
        where = where_of(find_concern(session, viewer, concern.concern))
    inside = may(session, viewer, Right.SEE_DETAIL, where)
    began = panels(request, session, viewer, concern, inside=inside)
    alone = None
    if not began:
        alone = picture(request, session, viewer, concern, "recent", recent(today, inside=inside))
    names = find_names(request, session, viewer)
    return {
        "crumbs": [HOME],
        "concern": concern,
        "place": names.place(concern.team, concern.service),
        "subject": names.subject(concern.question, concern.topic),
        "panels": began,
        "alone": alone,
        "today": today,
        "until": lambda step: until(step.due_on, today),
        "moves": lambda action: [(to, MOVES[action.status, to]) for to in ACTION_MOVES[action.status]],
        "kinds": [(kind, kind.capitalize()) for kind in EVIDENCE_KINDS],
        "may_improve": may(session, viewer, Right.IMPROVE, where),
        "span_words": span_words,
    }
