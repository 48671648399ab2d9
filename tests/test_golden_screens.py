"""Every screen of a patient, in every language, is to the pixel the one that was looked at; and nothing in it touches.

After a deliberate change say `.venv/bin/python -m tests.golden.screens.renew`, and look at docs/screens before you
commit it.
"""

from functools import cache
from itertools import combinations

import pytest
from PIL import Image, ImageChops

from protocol.screen import HEIGHT, SCREEN_TEXTS, WIDTH
from server.fleet.definition import AUDIT_TEXTS
from server.fleet.packages import read_definition
from tests.golden.screens.renew import (
    CHOICE,
    DEMO,
    GOLDEN,
    QUESTIONNAIRES,
    draw_screens,
    golden_path,
    golden_place,
    golden_sheet,
)
from tests.parts import need

PATIENTS = ("beds", "community")
SEVEN = ["en", "cy", "pl", "ur", "pa", "bn", "zh"]
REMEDY = "look at it; if it is good, say .venv/bin/python -m tests.golden.screens.renew"


@cache
def definition(questionnaire):
    return read_definition(DEMO / f"questionnaires/{questionnaire}.toml")


@cache
def drawn(questionnaire):
    need("micropython")
    return draw_screens(questionnaire)


def groups():
    for questionnaire in QUESTIONNAIRES:
        languages = definition(questionnaire)["languages"]
        yield from ((questionnaire, code) for code in [*languages, *([CHOICE] if len(languages) > 1 else [])])


GROUPS = list(groups())


def box(placed):
    return placed.left, placed.top, placed.left + placed.picture.width, placed.top + placed.picture.height


@pytest.mark.parametrize("questionnaire", PATIENTS)
def test_the_demo_asks_in_seven_languages(questionnaire):
    assert definition(questionnaire)["languages"] == SEVEN


@pytest.mark.parametrize(("questionnaire", "code"), GROUPS)
def test_every_screen_is_the_golden_one(questionnaire, code):
    screens = drawn(questionnaire)[code]
    with Image.open(golden_path(questionnaire, code)) as file:
        golden = file.convert("L")
    for number, screen in enumerate(screens):
        expected = golden.crop(golden_place(number))
        same = ImageChops.difference(expected, screen.frame.convert("L")).getbbox() is None
        assert same, f"{questionnaire}, {code}, {screen.name} has changed: {REMEDY}"
    assert golden.size == golden_sheet(screens).size


def test_no_golden_picture_is_left_over():
    assert {path.name for path in GOLDEN.glob("*.png")} == {golden_path(*group).name for group in GROUPS}


@pytest.mark.parametrize("questionnaire", QUESTIONNAIRES)
def test_every_screen_is_drawn_in_every_language(questionnaire):
    questions = definition(questionnaire)["questions"]
    patients = definition(questionnaire).get("kind", "patients") == "patients"
    count = sum(1 + len(question["options"]) for question in questions)
    count += len(SCREEN_TEXTS) + 1 if patients else len(AUDIT_TEXTS)  # 1: what was said and done
    languages = [screens for code, screens in drawn(questionnaire).items() if code != CHOICE]
    assert [len(screens) for screens in languages] == [count] * len(definition(questionnaire)["languages"])
    assert len(drawn(questionnaire).get(CHOICE, [])) == (2 if patients else 0)


@pytest.mark.parametrize(("questionnaire", "code"), GROUPS)
def test_no_text_touches_an_edge_or_anything_else(questionnaire, code):
    """A picture has a dark margin, lies on the screen whole, is drawn over by nothing, and covers no other."""
    for screen in drawn(questionnaire)[code]:
        for placed in screen.placed:
            left, top, right, bottom = box(placed)
            assert left >= 0 <= top, screen.name
            assert right <= WIDTH, screen.name
            assert bottom <= HEIGHT, screen.name
            inner = placed.picture.getbbox()
            assert inner[0] >= 1 <= inner[1], screen.name
            assert inner[2] <= right - left - 1, screen.name
            assert inner[3] <= bottom - top - 1, screen.name
            shown = screen.frame.crop(box(placed)).tobytes()
            inverted = ImageChops.invert(placed.picture)
            assert shown in (placed.picture.tobytes(), inverted.tobytes()), f"{screen.name}: drawn over"
        for one, other in combinations(screen.placed, 2):
            apart = box(one)[2] <= box(other)[0] or box(other)[2] <= box(one)[0]
            apart = apart or box(one)[3] <= box(other)[1] or box(other)[3] <= box(one)[1]
            assert apart, f"{screen.name}: two texts overlap"


@pytest.mark.parametrize(("questionnaire", "code"), GROUPS)
def test_a_word_that_is_shown_alone_keeps_from_the_edges(questionnaire, code):
    """The device draws a chosen word twice as large, pixel by pixel, where there is room."""
    for screen in drawn(questionnaire)[code]:
        if not screen.placed:
            left, top, right, bottom = screen.frame.getbbox()
            assert left > 0 < top, screen.name
            assert right < WIDTH, screen.name
            assert bottom < HEIGHT, screen.name


@pytest.mark.parametrize(("questionnaire", "code"), GROUPS)
def test_no_two_answers_to_a_question_look_alike(questionnaire, code):
    options = {}
    for screen in drawn(questionnaire)[code]:
        question, _, option = screen.name.partition(", option ")
        if option:
            options.setdefault(question, []).append(screen.frame.tobytes())
    assert all(len(set(frames)) == len(frames) for frames in options.values())


@pytest.mark.parametrize("questionnaire", PATIENTS)
def test_no_language_shows_another_ones_screens(questionnaire):
    """A text that was left untranslated would be seen here."""
    for name in ("idle", "promise", "thanks", "question 2"):
        frames = [
            screen.frame.tobytes() for code in SEVEN for screen in drawn(questionnaire)[code] if screen.name == name
        ]
        assert len(frames) == len(set(frames)) == len(SEVEN), name
