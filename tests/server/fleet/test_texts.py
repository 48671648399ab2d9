"""Texts for the idle screen: approved, in their time, place and languages, or refused with words."""

from datetime import timedelta

import pytest

from protocol.messages import ITEM_TEXTS
from protocol.package import HEAD_BYTES, parse_head, parse_texts
from server.errors import OperatorError
from server.fleet import texts
from server.fleet.questionnaires import publish
from server.ingest.due import refresh_due
from tests.server.ingest.ward import KEY_RING, NOW, definition, minutes
from tests.server.roll_out import fetch, greet

TEXTS = (ITEM_TEXTS, 0)


def texts_of(ward, handheld):
    item = greet(ward, handheld)[1].get(TEXTS)
    if item is None:
        return []
    package = fetch(ward, handheld, item)
    length, _ = parse_head(package)
    return [text["language"] for text in parse_texts(package[HEAD_BYTES : HEAD_BYTES + length])]


def test_texts_are_shown_once_approved_in_their_time_and_place(ward, operator):
    handheld = ward.handheld()
    operator.assign()
    number = operator.say(approved=False)
    assert texts_of(ward, handheld) == []
    operator.change(texts.approve_text, number, "matron", NOW)
    assert texts_of(ward, handheld) == [0]
    operator.say("team:night")
    assert texts_of(ward, handheld) == [0]
    operator.say("service:beds", words={"en": "You asked for tea.\nHere it is."}, to_at=NOW + minutes(9))
    operator.say("team:day", words={"en": "Later"}, from_at=NOW + minutes(5))
    assert texts_of(ward, handheld) == [0, 0]
    refresh_due(ward.engine, KEY_RING, NOW + minutes(5))
    assert texts_of(ward, handheld) == [0, 0, 0]
    refresh_due(ward.engine, KEY_RING, NOW + minutes(9))
    assert texts_of(ward, handheld) == [0, 0]
    operator.now = NOW + minutes(10)
    operator.change(texts.end_text, number, operator.now)
    assert texts_of(ward, handheld) == [0]
    with pytest.raises(OperatorError, match="is approved already"):
        operator.change(texts.approve_text, number, "matron", NOW)


def test_texts_come_in_the_languages_of_the_questionnaire(ward, operator):
    handheld = ward.handheld()
    fields = in_languages(definition(), ["en", "cy", "pl"]) | {"version": 2}
    operator.change(_publish, fields)
    operator.assign()
    operator.say(words={"pl": "Było głośno", "en": "It was loud", "de": "Es war laut"})
    assert texts_of(ward, handheld) == [0, 2]
    for number in range(7):
        operator.say(words={"en": f"Text {number}", "cy": f"Testun {number}", "pl": f"Tekst {number}"})
    assert len(texts_of(ward, handheld)) == 15  # of 16 that fit: the newest, each whole


def _publish(session, owner, fields):
    publish(session, owner, fields, NOW)


def in_languages(fields, languages):
    def spread(texts_by_language):
        return dict.fromkeys(languages, texts_by_language["en"])

    questions = [
        {
            **question,
            "text": spread(question["text"]),
            "options": [{**option, "label": spread(option["label"])} for option in question["options"]],
        }
        for question in fields["questions"]
    ]
    screen = {name: spread(text) for name, text in fields["texts"].items()}
    return {**fields, "languages": languages, "texts": screen, "questions": questions}


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"words": {}}, "a text needs words"),
        ({"words": {"xx": "Hello"}}, "is not known"),
        ({"words": {"en": "word " * 21}}, "21 words"),
        ({"words": {"en": "餐"}}, "the font has no 餐"),
        ({"words": {"en": "Unpronounceablenesses everywhere"}}, "too wide"),
        ({"to_at": NOW - timedelta(days=1)}, "before it begins"),
    ],
)
def test_a_text_that_no_device_could_show_is_refused(operator, named, words):
    with pytest.raises(OperatorError, match=words):
        operator.say(**named)
