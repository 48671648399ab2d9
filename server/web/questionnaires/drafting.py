"""The routes of a draft: begun from a version, changed question by question and language by language."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.viewer import Viewer
from server.api import questionnaires as api
from server.api.enrolments import require_whole_fleet
from server.api.improving import Body
from server.api.problems import ProblemError, make_problem
from server.api.questionnaire_shapes import DraftAnswer, NewDraft
from server.api.sessions import OpenSession, WritingSession
from server.fleet.languages import LANGUAGE_NAMES
from server.fleet.organisations import organisation_of
from server.fleet.subjects import core_questions, objectives, topics
from server.web.improving.forms import Filled, Form, Sender, Sent, go_on
from server.web.questionnaires import draft_form
from server.web.questionnaires.drawn import package_of
from server.web.questionnaires.page import HOME, Screen, Writes, local_day, name_of, questionnaire_page
from server.web.questionnaires.pictures import picture
from server.web.questionnaires.reading import one_page
from server.web.questionnaires.shown import FACES, SENTIMENTS, shown
from server.web.questionnaires.wording import language_name

router = APIRouter(include_in_schema=False)
Position = Annotated[int, Path(ge=1, le=12)]
Language = Annotated[str, Path(pattern="^[a-z][a-z0-9-]{0,31}$")]
How = Literal["up", "down", "remove"]
KINDS = [("scale", "Faces (3 to 5 answers)"), ("choice", "Words (2 or 3 answers)")]


def draft_of(session: Session, viewer: Viewer, questionnaire: str) -> DraftAnswer:
    """The draft, for whoever writes questionnaires. Raises ProblemError 403 or 404."""
    require_whole_fleet(viewer)
    found = api.get_questionnaire(questionnaire, viewer, session).draft
    if found is None:
        detail = f"There is no draft of {questionnaire}: it was published, or not begun."
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, detail))
    return found


def crumbs(session: Session, viewer: Viewer, questionnaire: str, *more: str) -> list[tuple[str, str]]:
    """The way to a page of the draft; `more` where it is one below the draft's own."""
    here = f"/questionnaires/{questionnaire}"
    found = [HOME, (here, name_of(questionnaire, session, viewer))]
    return [*found, (f"{here}/draft", "Draft")] if more else found


@router.post("/questionnaires/{questionnaire}/draft")
def post_draft(
    request: Request, questionnaire: api.Code, viewer: Writes, session: WritingSession, sent: Sent
) -> Response:
    """Begin the next version from the newest."""
    require_whole_fleet(viewer)
    found = api.get_questionnaire(questionnaire, viewer, session)
    there = f"/questionnaires/{questionnaire}/draft"
    if found.draft is not None:
        return go_on(there)
    newest = api.get_version(questionnaire, found.versions[-1].version, viewer, session)

    def act(_: Any, once: Any) -> Response:
        api.create_questionnaire(request, NewDraft(definition=newest.definition), viewer, session, once)
        return go_on(there)

    done = Sender(request, session, viewer).send(Form("begin", Body, ()), sent, act)
    return one_page(request, session, viewer, questionnaire, done) if isinstance(done, Filled) else done


@router.get("/questionnaires/{questionnaire}/draft")
def get_draft(
    request: Request, questionnaire: api.Code, viewer: Writes, session: OpenSession, language: str = ""
) -> HTMLResponse:
    """The draft, each screen as a device would draw it."""
    return _page(request, session, viewer, questionnaire, language=language)


@router.get("/questionnaires/{questionnaire}/draft/screens/{screen}.png")
def get_screen(questionnaire: api.Code, screen: Screen, viewer: Writes, session: OpenSession) -> Response:
    """One screen of the draft, to the pixel; its revision stands in the address, so that no old one is shown."""
    return picture(package_of(draft_of(session, viewer, questionnaire).definition), screen)


@router.get("/questionnaires/{questionnaire}/draft/questions/{position}")
def get_question(
    request: Request, questionnaire: api.Code, position: Position, viewer: Writes, session: OpenSession
) -> HTMLResponse:
    """One question; the place after the last is a new one."""
    return _question(request, session, viewer, questionnaire, position)


@router.post("/questionnaires/{questionnaire}/draft/questions/{position}")
def post_question(
    request: Request, questionnaire: api.Code, position: Position, viewer: Writes, session: WritingSession, sent: Sent
) -> Response:
    """Change it, or add it."""
    draft = draft_of(session, viewer, questionnaire)
    languages = draft.definition["languages"]
    form = draft_form.question_form(position - 1, sent.values, languages)

    def make(definition: dict[str, Any]) -> dict[str, Any]:
        definition["questions"][position - 1 : position] = [draft_form.question_of(sent.values, languages)]
        return definition

    def done() -> Response:
        return go_on(f"/questionnaires/{questionnaire}/draft#question-{position}")

    kept = draft_form.change(request, session, viewer, draft, sent, form, make, done)
    return _question(request, session, viewer, questionnaire, position, kept) if isinstance(kept, Filled) else kept


@router.post("/questionnaires/{questionnaire}/draft/questions/{position}/{how}")
def post_order(
    request: Request,
    questionnaire: api.Code,
    position: Position,
    how: How,
    viewer: Writes,
    session: WritingSession,
    sent: Sent,
) -> Response:
    """Move a question, or take it out."""
    draft = draft_of(session, viewer, questionnaire)

    def make(definition: dict[str, Any]) -> dict[str, Any]:
        questions = definition["questions"]
        if position <= len(questions):
            moved = questions.pop(position - 1)
            if how != "remove":
                questions.insert(max(0, position - 2 if how == "up" else position), moved)
        return definition

    def done() -> Response:
        return go_on(f"/questionnaires/{questionnaire}/draft#screens")

    form = draft_form.DraftForm("order", draft_form.Anything, ())
    kept = draft_form.change(request, session, viewer, draft, sent, form, make, done)
    return _page(request, session, viewer, questionnaire, kept) if isinstance(kept, Filled) else kept


@router.get("/questionnaires/{questionnaire}/draft/words/{language}")
def get_words(
    request: Request, questionnaire: api.Code, language: Language, viewer: Writes, session: OpenSession
) -> HTMLResponse:
    """All words in one language, beside the original."""
    return _words(request, session, viewer, questionnaire, language)


@router.post("/questionnaires/{questionnaire}/draft/words/{language}")
def post_words(
    request: Request, questionnaire: api.Code, language: Language, viewer: Writes, session: WritingSession, sent: Sent
) -> Response:
    """Change them; a language that the draft does not have yet is added."""
    draft = draft_of(session, viewer, questionnaire)

    def make(definition: dict[str, Any]) -> dict[str, Any]:
        return draft_form.with_words(definition, language, sent.values)

    def done() -> Response:
        return go_on(f"/questionnaires/{questionnaire}/draft?language={language}#screens")

    form = draft_form.words_form(draft.definition, language)
    kept = draft_form.change(request, session, viewer, draft, sent, form, make, done)
    return _words(request, session, viewer, questionnaire, language, kept) if isinstance(kept, Filled) else kept


def _page(
    request: Request,
    session: Session,
    viewer: Viewer,
    questionnaire: str,
    filled: Filled | None = None,
    language: str = "",
) -> HTMLResponse:
    draft = draft_of(session, viewer, questionnaire)
    owner = organisation_of(session, viewer.organisation_id)
    here = f"/questionnaires/{questionnaire}/draft"
    core = core_questions(session, owner)
    content = {
        "crumbs": crumbs(session, viewer, questionnaire),
        "draft": draft,
        "here": here,
        "shown": shown(draft.definition, package_of(draft.definition), language, core),
        "more_languages": [code for code in LANGUAGE_NAMES if code not in draft.definition["languages"]],
        "local_day": local_day(session, viewer),
        "errors": filled.summary if filled else {},
    }
    return questionnaire_page(request, "draft", content, 422 if filled else 200)


def _question(
    request: Request,
    session: Session,
    viewer: Viewer,
    questionnaire: str,
    position: int,
    filled: Filled | None = None,
) -> HTMLResponse:
    draft = draft_of(session, viewer, questionnaire)
    questions = draft.definition["questions"]
    if position > len(questions) + 1:
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"The draft has no question {position}."))
    owner = organisation_of(session, viewer.organisation_id)
    new = position > len(questions)
    values = {} if new else draft_form.question_values(questions[position - 1])
    content = {
        "crumbs": crumbs(session, viewer, questionnaire, "question"),
        "draft": draft,
        "position": position,
        "new": new,
        "languages": draft.definition["languages"],
        "rows": range(1, draft_form.OPTION_ROWS + 1),
        "kinds": KINDS,
        "topics": [(row.topic, row.name) for row in topics(session, owner)],
        "objectives": [row.words for row, _ in objectives(session, owner)],
        "sentiments": list(SENTIMENTS.items()),
        "faces": [(str(number), words.capitalize()) for number, words in sorted(FACES.items(), reverse=True)],
        "form": filled or Filled("question", values),
        "errors": filled.summary if filled else {},
    }
    return questionnaire_page(request, "question", content, 422 if filled else 200)


def _words(
    request: Request,
    session: Session,
    viewer: Viewer,
    questionnaire: str,
    language: str,
    filled: Filled | None = None,
) -> HTMLResponse:
    draft = draft_of(session, viewer, questionnaire)
    if language not in LANGUAGE_NAMES:
        detail = f"No device can name the language {language} yet (server/fleet/languages.py)."
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, detail))
    original = draft.definition["languages"][0]
    pairs = draft_form.pairs(draft.definition, language)
    values = {f"words-{number}": each.words.get(language, "") for number, each in enumerate(pairs)}
    values |= {name: draft.definition.get(name, "") for name in ("name", "title")}
    values["checked_by"] = draft.definition.get("checked_by", {}).get(language, "")
    content = {
        "crumbs": crumbs(session, viewer, questionnaire, "words"),
        "draft": draft,
        "language": language,
        "named": language_name(language),
        "original": original,
        "pairs": list(enumerate(pairs)),
        "new": language not in draft.definition["languages"],
        "form": filled or Filled("words", values),
        "errors": filled.summary if filled else {},
    }
    return questionnaire_page(request, "words", content, 422 if filled else 200)
