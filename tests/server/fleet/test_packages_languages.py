"""In each of the seven languages, what does not fit is refused with the place, the language and the pixels."""

import pytest

from server.errors import OperatorError
from server.fleet.definition import DefinitionError
from server.fleet.packages import build_package, read_definition
from server.fleet.texts import check_text
from tests.parts import ROOT

LONG = {
    "en": "Overall, and with everything that you saw, how was our service?",
    "cy": "At ei gilydd, a chyda phopeth a welsoch chi yma, sut oedd ein gwasanaeth?",
    "pl": "Biorąc pod uwagę wszystko, jaka była nasza opieka w ostatnim tygodniu?",
    "ur": "مجموعی طور پر آج ہماری خدمت آپ کو کیسی لگی اور کیوں؟",
    "pa": "ਕੁੱਲ ਮਿਲਾ ਕੇ ਅੱਜ ਸਾਡੀ ਸੇਵਾ ਤੁਹਾਨੂੰ ਕਿਹੋ ਜਿਹੀ ਲੱਗੀ ਅਤੇ ਕਿਉਂ?",
    "bn": "সব মিলিয়ে আজ আমাদের সেবা আপনার কাছে কেমন লেগেছে এবং কেন?",
    "zh": "总体来说您觉得我们今天的服务怎么样为什么这么说呢？",
}


@pytest.fixture
def beds():
    return read_definition(ROOT / "deploy/demo/questionnaires/beds.toml")


def problem_of(definition):
    with pytest.raises(DefinitionError) as refused:
        build_package(definition, 1)
    [problem] = refused.value.problems
    return problem


@pytest.mark.parametrize("language", LONG)
def test_a_question_that_does_not_fit(language, beds):
    beds["questions"][4]["text"][language] = LONG[language]
    problem = problem_of(beds)
    assert problem.startswith(f"question 'overall', language '{language}': \"{LONG[language]}\" is ")
    assert " px too " in problem


@pytest.mark.parametrize("language", LONG)
def test_words_that_do_not_stand_side_by_side(language, beds):
    words = beds["questions"][1]["options"][1]["label"]
    words[language] = f"{words[language]} {words[language]}" * 2
    problem = problem_of(beds)
    assert problem.startswith(f"question 'hand-hygiene', language '{language}': the word of option ")
    assert " px too wide beside the others in the smallest type" in problem


@pytest.mark.parametrize("language", LONG)
def test_a_text_around_the_questions(language, beds):
    beds["texts"]["warning"][language] = "\n".join([LONG[language][:6]] * 5)
    problem = problem_of(beds)
    assert problem.startswith(f"texts.warning, language '{language}': ")
    assert " px too high" in problem


def test_the_name_of_a_language_that_is_too_wide_to_stand_beside_another():
    definition = read_definition(ROOT / "tests/questionnaires/beds.toml")
    definition["languages"] = ["en", "uk"]
    for text in (
        *definition["texts"].values(),
        *(question["text"] for question in definition["questions"]),
        *(option["label"] for question in definition["questions"] for option in question["options"]),
    ):
        text["uk"] = text["en"]
    problem = problem_of(definition)
    assert problem.startswith("the name of language 'uk', where one is chosen: \"Українська\" is ")
    assert "px too wide" in problem


@pytest.mark.parametrize("language", LONG)
def test_what_was_said_and_done(language):
    with pytest.raises(OperatorError, match=rf"(?s)^language '{language}': .* px too high in the smallest type"):
        check_text(language, "\n".join([LONG[language][:6]] * 5))


def test_what_is_too_long_for_anybody_to_read():
    with pytest.raises(OperatorError, match="language 'zh': 33 letters; at most 32 are read"):
        check_text("zh", "好" * 33)
