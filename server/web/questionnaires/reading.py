"""The routes that show questionnaires: all of them, one with its versions, one version with its screens."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api import questionnaires as api
from server.api.questionnaire_shapes import QuestionnaireAnswer
from server.api.sessions import OpenSession
from server.fleet.asked import Asked, asked_on_devices
from server.fleet.assignments import assignments
from server.fleet.organisations import organisation_of
from server.fleet.scope import Scope, Subject, subjects
from server.fleet.subjects import core_questions
from server.web.improving.forms import Filled
from server.web.improving.names import Names, find_names
from server.web.questionnaires.differences import Difference, differences
from server.web.questionnaires.page import HOME, Screen, Sees, local_day, name_of, questionnaire_page
from server.web.questionnaires.pictures import picture
from server.web.questionnaires.places import ORDER, assignable, may_assign, may_see, place_name, scope_word
from server.web.questionnaires.shown import shown
from server.web.questionnaires.toml_file import as_toml

router = APIRouter(include_in_schema=False)
TOML = "application/toml; charset=utf-8"


class Holders(NamedTuple):
    """Devices that are to ask a version, and those of them that have said that they hold it."""

    assigned: list[str]
    reporting: list[str]


class Assigned(NamedTuple):
    """Where a version is asked. `place`: as addresses write it; `mine`: whether the viewer may take it back."""

    version: int
    number: int
    place: str
    name: str
    mine: bool


class Summary(NamedTuple):
    """A questionnaire as it is listed. `questions`: (id, its words, whether it is core) of the newest."""

    found: QuestionnaireAnswer
    name: str
    kind: str
    questions: list[tuple[str, str, bool]]
    holders: Holders


@router.get("/questionnaires")
def get_questionnaires(request: Request, viewer: Sees, session: OpenSession) -> HTMLResponse:
    """All of them."""
    owner = organisation_of(session, viewer.organisation_id)
    now = request.app.state.now()
    asked = asked_on_devices(session, owner, viewer.teams(Right.SEE_FLEET), now)
    core = core_questions(session, owner)
    found = api.get_questionnaires(viewer, session).data
    content = {
        "crumbs": [],
        "questionnaires": [_summary(session, viewer, each, asked, core) for each in found],
        "core": sorted(core),
        "local_day": local_day(session, viewer),
        "may_write": viewer.may_everywhere(Right.MANAGE_FLEET),
    }
    return questionnaire_page(request, "list", content)


@router.get("/questionnaires/{questionnaire}")
def get_questionnaire(request: Request, questionnaire: api.Code, viewer: Sees, session: OpenSession) -> HTMLResponse:
    """One, with its versions and who asks it."""
    return one_page(request, session, viewer, questionnaire)


@router.get("/questionnaires/{questionnaire}/versions/{version}")
def get_version(
    request: Request,
    questionnaire: api.Code,
    version: api.Number,
    viewer: Sees,
    session: OpenSession,
    language: str = "",
) -> HTMLResponse:
    """One version as it was published, each screen as a device draws it."""
    found = api.get_version(questionnaire, version, viewer, session)
    package = bytes(api.get_package(questionnaire, version, viewer, session).body)
    owner = organisation_of(session, viewer.organisation_id)
    here = f"/questionnaires/{questionnaire}/versions/{version}"
    content = {
        "crumbs": [HOME, (f"/questionnaires/{questionnaire}", name_of(questionnaire, session, viewer))],
        "version": found.version,
        "name": found.version.name or questionnaire,
        "shown": shown(found.definition, package, language, core_questions(session, owner)),
        "here": here,
        "screens": f"{here}/screens",
        "local_day": local_day(session, viewer),
    }
    return questionnaire_page(request, "version", content)


@router.get("/questionnaires/{questionnaire}/versions/{version}/screens/{screen}.png")
def get_screen(
    questionnaire: api.Code, version: api.Number, screen: Screen, viewer: Sees, session: OpenSession
) -> Response:
    """One screen of a version, to the pixel."""
    package = bytes(api.get_package(questionnaire, version, viewer, session).body)
    return picture(package, screen)


@router.get("/questionnaires/{questionnaire}/versions/{version}/file")
def get_file(questionnaire: api.Code, version: api.Number, viewer: Sees, session: OpenSession) -> Response:
    """A version as a file to begin another one from."""
    found = api.get_version(questionnaire, version, viewer, session)
    return toml_answer(found.definition, f"{questionnaire}-{version}")


def toml_answer(definition: Mapping[str, Any], name: str) -> Response:
    """The definition as a file of this name."""
    sent = {"Content-Disposition": f'attachment; filename="{name}.toml"'}
    return Response(as_toml(definition), headers=sent, media_type=TOML)


def one_page(
    request: Request, session: Session, viewer: Viewer, questionnaire: str, filled: Filled | None = None
) -> HTMLResponse:
    """`filled`: the form of it that was sent and could not be kept."""
    found = api.get_questionnaire(questionnaire, viewer, session)
    owner, now = organisation_of(session, viewer.organisation_id), request.app.state.now()
    asked = asked_on_devices(session, owner, viewer.teams(Right.SEE_FLEET), now)
    names, known = find_names(request, session, viewer), subjects(session, owner, now)
    content = {
        "found": found,
        "questionnaire": questionnaire,
        "name": name_of(questionnaire, session, viewer),
        "changed": _changed(session, viewer, found),
        "holders": {each.version: _holders(asked, questionnaire, each.version) for each in found.versions},
        "assignments": _assigned(session, viewer, questionnaire, known, names),
        "places": assignable(viewer, known, names),
        "local_day": local_day(session, viewer),
        "may_write": viewer.may_everywhere(Right.MANAGE_FLEET),
        "may_assign": viewer.may(Right.MANAGE_FLEET),
        "filled": filled,
        "errors": filled.summary if filled else {},
        "form": lambda name: filled if filled is not None and filled.name == name else Filled(name),
    }
    return questionnaire_page(request, "one", content, 422 if filled else 200)


def _assigned(
    session: Session, viewer: Viewer, code: str, known: Mapping[Scope, Subject], names: Names
) -> list[Assigned]:
    """The widest place first."""
    owner = organisation_of(session, viewer.organisation_id)
    found = []
    for row in assignments(session, owner):
        scope = Scope(row.scope_kind, row.scope_id)
        subject = known.get(scope)
        if row.code == code and subject is not None and may_see(viewer, subject):
            word = scope_word(scope, subject)
            mine = may_assign(viewer, subject)
            found.append(Assigned(row.version, row.number, word, place_name(word, names), mine))
    return sorted(found, key=lambda each: (ORDER.index(each.place.partition(":")[0]), each.name))


def _changed(session: Session, viewer: Viewer, found: QuestionnaireAnswer) -> dict[int, list[Difference] | None]:
    """By version what differs from the one before; None for the first."""
    before: dict[str, Any] | None = None
    changed: dict[int, list[Difference] | None] = {}
    for each in found.versions:
        definition = api.get_version(found.questionnaire, each.version, viewer, session).definition
        changed[each.version] = None if before is None else differences(before, definition)
        before = definition
    return changed


def _holders(asked: Sequence[Asked], code: str, version: int | None = None) -> Holders:
    mine = [each for each in asked if each.code == code and version in (None, each.version)]
    return Holders([each.serial for each in mine], [each.serial for each in mine if each.reported])


def _summary(
    session: Session, viewer: Viewer, found: QuestionnaireAnswer, asked: Sequence[Asked], core: set[str]
) -> Summary:
    if found.versions:
        newest = found.versions[-1]
        definition = api.get_version(found.questionnaire, newest.version, viewer, session).definition
    else:
        definition = found.draft.definition if found.draft else {}
    original = next(iter(definition.get("languages", [])), "")
    questions = [
        (each["question_id"], each["text"].get(original, each["question_id"]), each["question_id"] in core)
        for each in definition.get("questions", [])
    ]
    return Summary(
        found,
        definition.get("name") or (found.versions[-1].name if found.versions else "") or found.questionnaire,
        found.versions[-1].kind if found.versions else definition.get("kind", "patients"),
        questions,
        _holders(asked, found.questionnaire),
    )
