"""The routes that let devices ask something: publish a draft, have a version asked somewhere, take that back."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api import questionnaires as api
from server.api.blame import conflicting
from server.api.idempotency import REPLAYED
from server.api.improving import Body
from server.api.placements import follow
from server.api.problems import ProblemError, make_problem
from server.api.questionnaire_shapes import Publication
from server.api.sessions import OpenSession, WritingSession
from server.fleet.asked import Change, changes
from server.fleet.assignments import assign, assignments, find_version, number_for, unassign
from server.fleet.definition import check_definition
from server.fleet.organisations import organisation_of
from server.fleet.questionnaires import lacking_core
from server.fleet.scope import Scope, Subject, subjects
from server.fleet.tables import SCOPE_DEVICE, Organisation
from server.web.improving.forms import Field, Filled, Form, Sender, Sent, go_on, number_of
from server.web.improving.names import find_names
from server.web.questionnaires.differences import differences
from server.web.questionnaires.drafting import crumbs, draft_of
from server.web.questionnaires.page import HOME, Writes, name_of, questionnaire_page
from server.web.questionnaires.places import may_assign, may_see, place_name, scope_word
from server.web.questionnaires.reading import one_page
from server.web.questionnaires.wording import language_name

router = APIRouter(include_in_schema=False)
PUBLISH = Form("publish", Publication, (Field("revision"),))
HERE_AND_NOW = "follow"  # the field that says whether devices are to ask it at once
NO_DEVICE = "Choose where, or write the serial of one device"


class Place(NamedTuple):
    """Where something is assigned, or is to be."""

    scope: Scope
    word: str
    number: int


@router.get("/questionnaires/{questionnaire}/draft/publish")
def get_publication(request: Request, questionnaire: api.Code, viewer: Writes, session: OpenSession) -> HTMLResponse:
    """What would be published, what it would change, and for which devices."""
    return _publication(request, session, viewer, questionnaire)


@router.post("/questionnaires/{questionnaire}/draft/publish")
def post_publication(
    request: Request, questionnaire: api.Code, viewer: Writes, session: WritingSession, sent: Sent
) -> Response:
    """Publish it; sent twice, there is one version."""
    there = f"/questionnaires/{questionnaire}"
    owner = organisation_of(session, viewer.organisation_id)
    at_once = sent.values.get(HERE_AND_NOW) == "yes"

    def act(body: Any, once: Any) -> Response:
        made = api.publish_questionnaire(request, questionnaire, body, viewer, session, once)
        if at_once and REPLAYED not in made.headers:
            _assign_all(request, session, owner, questionnaire, number_of(made, "version"))
        return go_on(f"{there}#versions")

    done = Sender(request, session, viewer).send(PUBLISH, sent, act)
    return _publication(request, session, viewer, questionnaire, done) if isinstance(done, Filled) else done


@router.get("/questionnaires/{questionnaire}/assign")
def get_assignment(
    request: Request,
    questionnaire: api.Code,
    viewer: Writes,
    session: OpenSession,
    version: str = "",
    place: str = "",
    serial: str = "",
) -> HTMLResponse:
    """Which devices would ask something else."""
    typed = {"version": version, "place": place, "serial": serial}
    asked = place or (f"{SCOPE_DEVICE}:{serial.strip()}" if serial.strip() else "")
    if not asked:
        return one_page(request, session, viewer, questionnaire, Filled("assign", typed, {"place": NO_DEVICE}))
    try:
        scope, name = _where(request, session, viewer, asked)
    except ProblemError as error:
        wrong = Filled("assign", typed, {"place" if place else "serial": error.problem.detail})
        return one_page(request, session, viewer, questionnaire, wrong)
    return _assignment(request, session, viewer, questionnaire, version, scope, asked, name)


@router.post("/questionnaires/{questionnaire}/assign")
def post_assignment(
    request: Request, questionnaire: api.Code, viewer: Writes, session: WritingSession, sent: Sent
) -> Response:
    """Have a version asked; devices get it at their next sync. Said twice, it is as said once."""
    version, asked = _number(sent.values.get("version", "")), sent.values.get("place", "")
    scope, name = _where(request, session, viewer, asked)
    owner = organisation_of(session, viewer.organisation_id)

    def act(_: Any, __: Any) -> Response:
        api.get_version(questionnaire, version, viewer, session)
        with conflicting():
            assign(session, owner, questionnaire, scope, request.app.state.now(), version=version)
        follow(request, session, owner)
        return go_on(f"/questionnaires/{questionnaire}#asked")

    done = Sender(request, session, viewer).send(Form("assign", Body, ()), sent, act)
    if isinstance(done, Filled):
        return _assignment(request, session, viewer, questionnaire, str(version), scope, asked, name, done)
    return done


@router.post("/questionnaires/{questionnaire}/unassign")
def post_end(
    request: Request, questionnaire: api.Code, viewer: Writes, session: WritingSession, sent: Sent
) -> Response:
    """Take it back: what is assigned more widely holds again."""
    scope, _ = _where(request, session, viewer, sent.values.get("place", ""))
    owner = organisation_of(session, viewer.organisation_id)

    def act(_: Any, __: Any) -> Response:
        mine = [each for each in _places(request, session, owner, questionnaire) if each.scope == scope]
        if str(next((each.number for each in mine), "")) != sent.values.get("number"):
            raise ProblemError(make_problem(HTTPStatus.CONFLICT, "It is asked there no more."))
        with conflicting():
            unassign(session, owner, scope, mine[0].number)
        follow(request, session, owner)
        return go_on(f"/questionnaires/{questionnaire}#asked")

    done = Sender(request, session, viewer).send(Form("unassign", Body, ()), sent, act)
    return one_page(request, session, viewer, questionnaire, done) if isinstance(done, Filled) else done


def _publication(
    request: Request, session: Session, viewer: Viewer, questionnaire: str, filled: Filled | None = None
) -> HTMLResponse:
    draft = draft_of(session, viewer, questionnaire)
    owner, now = organisation_of(session, viewer.organisation_id), request.app.state.now()
    versions = api.get_questionnaire(questionnaire, viewer, session).versions
    last = api.get_version(questionnaire, versions[-1].version, viewer, session) if versions else None
    number = versions[-1].version + 1 if versions else 1
    places = _places(request, session, owner, questionnaire)
    checked = check_definition(draft.definition)
    changed = changes(session, owner, (questionnaire, number), [(each.scope, each.number) for each in places], now)
    names = find_names(request, session, viewer)
    content = {
        "crumbs": crumbs(session, viewer, questionnaire, "publish"),
        "draft": draft,
        "number": number,
        "first": last is None,
        "differences": differences(last.definition, draft.definition) if last else [],
        "unchecked": [language_name(code) for code in checked.unchecked()],
        "lacking": lacking_core(session, owner, checked),
        "places": [place_name(each.word, names) for each in places],
        "changed": _told(changed, names.teams),
        "form": filled or Filled("publish"),
        "errors": filled.summary if filled else {},
    }
    return questionnaire_page(request, "publish", content, 422 if filled else 200)


def _assignment(
    request: Request,
    session: Session,
    viewer: Viewer,
    questionnaire: str,
    version: str,
    scope: Scope,
    word: str,
    place: str,
    filled: Filled | None = None,
) -> HTMLResponse:
    owner, now = organisation_of(session, viewer.organisation_id), request.app.state.now()
    found = api.get_version(questionnaire, _number(version), viewer, session).version
    row = find_version(session, owner, questionnaire, found.version)
    with conflicting():
        number = number_for(session, owner, row)
    changed = changes(session, owner, (questionnaire, found.version), [(scope, number)], now)
    name = name_of(questionnaire, session, viewer)
    content = {
        "crumbs": [HOME, (f"/questionnaires/{questionnaire}", name)],
        "questionnaire": questionnaire,
        "name": name,
        "version": found,
        "word": word,
        "place": place,
        "changed": _told(changed, find_names(request, session, viewer).teams),
        "form": filled or Filled("assign"),
        "errors": filled.summary if filled else {},
    }
    return questionnaire_page(request, "assign", content, 422 if filled else 200)


def _told(changed: Sequence[Change], teams: Any) -> list[tuple[str, str, str]]:
    """(serial, team, what it asks now) of each device."""
    return [
        (
            each.serial,
            teams.get(each.team, each.team or "nowhere"),
            f"{each.before[0]}, version {each.before[1]}" if each.before else "nothing",
        )
        for each in changed
    ]


def _number(version: str) -> int:
    """Raises ProblemError 404."""
    if version.isdecimal() and version.isascii() and 0 < len(version) < 10 and int(version):
        return int(version)
    raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, "There is no such version."))


def _where(request: Request, session: Session, viewer: Viewer, word: str) -> tuple[Scope, str]:
    """The place and its name. What the viewer does not see is not there (404); what they do not manage: 403."""
    owner = organisation_of(session, viewer.organisation_id)
    known = subjects(session, owner, request.app.state.now())
    found: tuple[Scope, Subject] | None = next(
        (each for each in known.items() if scope_word(*each) == word and may_see(viewer, each[1])), None
    )
    if found is None:
        code = word.partition(":")[2] or word
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is no {code} here."))
    if not may_assign(viewer, found[1]):
        detail = f"Your account has no right to {Right.MANAGE_FLEET} there."
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, detail))
    return found[0], place_name(word, find_names(request, session, viewer))


def _places(request: Request, session: Session, owner: Organisation, code: str) -> list[Place]:
    """Everywhere that some version of it is asked."""
    known = subjects(session, owner, request.app.state.now())
    found = []
    for row in assignments(session, owner):
        scope = Scope(row.scope_kind, row.scope_id)
        if row.code == code and scope in known:
            found.append(Place(scope, scope_word(scope, known[scope]), row.number))
    return found


def _assign_all(request: Request, session: Session, owner: Organisation, code: str, version: int) -> None:
    """This version wherever another one is asked."""
    for each in _places(request, session, owner, code):
        with conflicting():
            assign(session, owner, code, each.scope, request.app.state.now(), version=version, number=each.number)
    follow(request, session, owner)
