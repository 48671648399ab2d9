"""Forms that change a part of a draft: what was typed becomes the whole definition, and is checked as a whole."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from server.accounts.viewer import Viewer
from server.api import questionnaires as api
from server.api.questionnaire_shapes import ChangedDraft, DraftAnswer
from server.web.improving.forms import NO_FIELD, Field, Filled, Form, Sender, Typed
from server.web.questionnaires.wording import Wording, wordings

OPTION_ROWS = 5  # as many as there are buttons
DEFINITION = "definition"
STALE = "Somebody else has changed the draft meanwhile. Open it again, and make your change there."


class Anything(BaseModel):
    """What a form of a draft sends is checked as the definition that it makes."""


@dataclass(frozen=True)
class DraftForm(Form):
    """Blames the nearest field where none stands exactly at the place."""

    def blame(self, steps: Sequence[str | int], sentence: str, values: Mapping[str, str]) -> tuple[str, str]:
        """As `Form` does it."""
        # The sentences of a definition's checks name the question themselves: no label stands before them.
        name, said = super().blame(steps, sentence[:1].upper() + sentence[1:], values)
        told = tuple(str(step) for step in steps)
        if name == NO_FIELD and told == ("revision",):
            return name, STALE
        if name != NO_FIELD or len(told) < 2:
            return name, said
        for each in self.fields:
            place = tuple(str(step) for step in each.place)
            if place[: len(told)] == told or told[: len(place)] == place:
                return each.name, said
        return name, said


def change(
    request: Request,
    session: Session,
    viewer: Viewer,
    draft: DraftAnswer,
    sent: Typed,
    form: Form,
    make: Callable[[dict[str, Any]], dict[str, Any]],
    done: Callable[[], Response],
) -> Response | Filled:
    """`make`: the changed definition out of a copy of the draft's; the form was shown at the revision that it names."""
    revision = sent.values.get("revision", "")

    def act(_: Any, __: Any) -> Response:
        definition = make(deepcopy(draft.definition))
        at = int(revision) if revision.isdecimal() and 0 < len(revision) < 9 else 1
        body = ChangedDraft(revision=at, definition=definition)
        api.change_questionnaire(request, draft.questionnaire, body, viewer, session)
        return done()

    return Sender(request, session, viewer).send(form, sent, act)


def rows_of(values: Mapping[str, str], languages: Sequence[str]) -> list[int]:
    """The rows of options in which anything is typed."""
    return [
        row
        for row in range(1, OPTION_ROWS + 1)
        if any(values.get(name) for name in (f"code-{row}", *(f"label-{row}-{code}" for code in languages)))
    ]


def question_form(number: int, values: Mapping[str, str], languages: Sequence[str]) -> DraftForm:
    """Of the question at this place, counted from 0."""
    here = (DEFINITION, "questions", number)
    fields = [
        Field("question_id", "The short name", (*here, "question_id"), "Give it a short name", needed=True),
        Field("kind", "How it is shown", (*here, "kind"), "Choose faces or words", needed=True),
        Field("topic", "The topic", (*here, "topic"), "Choose the topic", needed=True),
        Field("objective", "The objective", (*here, "objective"), "Say which objective it serves", needed=True),
        *(Field(f"text-{code}", "The question", (*here, "text", code), "Write the question") for code in languages),
    ]
    for place, row in enumerate(rows_of(values, languages)):
        option = (*here, "options", place)
        fields += [
            Field(f"code-{row}", "The short name", (*option, "code"), "Give it a short name"),
            Field(f"sentiment-{row}", "What it counts as", (*option, "sentiment"), "Choose what it counts as"),
            Field(f"face-{row}", "The face", (*option, "face")),
            *(Field(f"label-{row}-{code}", "The word", (*option, "label", code), "Write it") for code in languages),
        ]
    if not rows_of(values, languages):
        fields.append(Field("code-1", steps=(*here, "options")))
    return DraftForm("question", Anything, fields)


def question_of(values: Mapping[str, str], languages: Sequence[str]) -> dict[str, Any]:
    """The question as a definition has it."""
    question: dict[str, Any] = {name: values.get(name, "") for name in ("question_id", "kind", "topic", "objective")}
    if values.get("core") in ("yes", "no"):
        question["core"] = values["core"] == "yes"
    question["text"] = _words(values, "text", languages)
    question["options"] = [_option(values, row, question["kind"], languages) for row in rows_of(values, languages)]
    return question


def _option(values: Mapping[str, str], row: int, kind: str, languages: Sequence[str]) -> dict[str, Any]:
    option: dict[str, Any] = {"code": values.get(f"code-{row}", ""), "sentiment": values.get(f"sentiment-{row}", "")}
    face = values.get(f"face-{row}", "")
    if kind == "scale":
        option["face"] = int(face) if face in tuple("012345") else 0
    return option | {"label": _words(values, f"label-{row}", languages)}


def _words(values: Mapping[str, str], name: str, languages: Sequence[str]) -> dict[str, str]:
    return {code: values[f"{name}-{code}"] for code in languages if values.get(f"{name}-{code}")}


def question_values(question: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the form of a question before anybody types."""
    values = {name: str(question.get(name, "")) for name in ("question_id", "kind", "topic", "objective")}
    values["core"] = {True: "yes", False: "no"}.get(question.get("core", ""), "")
    values |= {f"text-{code}": words for code, words in question.get("text", {}).items()}
    for row, option in enumerate(question.get("options", []), 1):
        values |= {f"code-{row}": option["code"], f"sentiment-{row}": option["sentiment"]}
        values[f"face-{row}"] = str(option.get("face", 0))
        values |= {f"label-{row}-{code}": words for code, words in option.get("label", {}).items()}
    return values


def pairs(definition: Mapping[str, Any], language: str) -> list[Wording]:
    """What a language's form asks for: of the original what stands around the questions, else everything."""
    original = next(iter(definition.get("languages", [])), "")
    return [each for each in wordings(definition) if language != original or each.place[0] == "texts"]


def words_form(definition: Mapping[str, Any], language: str) -> DraftForm:
    """Of one language."""
    fields = [
        Field(f"words-{number}", each.name, (DEFINITION, *each.place, language), f"{each.name}: not written yet")
        for number, each in enumerate(pairs(definition, language))
    ]
    fields += [Field(name, steps=(DEFINITION, name)) for name in ("name", "title")]
    fields.append(Field("checked_by", "Who has checked it", (DEFINITION, "checked_by", language)))
    return DraftForm("words", Anything, fields)


def with_words(definition: dict[str, Any], language: str, values: Mapping[str, str]) -> dict[str, Any]:
    """The definition with what was typed for this language; a new one comes last: the others keep their number."""
    original = next(iter(definition.get("languages", [])), "")
    for number, each in enumerate(pairs(definition, language)):
        words = _at(definition, each.place)
        words.pop(language, None)
        if typed := values.get(f"words-{number}"):
            words[language] = typed
    if language == original:
        return definition | {name: values.get(name, "") for name in ("name", "title")}
    definition["checked_by"] = definition.get("checked_by", {}) | {language: values.get("checked_by", "")}
    if language not in definition["languages"]:
        definition["languages"] = [*definition["languages"], language]
    return definition


def _at(definition: Any, place: Sequence[str | int]) -> Any:
    for step in place:
        definition = definition[step]
    return definition
