"""What there is, as the command line lists it: by the codes that commands take, in one order everywhere."""

import json

from tests.server.fleet.test_commands import write_definition


def test_the_tree_is_listed_by_its_codes(trust):
    trust("service", "add", "home", "Home visits")
    trust("team", "add", "north", "North", "--service", "home")
    assert trust("organisation", "list") == "Trust (Europe/London)\n"
    assert trust("service", "list") == "beds: Beds\nhome: Home visits\n"
    assert trust("team", "list") == "rehab: Rehabilitation (beds)\nnorth: North (home)\n"
    assert trust("location", "list") == "ward-1: Ward 1\n"


def test_a_list_of_settings_that_is_empty_says_so(trust):
    assert trust("settings", "list") == "nothing is set: devices keep what they were flashed with\n"
    trust("settings", "sleep", "60")
    assert trust("settings", "list") == "sleep_after_s (organisation): 60\n"


def test_questionnaires_and_targets_are_listed(trust, tmp_path):
    for version in (1, 2):
        file = write_definition(tmp_path / f"{version}.toml", version=version)
        trust("questionnaire", "publish", str(file))
    assert trust("questionnaire", "list") == "ward: Ward (patients), version 1, 2\n"
    trust("target", "set", "0.9", "--by", "commissioner", "--from", "2026-02-01", "--scope", "team:rehab")
    trust("target", "set", "0.85", "--by", "commissioner", "--from", "2026-01-01")
    trust("target", "set", "0.87", "--by", "commissioner", "--from", "2026-03-01")
    assert trust("target", "list") == (
        "organisation: 85% from 2026-01-01 to 2026-03-01, set by commissioner\n"
        "organisation: 87% from 2026-03-01, set by commissioner\n"
        "team:rehab: 90% from 2026-02-01, set by commissioner\n"
    )


def test_an_assignment_says_name_and_version_and_scopes_are_said_as_they_are_written(trust, tmp_path):
    trust("questionnaire", "publish", str(write_definition(tmp_path / "1.toml")))
    trust("questionnaire", "publish", str(write_definition(tmp_path / "2.toml", version=2)))
    said = trust("questionnaire", "assign", "ward", "--version", "1", "--scope", "team:rehab")
    assert said.startswith("questionnaire ward version 1 (Ward) is what patients are asked for team:rehab;")
    trust("questionnaire", "assign", "ward")
    assert trust("questionnaire", "assignments") == (
        "organisation: patients: ward version 2\nteam:rehab: patients: ward version 1\n"
    )


def test_texts_are_listed_in_the_language_that_comes_first_with_all_their_languages(trust):
    words = {"pl": "Naprawione.", "bn": "ঠিক করা হয়েছে", "en": "You said it was loud.\\nWe fixed it."}
    says = [part for language, text in words.items() for part in ("--say", f"{language}={text}")]
    trust("text", "add", *says, "--scope", "service:beds")
    assert trust("text", "list") == (
        "1 (service:beds) waits for approval, in en, pl, bn: You said it was loud. We fixed it.\n"
    )


def test_the_help_of_wifi_names_the_table_that_its_file_holds(pet):
    code, out, _ = pet.run("settings", "wifi", "--help")
    assert code == 0
    assert "[[network]]" in json.dumps(out)
