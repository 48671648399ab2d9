"""A questionnaire as its author writes it, and every sentence about what is wrong with it."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from protocol.package import KIND_AUDIT, KIND_PATIENTS, TITLE_LETTERS_MAX
from protocol.record import ANSWERS_MAX, LANGUAGE_MAX, OPTIONS_MAX
from protocol.screen import BUTTON_COUNT, SCREEN_TEXTS
from server.errors import OperatorError
from server.fleet.ink import lacking_letters
from server.fleet.languages import LANGUAGE_NAMES
from server.fleet.typeset import too_long
from server.plain_words import in_plain_words

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Sentence = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
Texts = dict[str, Sentence]  # by language
Sentiment = Literal["positive", "neutral", "negative", "excluded"]
ScreenText = Literal["start", "promise", "handover", "warning", "thanks", "full", "battery"]

# What a checklist says that does not say it itself; in the language of the staff's screens, like its title.
AUDIT_TEXTS = {
    "warning": "Still there?\nPress a button\nto go on",
    "thanks": "Thank you!\nThe checklist\nis kept",
    "full": "No more room.\nSend first",
    "battery": "Battery low.\nCharge it first",
}

# A question needs enough options to be one, and no more than can be told apart at a glance.
OPTIONS_OF_KIND = {"scale": (3, 5), "choice": (2, 3)}
# What is counted as good must look good: a face that says otherwise would falsify every figure made of it.
FACES_OF_SENTIMENT = {"positive": (4, 5), "neutral": (3,), "negative": (1, 2), "excluded": (0,)}
MEANING_OF_FACES = "1 and 2 are negative, 3 neutral, 4 and 5 positive, 0 excluded"


Place = tuple[str | int, ...]  # names and numbers that lead to something in a definition
Found = tuple[str, Place]  # a sentence, and where in the definition


class DefinitionError(OperatorError):
    """`problems`: a sentence each, saying which question, option and language, and what to do.

    `places`: for each the names and numbers that lead to it in the definition, as far as they are known.
    """

    def __init__(self, problems: Sequence[str], places: Sequence[Place] = ()) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)
        self.places = list(places) or [()] * len(problems)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Option(_Strict):
    """One fixed choice, one button. `face`: 1 very bad to 5 very good, 0 for none."""

    code: Code
    label: Texts
    sentiment: Sentiment
    face: Annotated[int, Field(ge=0, le=5)] = 0


class Question(_Strict):
    """One prompt. A `scale` shows faces, a `choice` shows words."""

    question_id: Code
    kind: Literal["scale", "choice"]
    topic: Code  # of the organisation (server/fleet/subjects.py)
    objective: Sentence  # its code, or its words
    core: bool | None = None  # whether every device asks it; unsaid, it stays as it is
    text: Texts
    options: list[Option]


class Definition(_Strict):
    """One version of a questionnaire; its languages are numbered from 0 in the order given.

    `title`: what staff choose it by on the device, whose staff screens have ASCII letters only.
    `checked_by`: by language, the role that has read it and speaks it from childhood; empty for nobody yet.
    """

    code: Code
    name: Sentence
    title: Annotated[str, Field(pattern=rf"^[\x21-\x7e]([\x20-\x7e]{{0,{TITLE_LETTERS_MAX - 2}}}[\x21-\x7e])?$")]
    kind: Literal["patients", "audit"] = KIND_PATIENTS  # type: ignore[assignment]
    version: Annotated[int, Field(ge=1)]
    languages: Annotated[list[Code], Field(min_length=1)]
    checked_by: dict[str, str] = {}
    texts: dict[ScreenText, Texts] = {}
    questions: Annotated[list[Question], Field(min_length=1)]

    def unchecked(self) -> list[str]:
        """The translations not yet checked by somebody who speaks the language from childhood."""
        return [language for language in self.languages[1:] if not self.checked_by.get(language, "").strip()]

    def text(self, name: str, language: str) -> str:
        """What stands on the screen around the questions. An audit may leave it out, for it is for staff."""
        texts = self.texts.get(name)  # type: ignore[call-overload]
        return AUDIT_TEXTS.get(name, self.title) if texts is None else str(texts[language])


def check_definition(fields: dict[str, Any]) -> Definition:
    """The definition as a model. Raises DefinitionError with every problem found short of typesetting."""
    try:
        definition = Definition.model_validate(fields)
    except ValidationError as error:
        found = error.errors()
        raise DefinitionError([_sentence(fields, each) for each in found], [each["loc"] for each in found]) from None
    problems = list(_problems(definition))
    if problems:
        raise DefinitionError([sentence for sentence, _ in problems], [place for _, place in problems])
    return definition


def _problems(definition: Definition) -> Iterator[Found]:
    asked = definition.questions
    if len(asked) > ANSWERS_MAX:
        yield f"{len(asked)} questions: a response has room for {ANSWERS_MAX}; split it in two", ("questions",)
    yield from _language_problems(definition)
    places: list[Place] = [("questions", number, "question_id") for number in range(len(asked))]
    yield from _repeated("question_id", [question.question_id for question in asked], places)
    for name in SCREEN_TEXTS:
        texts = definition.texts.get(name)  # type: ignore[call-overload]
        if texts is not None:
            yield from _translations(f"texts.{name}", texts, definition.languages, ("texts", name))
        elif definition.kind != KIND_AUDIT:
            sentence = f"texts.{name} is missing: the device needs the texts {', '.join(SCREEN_TEXTS)}"
            yield sentence, ("texts", name)
    for number, question in enumerate(asked):
        yield from _question_problems(question, definition.languages, ("questions", number))


def _language_problems(definition: Definition) -> Iterator[Found]:
    languages = definition.languages
    if len(languages) > LANGUAGE_MAX + 1:
        yield f"{len(languages)} languages: a response can tell {LANGUAGE_MAX + 1} apart", ("languages",)
    yield from _repeated("language", languages, [("languages", number) for number in range(len(languages))])
    for number, language in enumerate(languages):
        if language not in LANGUAGE_NAMES:
            sentence = f"language '{language}' has no name of its own yet: give it one in server/fleet/languages.py"
            yield sentence, ("languages", number)
    for language in definition.checked_by:
        if language not in languages:
            sentence = f"checked_by.{language}: it is not one of the languages {', '.join(languages)}"
            yield sentence, ("checked_by", language)


def _question_problems(question: Question, languages: list[str], place: Place) -> Iterator[Found]:
    name = f"question '{question.question_id}'"
    options = (*place, "options")
    yield from _translations(name, question.text, languages, (*place, "text"))
    count = len(question.options)
    codes = [option.code for option in question.options]
    yield from _repeated(f"{name}: option code", codes, [(*options, number, "code") for number in range(count)])
    least, most = OPTIONS_OF_KIND[question.kind]
    if count > OPTIONS_MAX:
        yield f"{name}: {count} options: an answer can tell {OPTIONS_MAX} apart", options
    elif count > BUTTON_COUNT:
        yield f"{name}: {count} options: the device has {BUTTON_COUNT} answer buttons", options
    elif not least <= count <= most:
        yield f"{name}: a {question.kind} has {least} to {most} options, this has {count}", options
    for number, option in enumerate(question.options):
        yield from _translations(
            f"{name}, option '{option.code}'", option.label, languages, (*options, number, "label")
        )
    yield from _face_problems(name, question, options)


def _face_problems(name: str, question: Question, place: Place) -> Iterator[Found]:
    faces = [option.face for option in question.options]
    if question.kind == "choice":
        if any(faces):
            yield f"{name}: a choice shows words; take its faces away or make it a scale", place
        return
    shown = [face for face in faces if face]
    if shown not in (sorted(set(shown)), sorted(set(shown), reverse=True)):
        yield f"{name}: the faces are {faces}; they go from best to worst or from worst to best, each once", place
    if faces and (faces.count(0) > 1 or 0 in (faces[0], faces[-1])):
        yield f"{name}: the faces are {faces}; one option may do without (face = 0), between good and bad", place
    for number, option in enumerate(question.options):
        if option.face not in FACES_OF_SENTIMENT[option.sentiment]:
            sentence = f"{name}, option '{option.code}': face {option.face} does not look {option.sentiment}"
            yield f"{sentence} ({MEANING_OF_FACES})", (*place, number, "face")


def _translations(name: str, texts: Texts, languages: list[str], place: Place) -> Iterator[Found]:
    for language in languages:
        here = (*place, language)
        text = texts.get(language)
        if text is None:
            yield f"{name}: no text in language '{language}'", here
            continue
        long = too_long(text, language)
        if long:
            yield f"{name}, language '{language}': {long}", here
        lacking = lacking_letters(text, language)
        if lacking:
            lacking = ", ".join(lacking)
            yield f"{name}, language '{language}': the font has no {lacking}; see docs/questionnaires.md", here
    for language in texts:
        if language not in languages:
            sentence = f"{name}: a text in '{language}', which is not one of the languages {', '.join(languages)}"
            yield sentence, (*place, language)


def _repeated(what: str, names: list[str], places: Sequence[Place]) -> Iterator[Found]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        again = names.index(name, names.index(name) + 1)
        yield f"{what} '{name}' stands there more than once", places[again]


def _sentence(fields: dict[str, Any], problem: Any) -> str:
    """One of pydantic's findings, with names instead of positions."""
    names = []
    here: Any = fields
    for step in problem["loc"]:
        here = here[step] if isinstance(here, (dict, list)) and _has(here, step) else None
        name = here.get("question_id") or here.get("code") if isinstance(here, dict) else None
        names.append(f"{step + 1} ('{name}')" if isinstance(step, int) and name else str(step))
    return f"{' '.join(names)}: {in_plain_words(problem)} (found: {problem['input']!r:.60})"


def _has(here: dict[str, Any] | list[Any], step: int | str) -> bool:
    return step in here if isinstance(here, dict) else isinstance(step, int) and step < len(here)
