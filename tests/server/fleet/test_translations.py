"""A translation that nobody has checked is marked so in the data, and said so wherever it is published or shown."""

import tomllib

import pytest

from server.fleet.definition import DefinitionError, check_definition
from server.fleet.languages import LANGUAGE_NAMES
from server.fleet.translations import checked_lines, unchecked_warning
from tests.parts import ROOT

DEMO = ROOT / "deploy/demo/questionnaires"
TRANSLATIONS = ["cy", "pl", "ur", "pa", "bn", "zh"]


@pytest.fixture
def beds():
    return tomllib.loads((DEMO / "beds.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["beds", "community"])
def test_every_translation_of_the_demo_is_marked_as_not_checked(name):
    fields = tomllib.loads((DEMO / f"{name}.toml").read_text(encoding="utf-8"))
    assert fields["languages"] == ["en", *TRANSLATIONS]
    assert fields["checked_by"] == dict.fromkeys(TRANSLATIONS, "")
    assert check_definition(fields).unchecked() == TRANSLATIONS


def test_what_is_missing_counts_as_not_checked_and_the_original_needs_no_check(beds):
    beds["checked_by"] = {"cy": "Welsh language officer", "pl": "  "}
    definition = check_definition(beds)
    assert definition.unchecked() == ["pl", "ur", "pa", "bn", "zh"]
    lines = list(checked_lines(definition))
    assert lines[:3] == [
        "en English: the original",
        "cy Cymraeg: checked by Welsh language officer",
        "pl Polski: NOT CHECKED",
    ]
    assert "Polski (pl)" in unchecked_warning(definition)
    assert "Cymraeg" not in unchecked_warning(definition)


def test_once_all_are_checked_nothing_is_said(beds):
    beds["checked_by"] = dict.fromkeys(TRANSLATIONS, "interpreter")
    assert unchecked_warning(check_definition(beds)) == ""


def test_a_check_of_a_language_that_is_not_there_is_refused(beds):
    beds["checked_by"]["de"] = ""
    with pytest.raises(DefinitionError, match=r"checked_by\.de: it is not one of the languages en, cy"):
        check_definition(beds)


def test_publishing_and_showing_say_what_has_not_been_checked(trust):
    said = trust("questionnaire", "publish", str(DEMO / "beds.toml"))
    assert "NOT CHECKED: Cymraeg (cy), Polski (pl)" in said
    assert "Before patients see these" in said
    shown = trust("questionnaire", "show", "beds")
    assert "1 Did we respect you and your privacy?" in shown
    assert "en English: the original" in shown
    for language in TRANSLATIONS:
        assert f"{language} {LANGUAGE_NAMES[language]}: NOT CHECKED" in shown
    said = trust("questionnaire", "publish", str(DEMO / "audit-mealtime.toml"))
    assert "NOT CHECKED" not in said
    assert "no questionnaire bed is published" in trust.refuses("questionnaire", "show", "bed")
