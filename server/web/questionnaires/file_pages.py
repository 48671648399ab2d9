"""The routes of a draft as a file, for what no form does: down, edited, up again; and of a new questionnaire."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile
from starlette.responses import Response

from server.accounts.viewer import Viewer
from server.api import questionnaires as api
from server.api.enrolments import require_whole_fleet
from server.api.problems import ProblemError, in_body, wrong_fields
from server.api.questionnaire_shapes import NewDraft
from server.api.sessions import OpenSession, WritingSession
from server.web.improving.forms import Field, Filled, Form, Sender, Sent, Typed, go_on
from server.web.questionnaires import draft_form
from server.web.questionnaires.drafting import crumbs, draft_of
from server.web.questionnaires.page import Writes, questionnaire_page
from server.web.questionnaires.reading import toml_answer
from server.web.questionnaires.toml_file import as_toml, line_of

router = APIRouter(include_in_schema=False)
LETTERS_MAX = 200_000  # the demo's largest, in seven languages, has 15,000
LINE = re.compile(r"Line (\d+):")
AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
TOO_LONG = f"This holds more than {LETTERS_MAX:,} letters: no questionnaire does."
NOT_TEXT = "This file is no text in UTF-8."
NO_DEFINITION = "This holds a date, or something else that no questionnaire holds."
LIKE = "Choose which one to begin from"


async def _typed(request: Request, sent: Sent) -> Typed:
    """With the text of the file that was chosen, where one was, instead of what stands in the field."""
    chosen = (await request.form()).get("file")
    if not isinstance(chosen, UploadFile):
        return sent
    data = await chosen.read()
    await chosen.close()
    if not chosen.filename:
        return sent
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return Typed(sent.values | {"toml": text.replace("\x00", "\ufffd")}, sent.digest)


SentFile = Annotated[Typed, Depends(_typed)]


@dataclass(frozen=True)
class FileForm(Form):
    """Says of everything wrong in which line of the file it stands."""

    text: str = ""

    def blame(self, steps: Sequence[str | int], sentence: str, values: Mapping[str, str]) -> tuple[str, str]:
        """Under the field of the text, but for what is not about the definition."""
        if not steps or str(steps[0]) != draft_form.DEFINITION:
            return super().blame(steps, sentence, values)
        place = tuple(int(step) if str(step).isdecimal() else step for step in steps[1:])
        # One line a fault, also where it quotes a text of several.
        return "toml", f"Line {line_of(self.text, place)}: {' / '.join(sentence.splitlines())}"


def parsed(text: str) -> dict[str, Any]:
    """What the file holds. Raises ProblemError that blames a line."""
    if len(text) > LETTERS_MAX:
        raise ProblemError(wrong_fields(in_body("toml", detail=TOO_LONG)))
    if "\ufffd" in text:
        raise ProblemError(wrong_fields(in_body("toml", detail=NOT_TEXT)))
    try:
        found = tomllib.loads(text)
        json.dumps(found)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        at = AT_LINE.search(said)
        line = int(at[1]) if at and at[1] else len(text.splitlines())
        detail = f"Line {line}: this is not readable as TOML: {AT_LINE.sub('', said)}."
        raise ProblemError(wrong_fields(in_body("toml", detail=detail))) from None
    except (TypeError, ValueError, RecursionError):
        raise ProblemError(wrong_fields(in_body("toml", detail=NO_DEFINITION))) from None
    return found


def faults(filled: Filled) -> list[str]:
    """Each with its line, in their order."""
    found = filled.errors.get("toml", "")
    return sorted(found.split("\n"), key=_line) if found else []


def _line(fault: str) -> int:
    found = LINE.match(fault)
    return int(found[1]) if found else 0


def summary(filled: Filled | None) -> dict[str, str]:
    """As a form's; several faults of a file are listed below it."""
    if filled is None:
        return {}
    several = len(faults(filled))
    told = {filled.id("toml"): f"{several} faults in the file: they are listed with their lines"}
    return filled.summary | (told if several > 1 else {})


def _form(name: str, sent: Typed) -> FileForm:
    field = Field("toml", "The file", missing="Choose the file, or write it here", needed=True)
    return FileForm(name, draft_form.Anything, (field,), sent.values.get("toml", ""))


@router.get("/questionnaires/{questionnaire}/draft/toml")
def get_toml(questionnaire: api.Code, viewer: Writes, session: OpenSession) -> Response:
    """The draft as a file."""
    return toml_answer(draft_of(session, viewer, questionnaire).definition, f"{questionnaire}-draft")


@router.get("/questionnaires/{questionnaire}/draft/file")
def get_file(request: Request, questionnaire: api.Code, viewer: Writes, session: OpenSession) -> HTMLResponse:
    """The whole draft as text."""
    return _file(request, session, viewer, questionnaire)


@router.post("/questionnaires/{questionnaire}/draft/file")
def post_file(
    request: Request, questionnaire: api.Code, viewer: Writes, session: WritingSession, sent: SentFile
) -> Response:
    """Replace the draft by it."""
    draft = draft_of(session, viewer, questionnaire)

    def make(_: dict[str, Any]) -> dict[str, Any]:
        return parsed(sent.values.get("toml", ""))

    def done() -> Response:
        return go_on(f"/questionnaires/{questionnaire}/draft")

    form = _form("file", sent)
    kept = draft_form.change(request, session, viewer, draft, sent, form, make, done)
    return _file(request, session, viewer, questionnaire, kept) if isinstance(kept, Filled) else kept


@router.get("/new-questionnaire")
def get_new(request: Request, viewer: Writes, session: OpenSession) -> HTMLResponse:
    """Begin a questionnaire like another one, or from a file."""
    return _new(request, session, viewer)


@router.post("/new-questionnaire")
def post_new(request: Request, viewer: Writes, session: WritingSession, sent: Sent) -> Response:
    """Like another one."""
    require_whole_fleet(viewer)
    found = {each.questionnaire: each for each in api.get_questionnaires(viewer, session).data if each.versions}

    def act(_: Any, once: Any) -> Response:
        like = found.get(sent.values.get("like", ""))
        if like is None:
            raise ProblemError(wrong_fields(in_body("like", detail=LIKE)))
        definition = api.get_version(like.questionnaire, like.versions[-1].version, viewer, session).definition
        named = {name: sent.values.get(name, "") for name in ("code", "name", "title")}
        _free(session, viewer, named["code"])
        made = NewDraft(definition=definition | named)
        api.create_questionnaire(request, made, viewer, session, once)
        return go_on(f"/questionnaires/{named['code']}/draft")

    fields = (
        Field("code", "The short name", (draft_form.DEFINITION, "code"), "Give it a short name", needed=True),
        Field("name", "The name", (draft_form.DEFINITION, "name"), "Say what people call it", needed=True),
        Field("title", "The title", (draft_form.DEFINITION, "title"), "Give it a title for the device", needed=True),
        Field("like", "Begin from", missing=LIKE, needed=True),
    )
    done = Sender(request, session, viewer).send(Form("new", draft_form.Anything, fields), sent, act)
    return _new(request, session, viewer, done) if isinstance(done, Filled) else done


@router.post("/new-questionnaire/file")
def post_new_file(request: Request, viewer: Writes, session: WritingSession, sent: SentFile) -> Response:
    """From a file, which says its code."""
    require_whole_fleet(viewer)

    def act(_: Any, once: Any) -> Response:
        made = NewDraft(definition=parsed(sent.values.get("toml", "")))
        api.create_questionnaire(request, made, viewer, session, once)
        return go_on(f"/questionnaires/{made.definition['code']}/draft")

    done = Sender(request, session, viewer).send(_form("upload", sent), sent, act)
    return _new(request, session, viewer, done) if isinstance(done, Filled) else done


def _free(session: Session, viewer: Viewer, code: str) -> None:
    """That no questionnaire is called so. Raises ProblemError."""
    if code in {each.questionnaire for each in api.get_questionnaires(viewer, session).data}:
        detail = f"There is a questionnaire {code} already: give this one another short name."
        raise ProblemError(wrong_fields(in_body(draft_form.DEFINITION, "code", detail=detail)))


def _file(
    request: Request, session: Session, viewer: Viewer, questionnaire: str, filled: Filled | None = None
) -> HTMLResponse:
    draft = draft_of(session, viewer, questionnaire)
    content = {
        "crumbs": crumbs(session, viewer, questionnaire, "file"),
        "draft": draft,
        "form": filled or Filled("file", {"toml": as_toml(draft.definition)}),
        "faults": faults,
        "errors": summary(filled),
    }
    return questionnaire_page(request, "file", content, 422 if filled else 200)


def _new(request: Request, session: Session, viewer: Viewer, filled: Filled | None = None) -> HTMLResponse:
    require_whole_fleet(viewer)
    content = {
        "found": [
            (each.questionnaire, each.versions[-1].name or each.questionnaire)
            for each in api.get_questionnaires(viewer, session).data
            if each.versions
        ],
        "form": lambda name: filled if filled is not None and filled.name == name else Filled(name),
        "faults": faults,
        "errors": summary(filled),
    }
    return questionnaire_page(request, "new", content, 422 if filled else 200)
