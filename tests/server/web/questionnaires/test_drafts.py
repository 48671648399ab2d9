"""Drafts as people change them: question by question, by language, as a file; published once, then assigned."""

import re
import tomllib
from html import unescape

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.fleet.drafts import QuestionnaireDraft
from server.fleet.tables import QuestionnaireVersion
from server.web.questionnaires.toml_file import as_toml, line_of
from tests.server.web.questionnaires.scene import CODE, changed, definition

DRAFT = f"/questionnaires/{CODE}/draft"
pytestmark = pytest.mark.usefixtures("asked")


@pytest.fixture
def kept(figures):
    """The draft's (revision, definition) as they are stored; None where there is none."""

    def read(code=CODE):
        with Session(figures.engine) as session:
            row = session.get(QuestionnaireDraft, (figures.organisation_id, code))
            return row and (row.revision, row.definition)

    return read


@pytest.fixture
def versions(figures):
    """The numbers of what is published."""

    def read():
        with Session(figures.engine) as session:
            rows = session.scalars(select(QuestionnaireVersion).order_by(QuestionnaireVersion.reference))
            return [row.version for row in rows if row.definition.get("code") == CODE]

    return read


def typed(page, form):
    """Everything that a browser would send of this form, as it stands there."""
    inside = page.split(f'id="{form}"')[1].split("</form>")[0]
    values = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', inside))
    values |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>', inside))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', inside, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        values[name] = chosen[1] if chosen else ""
    return {name: unescape(value) for name, value in values.items()}


def test_a_question_is_changed_and_what_is_not_touched_stays(sender, kept):
    path = f"{DRAFT}/questions/3"
    values = typed(sender.page(path), "question")
    assert (values["question_id"], values["kind"], values["code-3"], values["code-5"]) == (
        "bedside-food",
        "scale",
        "fair",
        "",
    )
    before = kept()[1]
    assert sender.send(path, **values | {"label-3-en": "So-so"}) == f"{DRAFT}#question-3"
    revision, after = kept()
    assert (revision, after["questions"][2]["options"][2]["label"]["en"]) == (2, "So-so")
    after["questions"][2]["options"][2]["label"]["en"] = before["questions"][2]["options"][2]["label"]["en"]
    assert after == before


def test_what_does_not_fit_is_told_at_its_words_and_everything_typed_stays(sender, kept):
    path = f"{DRAFT}/questions/3"
    values = typed(sender.page(path), "question") | {
        "text-cy": "W" * 60,
        "sentiment-4": "positive",
        "text-en": "How did you like the food that you were given?",
    }
    before = kept()
    page = sender.send(path, 422, **values)
    assert (
        "href=\"#question-face-4\">Question 'bedside-food', option 'poor': face 1 does not look positive"
        in unescape(page)
    )
    assert typed(page, "question") == values
    page = unescape(sender.send(path, 422, **values | {"sentiment-4": "negative"}))
    assert re.search(r'href="#question-text-cy">[^<]* is \d+ px too wide', page), page
    assert kept() == before


def test_two_who_change_the_draft_do_not_lose_each_other_s_work(sender, kept):
    path = f"{DRAFT}/questions/3"
    values = typed(sender.page(path), "question")
    sender.send(path, **values | {"label-3-en": "So-so"})
    page = sender.send(path, 422, **values | {"label-3-en": "Passable"})
    assert "Somebody else has changed the draft meanwhile" in page
    assert typed(page, "question")["label-3-en"] == "Passable"
    assert kept()[1]["questions"][2]["options"][2]["label"]["en"] == "So-so"


def test_questions_are_added_moved_and_taken_out(sender, kept):
    words = {"text-en": "Was it quiet at night?", "text-cy": "Oedd hi'n dawel?", "core": "no", "kind": "choice"}
    words |= {"question_id": "quiet", "topic": "other", "objective": "Let people sleep", "revision": "1"}
    answers = {"code-1": "yes", "sentiment-1": "positive", "label-1-en": "Yes", "label-1-cy": "Oedd"}
    page = sender.send(f"{DRAFT}/questions/6", 422, **words, **answers)
    assert "a choice has 2 to 3 options, this has 1" in unescape(page)
    answers |= {"code-3": "no", "sentiment-3": "negative", "label-3-en": "No", "label-3-cy": "Nac oedd"}
    sender.send(f"{DRAFT}/questions/6", **words, **answers)
    assert kept()[1]["questions"][5]["options"][1]["code"] == "no"
    sender.send(f"{DRAFT}/questions/6/up", revision="2")
    sender.send(f"{DRAFT}/questions/1/remove", revision="3")
    names = [question["question_id"] for question in kept()[1]["questions"]]
    assert names == ["bedside-hand-hygiene", "bedside-food", "bedside-treatment", "quiet", "bedside-overall"]
    sender.page(f"{DRAFT}/questions/7", 404)


def test_a_language_is_added_beside_the_original_and_only_whole(sender, kept):
    path = f"{DRAFT}/words/pl"
    page = sender.page(path)
    assert page.index("How is the food here?") < page.index("Question 3, Polski")
    values = typed(page, "words")
    assert [name for name, value in values.items() if value and name.startswith("words-")] == []
    page = sender.send(path, 422, **values | {"words-0": "Prosimy o opinię"})
    assert 'href="#words-words-1">The promise, after the first press: not written yet' in page
    assert typed(page, "words")["words-0"] == "Prosimy o opinię"
    words = {name: "Tak" for name in values if name.startswith("words-")}
    sender.send(path, **values | words | {"checked_by": "Interpreter"})
    revision, after = kept()
    assert (revision, after["languages"], after["checked_by"]["pl"]) == (2, ["en", "cy", "pl"], "Interpreter")
    assert "31 of 31: all" in sender.page(f"{DRAFT}?language=pl").split('data-language="pl"')[1]


def test_as_a_file_every_fault_has_its_line(site, sender, kept):
    text = site.get(f"{DRAFT}/toml").text
    assert tomllib.loads(text) == kept()[1]
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith('text.cy = "Sut mae'))
    lines[at] = 'text.cy = "' + 60 * "W" + '"'
    page = unescape(sender.send(f"{DRAFT}/file", 422, revision="1", toml="\n".join(lines)))
    assert re.search(rf"<li>Line {at + 1}: question 'bedside-food', language 'cy': [^<]* px too wide", page)
    assert lines[at] in page
    lines[1] = "name = 3"
    page = unescape(sender.send(f"{DRAFT}/file", 422, revision="1", toml="\n".join([*lines, 'colour = "blue"'])))
    assert "2 faults in the file: they are listed with their lines" in page
    assert [int(line) for line in re.findall(r"<li>Line (\d+): ", page)] == [2, len(lines) + 1]
    broken = "\n".join(["code = ", *lines[1:]])
    assert "<li>Line 1: this is not readable as TOML" in sender.send(f"{DRAFT}/file", 422, revision="1", toml=broken)
    sender.send(f"{DRAFT}/file", revision="1", toml=text.replace("How is the food here?", "Is the food good?"))
    assert kept()[1]["questions"][2]["text"]["en"] == "Is the food good?"


def test_a_file_that_is_sent_up_replaces_what_stands_in_the_field(sender, kept):
    text = as_toml(changed(definition()) | {"name": "From a file"})
    files = {"file": ("bedside.toml", text.encode(), "application/toml")}
    answer = sender.client.post(f"{DRAFT}/file", data={"revision": "1", "toml": "x"}, files=files)
    assert answer.status_code == 303, answer.text
    assert kept()[1]["name"] == "From a file"


def test_what_is_no_questionnaire_at_all_is_refused_in_words(sender, kept):
    before = kept()
    strange = {
        "code = 2026-11-24": "This holds a date",
        f"code = {5000 * '['}": "This holds a date, or something else",
        f"code = {5000 * '9'}": "This holds a date, or something else",
        'code = "bedside"': "Line 1: ",
        'code = "other"': "is not bedside: a questionnaire keeps its code",
        'code = "bedside"\nname = "a\\u0000b"': "Line ",
        "": "Choose the file, or write it here",
        "code = 1\ncode = 2": "<li>Line 2: this is not readable as TOML: Cannot overwrite a value",
    }
    for text, told in strange.items():
        page = unescape(sender.send(f"{DRAFT}/file", 422, revision="1", toml=text))
        assert told in page, text[:40]
    broken = {"file": ("x.toml", b"\xff\xfe\x00", "application/toml")}
    answer = sender.client.post(f"{DRAFT}/file", data={"revision": "1"}, files=broken)
    assert "This file is no text in UTF-8." in answer.text
    assert kept() == before


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("languages",), 2),
        (("texts", "start", "cy"), 5),
        (("questions", 0, "options", 1, "label"), 10),
        (("questions", 0, "options", 9, "label"), 8),
        (("questions", 1), 12),
        ((), 1),
    ],
)
def test_the_line_of_a_place(place, line):
    text = """code = "x"
languages = ["en"]
[texts]
start.en = "Go"
start.cy = "Ewch"
[[questions]]
text.en = "How?"
options = [
    { code = "a", label.en = "A" },
    { code = "b", label.en = "B" },
]
[[questions]]
text.en = "Why?"
"""
    assert line_of(text, place) == line


def test_sent_twice_it_is_published_once(site, sender, versions):
    page = sender.page(f"{DRAFT}/publish")
    assert re.findall(r'data-what="([^"]+)"', page) == ["Name"]
    assert re.findall(r'data-device="([^"]+)"', page) == ["PET-0", "PET-1", "PET-2"]
    assert "Not checked: Cymraeg" in page
    filled = {"revision": "1", "key": sender.key(page, "publish"), "follow": "yes"}
    there = f"/questionnaires/{CODE}#versions"
    assert [sender.send(f"{DRAFT}/publish", **filled) for _ in range(2)] == [there, there]
    sender.send(f"{DRAFT}/publish", 404, revision="1", key="another")
    assert versions() == [1, 2, 3]
    assert "3 devices are to ask it" in sender.page(f"/questionnaires/{CODE}").split('data-version="3"')[1]
    assert site.get("/api/v1/questionnaires").json()["data"][0]["draft"] is None


def test_published_only_no_device_asks_anything_else(sender):
    filled = {"revision": "1", "key": sender.key(sender.page(f"{DRAFT}/publish"), "publish"), "follow": "no"}
    stale = sender.send(f"{DRAFT}/publish", 422, **filled | {"revision": "9"})
    assert "read it before you publish it" in stale
    sender.send(f"{DRAFT}/publish", **filled)
    assert "No device asks it" in sender.page(f"/questionnaires/{CODE}").split('data-version="3"')[1]


def test_the_next_version_begins_as_the_newest(sender, kept):
    sender.send(f"{DRAFT}/publish", revision="1", key="once")
    assert kept() is None
    assert sender.send(DRAFT) == DRAFT
    assert kept()[1]["name"] == "Bedside, shorter"
    assert sender.send(DRAFT) == DRAFT
    assert kept()[0] == 1


def test_a_questionnaire_begins_like_another_one(sender, kept):
    values = {"code": "clinic", "name": "Clinic", "title": "Clinic", "like": CODE}
    page = sender.send("/new-questionnaire", 422, **values | {"code": CODE})
    assert f"There is a questionnaire {CODE} already" in page
    assert typed(page, "new")["name"] == "Clinic"
    assert sender.send("/new-questionnaire", **values, key="k") == "/questionnaires/clinic/draft"
    assert kept("clinic")[1]["questions"] == changed(definition())["questions"]
    text = as_toml(definition("visits"))
    assert sender.send("/new-questionnaire/file", toml=text) == "/questionnaires/visits/draft"


def test_it_is_asked_where_somebody_who_manages_the_place_says(sender, be):
    here = f"/questionnaires/{CODE}"
    confirm = sender.page(f"{here}/assign?version=2&place=organisation")
    assert re.findall(r'data-device="([^"]+)"', confirm) == ["PET-0"]  # those of leek ask it already
    sender.send(f"{here}/assign", version="2", place="organisation")
    assert "3 devices are to ask it" in sender.page(here).split('data-version="2"')[1]
    sender.send(f"{here}/assign", version="1", place="device:PET-1")
    assert re.findall(r'data-place="([^"]+)"', sender.page(here)) == ["organisation", "team:leek", "device:PET-1"]
    sender.send(f"{here}/unassign", place="device:PET-1", number="0")
    assert "It is asked there no more" in sender.send(f"{here}/unassign", 422, place="device:PET-1", number="0")
    assert "There is no PET-9 here" in sender.page(f"{here}/assign?version=2&serial=PET-9", 422)
    assert "Choose where" in sender.page(f"{here}/assign?version=2", 422)
    sender.page(f"{here}/assign?version=9&place=organisation", 404)
    be("operations", "north")
    sender.send(f"{here}/assign", 404, version="2", place="team:leek")
    sender.send(f"{here}/assign", 403, version="2", place="organisation")
    sender.page(DRAFT, 403)
    be("manager", "leek")
    assert "<form" not in sender.page(here).split("<main")[1]
    sender.send(f"{here}/assign", 403, version="2", place="team:leek")
    sender.send(f"{DRAFT}/publish", 403, revision="1")
