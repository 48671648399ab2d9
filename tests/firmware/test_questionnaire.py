"""A questionnaire package is opened only when it is whole and can be shown; its pictures come out as they went in."""

import os
from json import dumps

from firmware.package_file import prove
from firmware.pictures import OF_AUDIT, OF_PATIENTS, OF_TEXTS
from firmware.questionnaire import Questionnaire
from protocol.errors import ProtocolError
from protocol.package import pack_package
from protocol.screen import SCREEN_TEXTS, button_of_option, option_of_button
from tests.firmware.packages import (
    DIRECTORY,
    HEIGHT,
    NAME,
    PICTURE_BYTES,
    WIDTH,
    opened,
    package,
    pictures,
    refusal,
    remove,
    sample_language,
    saved,
    texts_package,
    with_first_text,
)

BUTTONS = {1: [3], 2: [1, 5], 3: [1, 3, 5], 4: [1, 2, 4, 5], 5: [1, 2, 3, 4, 5]}


def test_options_stand_on_the_agreed_buttons():
    for count, buttons in BUTTONS.items():
        assert [button_of_option(count, option) for option in range(1, count + 1)] == buttons
        for button in range(1, 6):
            expected = buttons.index(button) + 1 if button in buttons else 0
            assert option_of_button(count, button) == expected


def test_a_package_opens_with_its_reference_and_shape():
    questionnaire = opened(package([sample_language(0, "en")], reference=513))
    assert questionnaire.reference == 513
    assert questionnaire.option_counts == [3, 5]
    assert questionnaire.language == 0
    assert [questionnaire.face(0, option) for option in (1, 2, 3)] == [0, 0, 0]
    assert [questionnaire.face(1, option) for option in (1, 2, 3, 4, 5)] == [5, 4, 3, 2, 1]
    questionnaire.close()


def test_each_picture_comes_out_as_it_went_in():
    questionnaire = opened(package([sample_language(0, "en")]))
    pictures = list(range(len(SCREEN_TEXTS)))
    for question, count in enumerate(questionnaire.option_counts):
        pictures.append(questionnaire.question(question))
        pictures.extend([questionnaire.label(question, option) for option in range(1, count + 1)])
    assert pictures == list(range(len(SCREEN_TEXTS) + 4 + 6))
    for picture in pictures:
        assert questionnaire.height(picture) == HEIGHT
        assert questionnaire.load(picture) == (WIDTH, HEIGHT)
        assert bytes(questionnaire.buffer[:PICTURE_BYTES]) == bytes([picture] * PICTURE_BYTES)
    questionnaire.close()


def test_languages_are_told_apart_whatever_the_index_looks_like():
    second = sample_language(7, "a{b[", first=50)
    second["note"] = 'quote " brace } backslash \\'
    path = saved(package([sample_language(0, "en"), second]))
    questionnaire = Questionnaire(path)
    assert questionnaire.language_count() == 2
    assert questionnaire.language == 0
    questionnaire.use_language(1)
    assert questionnaire.language == 7
    questionnaire.load(questionnaire.label(1, 5))
    assert questionnaire.buffer[0] == 50 + len(SCREEN_TEXTS) + 4 + 5
    questionnaire.close()
    remove(path)


def test_the_reference_may_stand_behind_the_languages():
    index = '{ "languages": [ %s ], "title": "Beds", "kind": "patients", "reference": 9 }' % dumps(
        sample_language(0, "en")
    )
    questionnaire = opened(pack_package(index.encode(), pictures()))
    assert questionnaire.reference == 9
    questionnaire.close()


def test_one_changed_byte_anywhere_is_refused():
    data = package([sample_language(0, "en")])
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x10
        path = saved(changed)
        try:
            prove(path)
        except ProtocolError:
            continue
        finally:
            os.remove(path)
        raise AssertionError("byte %d" % at)


def test_a_shorter_or_longer_file_is_refused():
    data = package([sample_language(0, "en")])
    for length in (0, 3, 4, 11, 12, 100, len(data) - 5, len(data) - 1):
        assert refusal(data[:length])
    assert refusal(data + b"\x00")


def test_a_missing_file_says_what_to_do():
    try:
        Questionnaire("/tmp/there-is-no-such-package")
    except ProtocolError as error:
        assert str(error) == "no questionnaire: publish one to this device"
    else:
        raise AssertionError("opened")


def test_a_picture_must_lie_in_the_package_and_on_the_screen():
    size = len(pictures())
    good = [size - PICTURE_BYTES, WIDTH, HEIGHT]
    assert refusal(with_first_text(good)) == ""
    for bad in (
        [size - PICTURE_BYTES + 1, WIDTH, HEIGHT],
        [-1, WIDTH, HEIGHT],
        [0, 129, 1],
        [0, 8, 65],
        [0, 0, 1],
        [0, 8, 0],
        [0, 8],
        [0, "8", 8],
        "start",
        None,
    ):
        assert refusal(with_first_text(bad)), bad


def test_what_five_buttons_cannot_ask_is_refused():
    language = sample_language(0, "en")
    language["questions"][1]["options"].append(language["questions"][1]["options"][0])
    assert refusal(package([language])) == "the questionnaire has more options than this device has buttons"


def test_languages_with_other_questions_are_refused():
    other = sample_language(1, "cy")
    other["questions"].pop()
    assert refusal(package([sample_language(0, "en"), other]))
    assert refusal(package([]))
    lacking = sample_language(0, "en")
    del lacking["questions"][0]["options"][2]["face"]
    assert refusal(package([lacking]))


def test_a_face_that_nobody_can_draw_is_refused():
    language = sample_language(0, "en")
    language["questions"][1]["options"][0]["face"] = 6
    assert refusal(package([language]))


def test_the_name_and_the_start_text_of_every_language_are_at_hand_whatever_language_is_used():
    path = saved(package([sample_language(0, "en"), sample_language(7, "cy", first=50)]))
    questionnaire = Questionnaire(path)
    for position in (0, 1, 0):
        questionnaire.use_language(position)
        assert questionnaire.position == position
        for other, first in ((0, 0), (1, 50)):
            questionnaire.load(2 * other, True)
            assert questionnaire.buffer[0] == first
            questionnaire.load(2 * other + 1, True)
            assert questionnaire.buffer[0] == first + NAME
    questionnaire.close()
    remove(path)


def test_a_name_that_has_no_room_on_the_language_screen_is_refused():
    for width, height in ((60, 2), (9, 22)):
        language = sample_language(0, "en")
        language["name"] = [0, width, height]
        assert refusal(package([language])) == "the name of a language is larger than its place on the screen"


def test_a_checklist_is_told_from_what_patients_are_asked():
    questionnaire = opened(package([sample_language(0, "en")], kind="audit", title="Hand hygiene"))
    assert questionnaire.audit
    assert questionnaire.title == "Hand hygiene"
    questionnaire.close()
    questionnaire = opened(package([sample_language(0, "en")]))
    assert not questionnaire.audit
    questionnaire.close()


def test_proving_tells_the_kind_and_leaves_no_table():
    for data, kind in (
        (package([sample_language(0, "en")]), OF_PATIENTS),
        (package([sample_language(0, "en")], kind="audit"), OF_AUDIT),
        (texts_package(3), OF_TEXTS),
    ):
        path = saved(data)
        assert prove(path) == kind
        assert os.listdir(DIRECTORY) == [path[len(DIRECTORY) + 1 :]]
        os.remove(path)
