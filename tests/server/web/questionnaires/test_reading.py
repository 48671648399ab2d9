"""The pages that show questionnaires: what is previewed is what devices draw, and who has what is told."""

import re
import tomllib
from html import unescape
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from server.fleet.packages import read_definition
from tests.golden.screens.renew import CHOICE, DEMO, draw_screens, golden_path, golden_place
from tests.parts import need
from tests.server.api.asking import somebody
from tests.server.web.questionnaires.scene import CODE, definition, publish

pytestmark = pytest.mark.usefixtures("asked")


@pytest.fixture
def beds(figures, asked):  # noqa: ARG001 - which brings the topics
    """The demo's questionnaire itself, of which there are golden screens."""
    fields = read_definition(DEMO / "questionnaires/beds.toml")
    for question in fields["questions"]:
        if question["question_id"] in {"food", "overall"}:  # the figures' own have other words
            question["question_id"] += "-of-beds"
    publish(figures, fields)
    return fields


def pictures(page):
    """(address, words on it) of every screen of a page."""
    found = re.findall(r'<img class="device-screen[^"]*" src="([^"]+)"[^>]* alt="([^"]*)"', page)
    return [(unescape(source), unescape(words)) for source, words in found]


# The kinds of questions are among them: 1 shows words, 3 faces with one left out, 5 all faces.
@pytest.mark.parametrize("language", ["en", "cy", "ur", "zh"])
@pytest.mark.usefixtures("beds")
def test_what_is_shown_is_to_the_pixel_what_devices_draw(site, sender, language):
    need("micropython")
    drawn = draw_screens("beds")
    names = [screen.name for screen in drawn[language] if screen.name != "you said, we did"]  # that is no question
    page = sender.page(f"/questionnaires/beds/versions/1?language={language}")
    shown = {Image.open(BytesIO(site.get(source).content)).tobytes() for source, _ in pictures(page)}
    with Image.open(golden_path("beds", language)) as sheet, Image.open(golden_path("beds", CHOICE)) as choice:
        golden = [
            sheet.convert("L").crop(golden_place(number))
            for number, screen in enumerate(drawn[language])
            if screen.name in names
        ]
        golden += [choice.convert("L").crop(golden_place(number)) for number in range(len(drawn[CHOICE]))]
    assert len(pictures(page)) == len(golden)
    assert shown == {each.point(lambda value: value > 127 and 255, "1").tobytes() for each in golden}


def test_each_kind_of_question_is_shown_with_its_own_screen(site, sender, beds):
    """That picture and words belong together, and not only that both are there."""
    drawn = draw_screens("beds")["en"]
    page = sender.page("/questionnaires/beds/versions/1")
    for number, kind in ((1, "choice"), (3, "scale"), (5, "scale")):
        question = beds["questions"][number - 1]
        assert question["kind"] == kind
        section = page.split(f'id="question-{number}"')[1].split("</section>")[0]
        [(source, words), *options] = pictures(section)
        assert words.startswith(question["text"]["en"])
        wanted = [screen.frame for screen in drawn if screen.name == f"question {number}"]
        wanted += [screen.frame for screen in drawn if screen.name.startswith(f"question {number}, option")]
        shown = [source, *(each for each, _ in options)]
        for frame, address in zip(wanted, shown, strict=True):
            picture = Image.open(BytesIO(site.get(address).content))
            assert ImageChops.difference(picture.convert("L"), frame.convert("L")).getbbox() is None
        labels = [each["label"]["en"].replace("\n", " ") for each in question["options"]]
        assert [words for _, words in options] == labels


def test_who_is_to_ask_it_and_who_has_said_so(site, sender, figures):
    page = sender.page(f"/questionnaires/{CODE}")
    assert re.findall(r'data-place="([^"]+)"', page) == ["organisation", "team:leek"]
    assert "2 devices are to ask it, none has said so" in page
    assert "1 device is to ask it, none has said so" in page
    listed = sender.page("/questionnaires")
    assert re.findall(r'data-questionnaire="([^"]+)"', listed) == [CODE, "core"]
    assert "3 devices are to ask it" in listed
    site.viewer = somebody("matron", figures.teams["north"])
    assert "No device asks it" in sender.page(f"/questionnaires/{CODE}")


def test_a_version_says_what_it_asks_otherwise_than_the_one_before(sender):
    page = sender.page(f"/questionnaires/{CODE}")
    assert re.findall(r'data-what="([^"]+)"', page) == [
        "At the end, English",
        "Question bedside-food, option dont-know",
    ]


def test_core_and_local_questions_are_told_apart(sender):
    section = sender.page("/questionnaires").split(f'data-questionnaire="{CODE}"')[1].split("</section>")[0]
    assert re.findall(r"<strong[^>]*>(Core|Local)<", section) == ["Core", "Core", "Local", "Core", "Core"]


def test_the_file_of_a_version_is_the_version(site):
    text = site.get(f"/questionnaires/{CODE}/versions/1/file").text
    assert tomllib.loads(text) == definition()
    assert text.index("\n[texts]") < text.index("\n[[questions]]") < text.index("\n[[questions.options]]")


def test_who_does_not_see_the_fleet_sees_no_questionnaire(sender, be):
    for role in ("board", "commissioner", "read-only"):
        be(role)
        for path in ("", f"/{CODE}", f"/{CODE}/versions/1", f"/{CODE}/versions/1/screens/0.png"):
            sender.page(f"/questionnaires{path}", 403)
        assert "Questionnaires" not in sender.page("/try")
    be("manager", "leek")
    assert 'href="/questionnaires"' in sender.page("/try")
    for path in (
        "/nothing",
        f"/{CODE}/versions/9",
        "/core/versions/1/screens/0.png",
        f"/{CODE}/versions/1/screens/999.png",
    ):
        sender.page(f"/questionnaires{path}", 404)
    assert "published for devices of an earlier time" in sender.page("/questionnaires/core/versions/1")
