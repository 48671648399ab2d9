"""Draws every screen that a patient can see, for people who look at them before devices do: a JSON object a line.

Say `micropython -m firmware.drawing PACKAGE [TEXTS]`. "language": its position, or -1 for the screens where
one is chosen. "name", "frame": the screen. "pictures": [[left, top, width, height, rows], ...] as they were put there.
Bits are in base64, rows from the top, leftmost pixel in the highest bit. It is no part of a device's application.
"""

import sys
from binascii import b2a_base64
from json import dumps

from framebuf import MONO_HLSB, MONO_VLSB, FrameBuffer

from firmware.dialogue import (
    ASKING,
    BATTERY,
    CHOSEN,
    FULL,
    HANDOVER,
    IDLE,
    LANGUAGE,
    PROMISE,
    REFUSED,
    THANKS,
    WARNING,
    View,
)
from firmware.language_choice import LANGUAGES_A_PAGE
from firmware.questionnaire import Questionnaire
from firmware.screens import Screens
from firmware.texts import Texts
from protocol.screen import HEIGHT, WIDTH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Paper:
    """A frame buffer that remembers which pictures were put where."""

    def __init__(self) -> None:
        self.buffer = bytearray(WIDTH * HEIGHT // 8)
        self.frame = FrameBuffer(self.buffer, WIDTH, HEIGHT, MONO_VLSB)
        self.pictures: "list[tuple[int, int, int, int, str]]" = []

    def __getattr__(self, name: str) -> "Any":
        return getattr(self.frame, name)

    def blit(self, picture: "tuple[bytearray, int, int, int]", left: int, top: int, *how: "Any") -> None:
        """As a frame buffer does it."""
        rows, width, height = picture[:3]
        self.pictures.append((left, top, width, height, as_text(rows[: (width + 7) // 8 * height])))
        self.frame.blit(picture, left, top, *how)

    def rows(self) -> str:
        """What is on it."""
        rows = bytearray(WIDTH * HEIGHT // 8)
        FrameBuffer(rows, WIDTH, HEIGHT, MONO_HLSB).blit((self.buffer, WIDTH, HEIGHT, MONO_VLSB), 0, 0)
        return as_text(rows)


def as_text(data: bytearray) -> str:
    """Base64."""
    return b2a_base64(data).decode().strip()


def views(questionnaire: Questionnaire, texts: Texts) -> "Iterator[tuple[int, str, View]]":
    """(position of the language, name, view) of every screen."""
    for position in range(questionnaire.language_count()):
        if not questionnaire.audit:
            yield position, "idle", View(IDLE, position, 0)
            yield position, "handover", View(HANDOVER, 0, 0)
            yield position, "promise", View(PROMISE, 0, 0)
        for question, count in enumerate(questionnaire.option_counts):
            yield position, f"question {question + 1}", View(ASKING, question, 0)
            for option in range(1, count + 1):
                yield position, f"question {question + 1}, option {option}", View(CHOSEN, question, option)
        yield position, "warning", View(WARNING, 0, 0)
        yield position, "thanks", View(THANKS, 0, 0)
        yield position, "full", View(REFUSED, FULL, 0)
        yield position, "battery", View(REFUSED, BATTERY, 0)
        if position < texts.count and not questionnaire.audit:  # one text, in each language
            yield position, "you said, we did", View(IDLE, questionnaire.language_count() + position, 0)
    if questionnaire.language_count() > 1:
        for page in range(-(-questionnaire.language_count() // LANGUAGES_A_PAGE)):
            yield -1, f"language, page {page + 1}", View(LANGUAGE, page, 0)


def draw(package: str, texts_package: str) -> None:
    """Print the screens of these files."""
    questionnaire = Questionnaire(package)
    texts = Texts(texts_package, questionnaire.buffer)
    if texts.problem:
        raise ValueError(texts.problem)
    paper = Paper()
    screens = Screens(paper, WIDTH, HEIGHT)  # type: ignore[arg-type]
    screens.use(questionnaire, texts)
    for position, name, view in views(questionnaire, texts):
        paper.pictures = []
        screens.draw(view, max(0, position))
        print(dumps({"language": position, "name": name, "frame": paper.rows(), "pictures": paper.pictures}))


if __name__ == "__main__":
    draw(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
