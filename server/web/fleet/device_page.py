"""The page of one device: how it is, what became of it, what is not where it should be, and what can be done."""

from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.devices import get_device, get_health, seen_device
from server.api.placements import placement_answers
from server.fleet.history import history
from server.fleet.occurrences import occurrences
from server.fleet.organisations import locations, teams
from server.fleet.placements import placements
from server.fleet.roster import Entry
from server.fleet.tables import Organisation
from server.fleet.trouble import trouble
from server.web.fleet.advice import ADVICE
from server.web.fleet.forms import manages, offered
from server.web.fleet.history_words import Places, apart_words, refused_words, sentence
from server.web.fleet.list_page import place_of
from server.web.fleet.page import PATH, fleet_page, of_here
from server.web.improving.forms import Filled
from server.web.improving.names import find_names

STATUSES = 12  # what it said of itself, on one page


def device_page(
    request: Request, session: Session, viewer: Viewer, device: str, form: Filled | None = None
) -> HTMLResponse:
    """Of the device of these eight hex digits. `form`: one that was sent, with what is wrong in it. Raises 404."""
    owner, clockwork = of_here(request, session, viewer)
    entry = seen_device(session, owner, viewer, device, request.app.state.now())
    answer = get_device(request, device, viewer, session)
    choice = offered(request, session, owner, viewer, entry) if manages(viewer, entry) else None
    names = find_names(request, session, viewer)
    where = {place.code: place.name for place in locations(session, owner)}
    filled = {form.name: form} if form else {}
    content: dict[str, Any] = {
        "row": answer.device,
        "items": answer.items,
        "words": answer.words,
        "serial": entry.serial,
        "address": f"{PATH}/{device}",
        "as_of": answer.as_of,
        "names": names,
        "clockwork": clockwork,
        "place": place_of(names, where, answer.device.team, answer.device.location),
        "alerts": occurrences(session, owner, [entry], request.app.state.now()),
        "advice": ADVICE,
        "offered": choice,
        "figures": viewer.may(Right.SEE_FIGURES, entry.team_id) if entry.team_id is not None else False,
        "form": lambda name: filled.get(name) or Filled(name),
        "errors": form.summary if form else {},
        **_said(request, session, viewer, device),
        **_past(session, owner, viewer, entry, clockwork),
    }
    return fleet_page(request, "device", content, HTTPStatus.UNPROCESSABLE_ENTITY if form else HTTPStatus.OK)


def _said(request: Request, session: Session, viewer: Viewer, device: str) -> dict[str, Any]:
    """What it said of itself, as the interface tells it; older ones are behind the interface's own link."""
    health = get_health(request, device, viewer, session, limit=STATUSES)
    older = f"{PATH}/{device}?{health.links.next.partition('?')[2]}#said" if health.links.next else None
    return {"statuses": health.data, "older": older, "newest": "cursor" not in request.query_params}


def _past(session: Session, owner: Organisation, viewer: Viewer, entry: Entry, clockwork: Any) -> dict[str, Any]:
    seen = viewer.teams(Right.SEE_FLEET)
    places = Places(
        {team.team_id: team.name for team, _ in teams(session, owner)},
        {place.location_id: place.name for place in locations(session, owner)},
    )
    rows = placements(session, owner, seen, entry.device_id)
    stays = zip(rows, placement_answers(session, owner, rows), strict=True)
    return {
        "stays": [
            (answer, places.teams[row.placement.team_id], places.locations.get(row.placement.location_id, row.location))
            for row, answer in reversed(list(stays))
        ],
        "history": [
            (step, sentence(step, places, clockwork)) for step in history(session, owner, entry.device_id, seen)
        ],
        "trouble": trouble(session, owner, entry.device_id),
        "apart_words": apart_words,
        "refused_words": refused_words,
    }
