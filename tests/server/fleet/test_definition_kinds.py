"""What a definition says beside its questions: whose it is, what staff call it, what its languages call themselves."""

from copy import deepcopy

import pytest

from protocol.package import HEAD_BYTES, parse_head, parse_index
from protocol.screen import SCREEN_TEXTS
from server.fleet.definition import DefinitionError
from server.fleet.packages import build_package
from tests.server.ingest.ward import definition


def index_of(data):
    length, _ = parse_head(data)
    return parse_index(data[HEAD_BYTES : HEAD_BYTES + length])


def audit(**changes):
    fields = deepcopy(definition()) | {"code": "hands", "kind": "audit", "title": "Hand hygiene"} | changes
    del fields["texts"]
    return fields


def test_an_audit_needs_no_texts_around_its_questions():
    index = index_of(build_package(audit(), 7))
    assert (index["kind"], index["title"], index["reference"]) == ("audit", "Hand hygiene", 7)
    [language] = index["languages"]
    assert set(language["texts"]) == set(SCREEN_TEXTS)
    said = [tuple(language["texts"][name]) for name in ("start", "warning", "thanks", "full", "battery")]
    assert len(set(said)) == 5, "whoever has finished is thanked, and not shown the title again"


def test_an_audit_may_have_texts_all_the_same():
    thanks = {"en": "Done. Thank you."}
    with_thanks = index_of(build_package(audit() | {"texts": {"thanks": thanks}}, 1))["languages"][0]["texts"]
    assert with_thanks["thanks"] != with_thanks["start"]


def test_patients_are_never_asked_without_them():
    with pytest.raises(DefinitionError, match=r"texts\.promise is missing"):
        build_package(audit(kind="patients"), 1)


def test_each_language_brings_its_own_name():
    fields = audit(languages=["en", "cy"])
    for question in fields["questions"] + [option for each in fields["questions"] for option in each["options"]]:
        words = "text" if "text" in question else "label"
        question[words] = dict.fromkeys(("en", "cy"), question[words]["en"])
    names = [language["name"] for language in index_of(build_package(fields, 1))["languages"]]
    assert names[0] != names[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": "A title of many letters"}, "title: "),
        ({"title": ""}, "title: "),
        ({"title": " Hands"}, "title: "),
        ({"title": "Hygiène"}, "title: "),
        ({"kind": "nurses"}, "kind: must be one of 'patients' or 'audit'"),
        ({"languages": ["xx"]}, "language 'xx' has no name of its own yet"),
    ],
)
def test_what_a_device_could_not_show_is_refused(changes, words):
    with pytest.raises(DefinitionError, match=words):
        build_package(audit(**changes), 1)


def test_a_definition_without_a_title_is_refused():
    fields = audit()
    del fields["title"]
    with pytest.raises(DefinitionError, match="title: is missing"):
        build_package(fields, 1)
