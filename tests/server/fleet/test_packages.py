"""A definition becomes a package that the device's own code opens, or sentences that say what to mend where."""

import copy
import json

import pytest

from firmware.questionnaire import Questionnaire
from protocol.package import HEAD_BYTES, parse_head, parse_index
from protocol.screen import SCREEN_TEXTS
from server.errors import OperatorError
from server.fleet.definition import DefinitionError
from server.fleet.packages import build_package, read_definition
from tests.parts import ROOT

CASE_STUDY = ROOT / "deploy/demo/questionnaires"
CORE = ["privacy-and-dignity", "hand-hygiene", "treatment", "overall"]


@pytest.fixture
def beds():
    """Of the tests' own: five questions in one language."""
    return read_definition(ROOT / "tests/questionnaires/beds.toml")


@pytest.fixture
def opened(tmp_path):
    """Opens a package with the device's own code."""
    questionnaires = []

    def open_package(data):
        path = tmp_path / f"{len(questionnaires)}.pkg"
        path.write_bytes(data)
        questionnaires.append(Questionnaire(str(path)))
        return questionnaires[-1]

    yield open_package
    for questionnaire in questionnaires:
        questionnaire.close()


def index_of(data):
    length, _ = parse_head(data)
    return parse_index(data[HEAD_BYTES : HEAD_BYTES + length])


def problems_of(definition):
    with pytest.raises(DefinitionError) as caught:
        build_package(definition, 1)
    assert isinstance(caught.value, OperatorError)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_the_case_study_asks_five_questions_of_which_four_are_the_same_and_who_answers_at_home():
    both = [read_definition(CASE_STUDY / f"{name}.toml") for name in ("beds", "community")]
    questions = [{question["question_id"]: question for question in one["questions"]} for one in both]
    assert [len(one) for one in questions] == [5, 6]
    who = questions[1]["respondent"]["options"]
    assert [(option["code"], option["sentiment"]) for option in who] == [
        ("patient", "excluded"),
        ("carer", "excluded"),
        ("family", "excluded"),
    ]
    for question_id in CORE:
        assert questions[0][question_id] == questions[1][question_id]
    sentiments = {option["code"]: option["sentiment"] for option in questions[0]["food"]["options"]}
    assert sentiments == {
        "excellent": "positive",
        "good": "positive",
        "dont-know": "excluded",
        "fair": "negative",
        "poor": "negative",
    }
    hands = {option["code"]: option["sentiment"] for option in questions[0]["hand-hygiene"]["options"]}
    assert hands == {"yes": "positive", "cannot-say": "excluded", "no": "negative"}


@pytest.mark.parametrize("name", ["beds", "community"])
def test_the_device_opens_what_the_server_builds(name, opened):
    definition = read_definition(CASE_STUDY / f"{name}.toml")
    questionnaire = opened(build_package(definition, 40000))
    assert questionnaire.reference == 40000
    assert questionnaire.option_counts == [len(question["options"]) for question in definition["questions"]]
    for number, question in enumerate(definition["questions"]):
        faces = [questionnaire.face(number, option) for option in range(1, len(question["options"]) + 1)]
        assert faces == [option.get("face", 0) for option in question["options"]]


@pytest.mark.parametrize("name", ["beds", "community"])
def test_no_picture_has_a_lit_pixel_on_its_border(name, opened):
    questionnaire = opened(build_package(read_definition(CASE_STUDY / f"{name}.toml"), 1))
    last = len(questionnaire.option_counts) - 1
    count = questionnaire.label(last, questionnaire.option_counts[last]) + 1
    assert count == len(SCREEN_TEXTS) + last + 1 + sum(questionnaire.option_counts)
    for picture in range(count):
        width, height = questionnaire.load(picture)
        row_bytes = (width + 7) // 8
        rows = [
            int.from_bytes(questionnaire.buffer[row * row_bytes : (row + 1) * row_bytes], "big")
            for row in range(height)
        ]
        assert rows[0] == rows[-1] == 0
        together = 0
        for row in rows:
            together |= row
        assert together >> (8 * row_bytes - 1) == 0  # leftmost column
        assert together & (1 << (8 * row_bytes - width)) == 0  # rightmost column
        assert together != 0


def test_every_language_gets_its_number_and_its_pictures(beds, opened):
    two = in_two_languages(beds)
    data = build_package(two, 1)
    assert [(one["number"], one["code"]) for one in index_of(data)["languages"]] == [(0, "en"), (1, "cy")]
    questionnaire = opened(data)
    questionnaire.load(questionnaire.question(0))
    english = bytes(questionnaire.buffer)
    questionnaire.use_language(1)
    assert questionnaire.language == 1
    questionnaire.load(questionnaire.question(0))
    assert bytes(questionnaire.buffer) != english


def test_a_picture_that_is_shown_twice_is_kept_once(beds):
    questions = index_of(build_package(beds, 1))["languages"][0]["questions"]
    assert [option["label"] for option in questions[2]["options"]] == [
        option["label"] for option in questions[3]["options"]
    ]


def test_building_twice_gives_the_same_bytes(beds):
    assert build_package(beds, 7) == build_package(json.loads(json.dumps(beds)), 7)


def question(definition, question_id):
    return next(one for one in definition["questions"] if one["question_id"] == question_id)


def in_two_languages(definition):
    """The same with Welsh words, or what the test takes for them."""
    two = copy.deepcopy(definition)
    two["languages"] = ["en", "cy"]
    texts = [*two["texts"].values()]
    for one in two["questions"]:
        texts += [one["text"], *(option["label"] for option in one["options"])]
    for text in texts:
        text["cy"] = text["en"].replace("e", "ŵ")
    return two


def more_questions(definition):
    definition["questions"] += [
        {**question(definition, "food"), "question_id": f"food-{number}"} for number in range(8)
    ]


def more_options(count):
    def change(definition):
        options = question(definition, "food")["options"]
        options += [{**options[0], "code": f"more-{number}"} for number in range(count - len(options))]

    return change


def add_option(code, sentiment, face, at):
    def change(definition):
        option = {"code": code, "label": {"en": "?"}, "sentiment": sentiment, "face": face}
        question(definition, "food")["options"].insert(at, option)

    return change


def put(path, value):
    """Set a field; `path` as question_id, option number, field, ..."""

    def change(definition):
        here = question(definition, path[0])
        for step in path[1:-1]:
            here = here[step]
        here[path[-1]] = value

    return change


def keep_two_options(definition):
    del question(definition, "food")["options"][2:]


def drop_text(definition):
    del definition["texts"]["full"]


WRONG = [
    (more_questions, "13 questions: a response has room for 12; split it in two"),
    (more_options(7), "question 'food': 7 options: an answer can tell 6 apart"),
    (more_options(6), "question 'food': 6 options: the device has 5 answer buttons"),
    (
        put(["food", "options", 1, "sentiment"], "happy"),
        (
            "questions 3 ('food') options 2 ('good') sentiment: must be one of 'positive', 'neutral', 'negative' or"
            " 'excluded' (found: 'happy')"
        ),
    ),
    (put(["food", "text"], {"cy": "Bwyd?"}), "question 'food': no text in language 'en'"),
    (
        put(["food", "options", 0, "label"], {"en": "Excellent", "cy": "Da"}),
        "question 'food', option 'excellent': a text in 'cy', which is not one of the languages en",
    ),
    (
        put(["food", "text", "en"], "Please would you be so kind as to tell us how you like the food"),
        (
            "question 'food', language 'en': \"Please would you be so kind as to tell us how you like the food\" is"
            " 9 px too high in the smallest type (14 px)"
        ),
    ),
    (
        put(["food", "options", 0, "label", "en"], "Incomprehensibly"),
        "question 'food', language 'en': \"Incomprehensibly\" is 12 px too wide in the smallest type (14 px)",
    ),
    (
        put(["hand-hygiene", "options", 1, "label", "en"], "I cannot say now"),
        (
            "question 'hand-hygiene', language 'en': the word of option 'cannot-say' is 14 px too wide beside the"
            " others in the smallest type (14 px); shorten one, or break it into two lines"
        ),
    ),
    (
        put(["food", "options", 2, "face"], 4),
        "question 'food': the faces are [5, 4, 4, 1]; they go from best to worst or from worst to best, each once",
    ),
    (
        put(["food", "options", 2, "face"], 3),
        (
            "question 'food', option 'fair': face 3 does not look negative (1 and 2 are negative, 3 neutral, 4 and 5"
            " positive, 0 excluded)"
        ),
    ),
    (
        add_option("dont-know", "neutral", 0, 2),
        (
            "question 'food', option 'dont-know': face 0 does not look neutral (1 and 2 are negative, 3 neutral, 4 and"
            " 5 positive, 0 excluded)"
        ),
    ),
    (
        add_option("dont-know", "excluded", 0, 4),
        "question 'food': the faces are [5, 4, 2, 1, 0]; one option may do without (face = 0), between good and bad",
    ),
    (
        put(["hand-hygiene", "options", 0, "face"], 5),
        "question 'hand-hygiene': a choice shows words; take its faces away or make it a scale",
    ),
    (keep_two_options, "question 'food': a scale has 3 to 5 options, this has 2"),
    (put(["food", "question_id"], "overall"), "question_id 'overall' stands there more than once"),
    (
        put(["food", "options", 1, "code"], "excellent"),
        "question 'food': option code 'excellent' stands there more than once",
    ),
    (
        put(["food", "text", "en"], "Good 餐"),
        "question 'food', language 'en': the font has no 餐; see docs/questionnaires.md",
    ),
    (put(["food", "text", "en"], "a " * 21), "question 'food', language 'en': 21 words; at most 20 are read"),
    (
        drop_text,
        "texts.full is missing: the device needs the texts start, promise, handover, warning, thanks, full, battery",
    ),
    (put(["food", "colour"], "red"), "questions 3 ('food') colour: is not known here (found: 'red')"),
]


@pytest.mark.parametrize(("change", "sentence"), WRONG, ids=[sentence[:40] for _, sentence in WRONG])
def test_what_is_wrong_is_said_in_a_sentence(change, sentence, beds):
    change(beds)
    assert sentence in problems_of(beds)


def test_all_problems_are_said_at_once(beds):
    put(["food", "text", "en"], "word " * 18)(beds)
    put(["overall", "text", "en"], "word " * 18)(beds)
    assert len(problems_of(beds)) == 2


def test_more_languages_than_fit_on_a_device_are_refused(beds):
    overall = question(beds, "overall")
    beds["questions"] = [{**overall, "question_id": f"overall-{number}"} for number in range(12)]
    beds["languages"] = ["en", "cy", "pl", "de", "es", "fr", "it", "pt"]
    for text in (*beds["texts"].values(), overall["text"], *(option["label"] for option in overall["options"])):
        text.update(dict.fromkeys(beds["languages"], text["en"]))
    [problem] = problems_of(beds)
    assert problem.endswith("leave out a language or shorten the questionnaire")
