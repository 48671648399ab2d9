"""Questionnaires for programs: drafts that are written, versions that never change once published, packages."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.access import needs
from server.api.blame import conflicting, looking_for
from server.api.devices import SeesFleet
from server.api.idempotency import CreateOnce
from server.api.parameters import only
from server.api.problems import ProblemError, conflict, in_body, make_problem, wrong_fields
from server.api.questionnaire_shapes import (
    VERSION_MAX,
    ChangedDraft,
    DraftAnswer,
    NewDraft,
    Publication,
    PublishedAnswer,
    QuestionnaireAnswer,
    QuestionnairesAnswer,
    VersionAnswer,
)
from server.api.reference import PREFIX, refusals
from server.api.sessions import OpenSession, WritingSession
from server.fleet.assignments import find_version
from server.fleet.definition import DefinitionError
from server.fleet.drafts import QuestionnaireDraft, drafts, find_draft, publish_draft, write_draft
from server.fleet.organisations import organisation_of
from server.fleet.questionnaires import VersionRow, published_versions
from server.fleet.tables import Organisation, QuestionnaireVersion

OCTETS = "application/octet-stream"

router = APIRouter(prefix=PREFIX, tags=["questionnaires"], responses=refusals())

Writes = Annotated[Viewer, needs(Right.MANAGE_FLEET)]
Code = Annotated[str, Path(pattern="^[a-z][a-z0-9-]{0,31}$", description="as in its definition")]
Number = Annotated[int, Path(ge=1, le=VERSION_MAX)]


@router.get("/questionnaires", operation_id="list_questionnaires", dependencies=[only()])
def get_questionnaires(viewer: SeesFleet, session: OpenSession) -> QuestionnairesAnswer:
    """Every questionnaire, with its versions and draft."""
    return QuestionnairesAnswer(data=_all(session, organisation_of(session, viewer.organisation_id)))


@router.get("/questionnaires/{questionnaire}", operation_id="get_questionnaire", dependencies=[only()])
def get_questionnaire(questionnaire: Code, viewer: SeesFleet, session: OpenSession) -> QuestionnaireAnswer:
    """One questionnaire, with its versions and draft."""
    for each in _all(session, organisation_of(session, viewer.organisation_id)):
        if each.questionnaire == questionnaire:
            return each
    raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is no questionnaire {questionnaire} here."))


@router.get(
    "/questionnaires/{questionnaire}/versions/{version}",
    operation_id="get_questionnaire_version",
    dependencies=[only()],
)
def get_version(questionnaire: Code, version: Number, viewer: SeesFleet, session: OpenSession) -> PublishedAnswer:
    """One published version: its definition, exactly as it was published."""
    owner = organisation_of(session, viewer.organisation_id)
    with looking_for("version"):
        found = find_version(session, owner, questionnaire, version)
    return PublishedAnswer(version=_of(found), definition=found.definition)


@router.get(
    "/questionnaires/{questionnaire}/versions/{version}/package",
    operation_id="get_questionnaire_package",
    response_class=Response,
    responses={
        200: {"description": "The package", "content": {OCTETS: {"schema": {"type": "string", "format": "binary"}}}}
    },
    dependencies=[only()],
)
def get_package(questionnaire: Code, version: Number, viewer: SeesFleet, session: OpenSession) -> Response:
    """The package of a version, byte for byte what devices hold."""
    owner = organisation_of(session, viewer.organisation_id)
    with looking_for("version"):
        found = find_version(session, owner, questionnaire, version)
    name = f'attachment; filename="{questionnaire}-{version}.pkg"'
    return Response(found.package, media_type=OCTETS, headers={"Content-Disposition": name})


@router.post(
    "/questionnaires",
    operation_id="create_questionnaire",
    status_code=201,
    response_model=DraftAnswer,
    responses=refusals(409),
    dependencies=[only()],
)
def create_questionnaire(
    request: Request, body: NewDraft, viewer: Writes, session: WritingSession, once: CreateOnce
) -> Response:
    """Begin a draft. What devices could not show is refused, one problem a finding."""
    _everywhere(viewer)
    now = request.app.state.now()
    owner = organisation_of(session, viewer.organisation_id)

    def make() -> DraftAnswer:
        with conflicting("definition"), _definition_at("definition"):
            return _draft(write_draft(session, owner, body.definition, viewer.actor, now))

    return once.create(make, lambda made: f"{PREFIX}/questionnaires/{made.questionnaire}")


@router.put(
    "/questionnaires/{questionnaire}",
    operation_id="change_questionnaire",
    responses=refusals(409),
    dependencies=[only()],
)
def change_questionnaire(
    request: Request, questionnaire: Code, body: ChangedDraft, viewer: Writes, session: WritingSession
) -> DraftAnswer:
    """Replace the draft; refused where somebody else has changed it since."""
    _everywhere(viewer)
    owner = organisation_of(session, viewer.organisation_id)
    _draft_of(session, owner, questionnaire)
    if body.definition.get("code") != questionnaire:
        detail = f"is not {questionnaire}: a questionnaire keeps its code."
        raise ProblemError(wrong_fields(in_body("definition", "code", detail=detail)))
    now = request.app.state.now()
    with conflicting("revision"), _definition_at("definition"):
        return _draft(write_draft(session, owner, body.definition, viewer.actor, now, body.revision))


@router.post(
    "/questionnaires/{questionnaire}/publish",
    operation_id="publish_questionnaire",
    status_code=201,
    response_model=VersionAnswer,
    responses=refusals(409),
    dependencies=[only()],
)
def publish_questionnaire(
    request: Request,
    questionnaire: Code,
    body: Publication,
    viewer: Writes,
    session: WritingSession,
    once: CreateOnce,
) -> Response:
    """Publish the draft as the next version, which never changes. Devices ask it once it is assigned to them."""
    _everywhere(viewer)
    owner = organisation_of(session, viewer.organisation_id)

    def make() -> VersionAnswer:
        draft = _draft_of(session, owner, questionnaire)
        if draft.revision != body.revision:
            detail = f"is not {draft.revision}, at which the draft is by now: read it before you publish it."
            raise ProblemError(conflict(in_body("revision", detail=detail)))
        with conflicting(), _definition_at():
            return _of(publish_draft(session, owner, draft, request.app.state.now()))

    def location(made: VersionAnswer) -> str:
        return f"{PREFIX}/questionnaires/{questionnaire}/versions/{made.version}"

    return once.create(make, location)


def _everywhere(viewer: Viewer) -> None:
    """Questionnaires are the whole organisation's: who looks after a part of it reads them."""
    if not viewer.may_everywhere(Right.MANAGE_FLEET):
        detail = "Your account has the right to manage the fleet in a part of the organisation only."
        raise ProblemError(make_problem(HTTPStatus.FORBIDDEN, detail))


def _draft_of(session: Session, owner: Organisation, code: str) -> QuestionnaireDraft:
    found = find_draft(session, owner, code)
    if found is None:
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is no draft of a questionnaire {code} here."))
    return found


@contextmanager
def _definition_at(*steps: str) -> Iterator[None]:
    """422 with a pointer for each problem of a definition."""
    try:
        yield
    except DefinitionError as error:
        found = zip(error.places, error.problems, strict=True)
        problems = [in_body(*steps, *place, detail=sentence) for place, sentence in found]
        raise ProblemError(wrong_fields(*problems)) from None


def _all(session: Session, owner: Organisation) -> list[QuestionnaireAnswer]:
    found: dict[str, QuestionnaireAnswer] = {}
    for row in published_versions(session, owner):
        answer = found.setdefault(row.code, QuestionnaireAnswer(questionnaire=row.code, versions=[], draft=None))
        answer.versions.append(_version(row))
    for draft in drafts(session, owner):
        answer = found.setdefault(draft.code, QuestionnaireAnswer(questionnaire=draft.code, versions=[], draft=None))
        answer.draft = _draft(draft)
    return [found[code] for code in sorted(found)]


def _of(version: QuestionnaireVersion) -> VersionAnswer:
    return _version(VersionRow.of(version))


def _version(row: VersionRow) -> VersionAnswer:
    return VersionAnswer(
        questionnaire=row.code,
        version=row.version,
        reference=row.reference,
        name=row.name,
        kind=row.kind,
        published_at=row.published_at,
        languages=row.languages,
        unchecked=row.unchecked,
        package_sha256=row.package_sha256.hex(),
        package_bytes=row.package_bytes,
    )


def _draft(draft: QuestionnaireDraft) -> DraftAnswer:
    return DraftAnswer(
        questionnaire=draft.code,
        revision=draft.revision,
        changed_at=draft.changed_at,
        changed_by=draft.changed_by,
        definition=draft.definition,
    )
