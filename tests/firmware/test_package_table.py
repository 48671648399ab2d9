"""The table beside a package is believed when it is this very package's and whole, and never otherwise; and texts."""

import os

from firmware.pictures import PICTURE_BYTES_MAX
from firmware.questionnaire import Questionnaire
from firmware.texts import Texts
from protocol.errors import ProtocolError
from protocol.screen import SCREEN_TEXTS
from tests.firmware.packages import (
    DIRECTORY,
    HEIGHT,
    PICTURE_BYTES,
    UNUSABLE,
    WIDTH,
    damaged,
    package,
    refusal,
    refused,
    remove,
    sample_language,
    saved,
    texts_package,
)

# --- the table beside a package


def test_a_proven_package_is_read_by_its_table_alone():
    path = saved(package([sample_language(0, "en"), sample_language(7, "cy", first=50)]))
    Questionnaire(path).close()
    damaged(path, 20)  # in the index: whoever reads that finds it damaged
    questionnaire = Questionnaire(path, True)
    assert questionnaire.option_counts == [3, 5]
    assert questionnaire.title == "Beds"
    questionnaire.use_language(1)
    assert questionnaire.language == 7
    questionnaire.load(questionnaire.label(1, 5))
    assert questionnaire.buffer[0] == 50 + len(SCREEN_TEXTS) + 4 + 5
    questionnaire.close()
    assert refused(path, False)
    remove(path)


def test_the_table_of_another_package_is_not_taken_for_its_own():
    path = saved(package([sample_language(0, "en")], reference=1))
    Questionnaire(path).close()
    with open(path, "wb") as file:
        file.write(package([sample_language(0, "en")], reference=2))
    questionnaire = Questionnaire(path, True)
    assert questionnaire.reference == 2
    questionnaire.close()
    remove(path)


def test_a_damaged_or_missing_table_is_made_anew_or_refused_and_never_believed():
    path = saved(package([sample_language(0, "en")]))
    Questionnaire(path).close()
    table = path[:-4] + ".tab"
    with open(table, "rb") as file:
        good = file.read()
    for at in range(0, len(good), 11):
        damaged(table, at)
        questionnaire = None
        try:
            questionnaire = Questionnaire(path, True)
        except ProtocolError as error:
            assert str(error) == UNUSABLE
            Questionnaire(path).close()  # the next start with power proves it again, and mends it
        else:
            questionnaire.close()
        with open(table, "rb") as file:
            assert file.read() == good, at
    for length in range(0, len(good), 31):
        with open(table, "wb") as file:
            file.write(good[:length])
        assert not refused(path, True) or not refused(path, False)
    os.remove(table)
    assert not refused(path, True)
    remove(path)


def test_a_table_that_cannot_be_finished_leaves_the_old_one():
    path = saved(package([sample_language(0, "en")]))
    Questionnaire(path).close()
    with open(path, "wb") as file:
        file.write(package([sample_language(0, "en")])[:-1])
    assert refused(path, True)
    assert sorted(os.listdir(DIRECTORY)) == sorted([path[len(DIRECTORY) + 1 :], path[len(DIRECTORY) + 1 : -4] + ".tab"])
    remove(path)


# --- "You said, we did"


def test_texts_come_out_as_they_went_in():
    path = saved(texts_package(5))
    for proven in (False, True):
        buffer = bytearray(PICTURE_BYTES_MAX)
        texts = Texts(path, buffer, proven)
        assert texts.count == 5
        for number in range(5):
            assert texts.load(number) == (WIDTH, HEIGHT)
            assert bytes(buffer[:PICTURE_BYTES]) == bytes([number] * PICTURE_BYTES)
        texts.close()
    remove(path)


def test_without_texts_or_with_bad_ones_there_are_none():
    buffer = bytearray(PICTURE_BYTES_MAX)
    texts = Texts(DIRECTORY + "/none.pkg", buffer)
    assert (texts.count, texts.problem) == (0, "")
    texts.close()
    good = texts_package(5)
    for data in (good[:-1], good[:60] + b"\xff" + good[61:], b"", texts_package(0), texts_package(17)):
        path = saved(data)
        texts = Texts(path, buffer)
        assert texts.count == 0
        assert texts.problem
        texts.close()
        remove(path)
    path = saved(package([sample_language(0, "en")]))
    texts = Texts(path, buffer)
    assert texts.count == 0
    texts.close()
    remove(path)


def test_texts_are_no_questionnaire():
    assert refusal(texts_package(2)) == UNUSABLE
