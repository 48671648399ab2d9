"""A questionnaire's definition to the package that devices show: every text typeset, or refused by name."""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from protocol.package import pack_package, parse_index
from protocol.screen import (
    HEIGHT,
    LABEL_GAP,
    LANGUAGE_NAME_HEIGHT,
    LANGUAGE_NAME_WIDTH,
    SCREEN_TEXTS,
    TEXT_WITH_FACES_HEIGHT,
    TEXT_WITH_MARKS_HEIGHT,
    WIDTH,
    WORD_WIDTH,
    button_of_option,
    label_left,
)
from server.fleet.definition import Definition, DefinitionError, Found, Question, check_definition
from server.fleet.fonts import font_of
from server.fleet.languages import LANGUAGE_NAMES
from server.fleet.typeset import Block, DoesNotFitError, Picture, draw, sizes_for, typeset, typeset_alike, words_alike

# Even numbers of pixels: at 15 and 17 the letters of this font run into each other.
QUESTION_SIZES = (20, 18, 16, 14)
LABEL_SIZES = (18, 16, 14)
WORD_SIZES = (28, 26, 24, 22, 20, 18, 16, 14)
SCREEN_SIZES = (22, 20, 18, 16, 14)
NAME_SIZES = (20, 18, 16, 14)
# The room that each text has: below some stand the five marks.
HEIGHT_OF_TEXT = {
    "start": TEXT_WITH_MARKS_HEIGHT,
    "promise": TEXT_WITH_MARKS_HEIGHT,
    "handover": TEXT_WITH_MARKS_HEIGHT,
    "warning": TEXT_WITH_MARKS_HEIGHT,
    "thanks": HEIGHT,
    "full": HEIGHT,
    "battery": HEIGHT,
}

Entry = list[int]  # offset, width, height


def read_definition(path: Path) -> dict[str, Any]:
    """A definition from its TOML file, checked, as it is kept beside the version. Raises DefinitionError."""
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DefinitionError([f"{path}: there is no such file"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError([f"{path}: not readable as TOML: {error}"]) from None
    try:
        check_definition(fields)
    except DefinitionError as error:
        raise DefinitionError([f"{path}: {problem}" for problem in error.problems], error.places) from None
    return fields


def build_package(definition: dict[str, Any], reference: int) -> bytes:
    """The bytes of the package. `reference`: the organisation's number for this version, 1 to 65535.

    Raises DefinitionError with a sentence for each text that does not fit its place.
    """
    checked = check_definition(definition)
    builder = _Builder()
    languages = [builder.language(checked, number) for number in range(len(checked.languages))]
    if builder.problems:
        raise DefinitionError([sentence for sentence, _ in builder.problems], [place for _, place in builder.problems])
    outline = {"reference": reference, "kind": checked.kind, "title": checked.title, "languages": languages}
    index = json.dumps(outline, separators=(",", ":")).encode()
    parse_index(index)
    try:
        return pack_package(index, bytes(builder.pictures))
    except ValueError as error:
        raise DefinitionError([f"{error}; leave out a language or shorten the questionnaire"]) from None


class _Builder:
    """Collects pictures, each kept once however often it is shown, and problems."""

    def __init__(self) -> None:
        self.pictures = bytearray()
        self.problems: list[Found] = []
        self._known: dict[Picture, Entry] = {}

    def language(self, definition: Definition, number: int) -> dict[str, Any]:
        code = definition.languages[number]
        texts = {}
        for name in SCREEN_TEXTS:
            text = definition.text(name, code)
            try:
                picture = typeset(text, code, SCREEN_SIZES, WIDTH, HEIGHT_OF_TEXT[name])
            except DoesNotFitError as error:
                self.problems.append((f"texts.{name}, language '{code}': {error}", ("texts", name, code)))
            else:
                texts[name] = self._keep(picture)
        questions = [self._question(question, code, place) for place, question in enumerate(definition.questions)]
        own_name = self._name(number, definition.languages)
        return {"number": number, "code": code, "name": own_name, "questions": questions, "texts": texts}

    def _name(self, number: int, languages: Sequence[str]) -> Entry:
        """Languages of one script in one size: none is put before the others."""
        code = languages[number]
        names = [LANGUAGE_NAMES[code], *(LANGUAGE_NAMES[each] for each in languages if font_of(each) == font_of(code))]
        room = (LANGUAGE_NAME_WIDTH, LANGUAGE_NAME_HEIGHT)
        try:
            typeset(names[0], code, NAME_SIZES, *room)
            return self._keep(typeset_alike(names, code, NAME_SIZES, *room)[0])
        except DoesNotFitError as error:
            if names[0] in str(error):
                sentence = f"the name of language '{code}', where one is chosen: {error}"
                self.problems.append((sentence, ("languages", number)))
            return []

    def _question(self, question: Question, language: str, number: int) -> dict[str, Any]:
        typesetting = _scale if question.kind == "scale" else _choice
        try:
            text, labels = typesetting(question, language)
        except DoesNotFitError as error:
            sentence = f"question '{question.question_id}', language '{language}': {error}"
            self.problems.append((sentence, ("questions", number, *error.place, language)))
            return {}
        options = [
            {"label": self._keep(label), "face": option.face}
            for label, option in zip(labels, question.options, strict=True)
        ]
        return {"text": self._keep(text), "options": options}

    def _keep(self, picture: Picture) -> Entry:
        if picture not in self._known:
            self._known[picture] = [len(self.pictures), picture.width, picture.height]
            self.pictures += picture.rows
        return self._known[picture]


def _scale(question: Question, language: str) -> tuple[Picture, list[Picture]]:
    """Faces stand under the text; a word is shown, large, when its button has been pressed."""
    text = typeset(question.text[language], language, QUESTION_SIZES, WIDTH, TEXT_WITH_FACES_HEIGHT)
    words = [option.label[language] for option in question.options]
    try:
        return text, typeset_alike(words, language, WORD_SIZES, WORD_WIDTH, HEIGHT)
    except DoesNotFitError as error:
        raise _of_option(error, error.number) from None


def _choice(question: Question, language: str) -> tuple[Picture, list[Picture]]:
    """Words stand under the text: of all pairs of sizes that fit, the one whose smaller size is largest."""
    best: tuple[tuple[int, int], Picture, list[Block]] | None = None
    refusal = DoesNotFitError("")
    for label_size in sizes_for(language, LABEL_SIZES):
        labels = words_alike([option.label[language] for option in question.options], language, label_size)
        try:
            _check_side_by_side(question, labels)
            room = TEXT_WITH_MARKS_HEIGHT - max(block.height for block in labels)
            text, text_size = _largest(question.text[language], language, room)
        except DoesNotFitError as error:
            refusal = error
            continue
        merit = (min(label_size, text_size), text_size)
        if best is None or merit > best[0]:
            best = (merit, text, labels)
    if best is None:
        raise refusal
    return best[1], [draw(block, language) for block in best[2]]


def _largest(text: str, language: str, room: int) -> tuple[Picture, int]:
    *larger, smallest = sizes_for(language, QUESTION_SIZES)
    for size in larger:
        try:
            return typeset(text, language, (size,), WIDTH, room), size
        except DoesNotFitError:
            continue
    return typeset(text, language, (smallest,), WIDTH, room), smallest


def _check_side_by_side(question: Question, labels: list[Block]) -> None:
    """Raise DoesNotFitError where two words meet, or one is wider than the screen."""
    end = -LABEL_GAP
    for number, block in enumerate(labels, 1):
        left = label_left(block.width, button_of_option(len(labels), number))
        over = max(end + LABEL_GAP - left, block.width - (WIDTH - 2))
        if over > 0:
            error = DoesNotFitError(
                f"the word of option '{question.options[number - 1].code}' is {over} px too wide beside the"
                f" others in the smallest type ({block.size} px); shorten one, or break it into two lines"
            )
            raise _of_option(error, number - 1)
        end = left + block.width


def _of_option(error: DoesNotFitError, number: int) -> DoesNotFitError:
    """That it is the word of this option, counted from 0, that does not fit."""
    error.place = ("options", number, "label")
    return error
