"""What a page shows of one definition: questions with what their answers count as, and each screen with its words."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from protocol.screen import button_of_option
from server.fleet.definition import AUDIT_TEXTS
from server.web.questionnaires.drawn import SCREENS, CannotDrawError, Drawn
from server.web.questionnaires.wording import TEXT_NAMES, Translation, language_name, translations

IDLE = "idle"  # as the firmware calls the screen that shows the text "start"
SENTIMENTS = {"positive": "Positive", "neutral": "Neutral", "negative": "Negative", "excluded": "Not counted"}
COLOURS = {"positive": "green", "neutral": "grey", "negative": "orange", "excluded": "white"}
KINDS = {"scale": "Faces", "choice": "Words"}
FACES = {
    0: "question mark",
    1: "very sad face",
    2: "sad face",
    3: "straight face",
    4: "smiling face",
    5: "very happy face",
}


class Screen(NamedTuple):
    """A picture on the page. `number`: in the questionnaire's list of all screens; `alt`: the words on it."""

    number: int
    caption: str
    alt: str


class ShownOption(NamedTuple):
    """An option, and the screen after its button was pressed."""

    button: int
    label: str
    original: str
    code: str
    sentiment: str
    colour: str
    face: str
    screen: Screen | None


class ShownQuestion(NamedTuple):
    """`core`: every device asks it, so that devices can be compared."""

    number: int
    question_id: str
    text: str
    original: str
    kind: str
    topic: str
    objective: str
    core: bool
    screen: Screen | None
    options: list[ShownOption]


class Shown(NamedTuple):
    """A definition in one language. `trouble`: why there are no screens, in a sentence; empty where they are."""

    language: str
    languages: list[Translation]
    questions: list[ShownQuestion]
    around: list[Screen]
    choosing: list[Screen]
    trouble: str


def shown(definition: Mapping[str, Any], package: bytes, asked: str, core: Collection[str]) -> Shown:
    """In the language asked for, or in the original where it has no such language. `core`: of the organisation."""
    languages = translations(definition)
    codes = [each.code for each in languages]
    language = asked if asked in codes else next(iter(codes), "")
    drawn, trouble = _drawn(package)
    position = codes.index(language) if codes else 0
    of_language = {each.name: number for number, each in enumerate(drawn) if each.language == position}
    reader = _Reader(definition, language, of_language)
    return Shown(
        language,
        languages,
        [reader.question(number, each, core) for number, each in enumerate(definition.get("questions", []), 1)],
        reader.around(),
        [
            Screen(number, f"Choosing a language, page {page}", ", ".join(language_name(code) for code in codes))
            for page, number in enumerate((n for n, each in enumerate(drawn) if each.language is None), 1)
        ],
        trouble,
    )


def _drawn(package: bytes) -> tuple[list[Drawn], str]:
    try:
        return SCREENS.of(package), ""
    except CannotDrawError as error:
        return [], str(error)


class _Reader:
    """Puts the words of a definition beside the screens that show them."""

    def __init__(self, definition: Mapping[str, Any], language: str, screens: Mapping[str, int]) -> None:
        self._definition, self._language, self._screens = definition, language, screens
        self._original = next(iter(definition.get("languages", [])), "")

    def around(self) -> list[Screen]:
        texts = self._definition.get("texts", {})
        found = []
        for name, meaning in TEXT_NAMES.items():
            words = self._words(texts[name]) if name in texts else AUDIT_TEXTS.get(name, "")
            screen = self._screen(IDLE if name == "start" else name, meaning, words)
            found += [screen] if screen else []
        return found

    def question(self, number: int, question: Mapping[str, Any], core: Collection[str]) -> ShownQuestion:
        name, options = f"question {number}", question.get("options", [])
        text = self._words(question.get("text", {}))
        shown_options = [self._option(name, option, each, len(options)) for option, each in enumerate(options, 1)]
        offered = ", ".join(
            f"{each.face}" if question.get("kind") == "scale" else each.label.replace("\n", " ")
            for each in shown_options
        )
        return ShownQuestion(
            number,
            question["question_id"],
            text,
            question.get("text", {}).get(self._original, ""),
            KINDS.get(question.get("kind", ""), ""),
            question.get("topic", ""),
            question.get("objective", ""),
            question["question_id"] in core if question.get("core") is None else bool(question["core"]),
            self._screen(name, f"Question {number}", f"{text} {offered}"),
            shown_options,
        )

    def _option(self, name: str, option: int, each: Mapping[str, Any], count: int) -> ShownOption:
        label = self._words(each.get("label", {}))
        face = FACES[each.get("face", 0)]
        return ShownOption(
            button_of_option(count, option),
            label,
            str(each.get("label", {}).get(self._original, "")).replace("\n", " "),
            each["code"],
            SENTIMENTS[each["sentiment"]],
            COLOURS[each["sentiment"]],
            face,
            self._screen(f"{name}, option {option}", "", label),
        )

    def _screen(self, name: str, caption: str, words: str) -> Screen | None:
        number = self._screens.get(name)
        return None if number is None else Screen(number, caption, " ".join(words.split()))

    def _words(self, words: Mapping[str, str]) -> str:
        return str(words.get(self._language, ""))
