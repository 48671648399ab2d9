"""The words of a questionnaire's definition, each with its place: what is translated, shown and counted."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from protocol.screen import SCREEN_TEXTS
from server.fleet.definition import Place
from server.fleet.languages import LANGUAGE_NAMES

TEXT_NAMES = {
    "start": "Before anybody answers",
    "promise": "The promise, after the first press",
    "handover": "When a nurse hands the device over",
    "warning": "When nobody presses for a while",
    "thanks": "At the end",
    "full": "When the device takes no more answers",
    "battery": "When the battery is low",
}


class Wording(NamedTuple):
    """One text by language, where it stands in the definition, and what it is for people who read the page."""

    place: Place
    name: str
    words: Mapping[str, str]


class Translation(NamedTuple):
    """A language of a definition: how many of its texts are there, and who has read them."""

    code: str
    name: str
    original: bool
    there: int
    of: int
    checked_by: str


def wordings(definition: Mapping[str, Any]) -> Iterator[Wording]:
    """All texts, in the order in which they are met on the device."""
    texts = definition.get("texts", {})
    for name in SCREEN_TEXTS:
        if name in texts:
            yield Wording(("texts", name), TEXT_NAMES[name], texts[name])
    for number, question in enumerate(definition.get("questions", [])):
        yield from question_wordings(question, number)


def question_wordings(question: Mapping[str, Any], number: int) -> Iterator[Wording]:
    """Those of the question at this place, counted from 0."""
    place: Place = ("questions", number)
    yield Wording((*place, "text"), f"Question {number + 1}", question.get("text", {}))
    for option, each in enumerate(question.get("options", [])):
        yield Wording(
            (*place, "options", option, "label"), f"Question {number + 1}, answer {option + 1}", each.get("label", {})
        )


def translations(definition: Mapping[str, Any]) -> list[Translation]:
    """Its languages, the original first."""
    found = list(wordings(definition))
    checked = definition.get("checked_by", {})
    return [
        Translation(
            code,
            language_name(code),
            original=number == 0,
            there=sum(bool(str(each.words.get(code, "")).strip()) for each in found),
            of=len(found),
            checked_by=str(checked.get(code, "")).strip(),
        )
        for number, code in enumerate(definition.get("languages", []))
    ]


def language_name(code: str) -> str:
    """What the language calls itself."""
    return LANGUAGE_NAMES.get(code, code)
