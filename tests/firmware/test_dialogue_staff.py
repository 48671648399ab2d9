"""The dialogue in the hands of staff: home visits, the hold-combination in the middle of a pass, refusals."""

from firmware.buttons import CONTROL, STAFF, TOGETHER
from firmware.dialogue import (
    ASKING,
    BATTERY,
    FULL,
    HANDOVER,
    IDLE,
    LANGUAGE_MS,
    PAGE_MS,
    REFUSED,
    REFUSED_MS,
    SAVING,
    THANKS,
    THANKS_MS,
    TIMEOUT_MS,
    WARN_MS,
    WARNING,
    View,
)
from protocol.record import FLAG_PARTIAL
from tests.person import COUNTS, at_question, patient


def test_a_locked_device_asks_to_be_handed_over_until_staff_unlock_it():
    person = patient()
    person.dialogue.lock(True, person.now_ms)
    assert person.view() == View(HANDOVER, 0, 0)
    assert person.dialogue.home()
    assert person.dialogue.due_ms(person.now_ms) == -1
    person.wait(1000 * PAGE_MS)
    assert person.view() == View(HANDOVER, 0, 0)
    at_question(person)
    person.wait(TIMEOUT_MS)
    assert person.view() == View(HANDOVER, 0, 0)
    at_question(person)
    for _ in COUNTS:
        finished = person.skip()
    assert person.state() == SAVING
    assert finished
    person.dialogue.saved(person.now_ms)
    person.wait(THANKS_MS)
    assert person.view() == View(HANDOVER, 0, 0)
    person.dialogue.refused(person.now_ms)
    person.wait(REFUSED_MS)
    assert person.view() == View(HANDOVER, 0, 0)
    for event in (1, 2, 3, 4, 5, CONTROL, -CONTROL, TOGETHER, STAFF):
        person.react(event)
        person.wait(LANGUAGE_MS)
        person.wait(TIMEOUT_MS)
        person.wait(TIMEOUT_MS)
        assert person.view() == View(HANDOVER, 0, 0), event
    person.dialogue.lock(False, person.now_ms)
    assert person.view() == View(IDLE, 0, 0)


def test_locking_takes_nothing_from_somebody_who_answers():
    person = at_question(patient())
    person.answer(4)
    person.dialogue.lock(True, person.now_ms)
    assert person.view() == View(ASKING, 1, 0)
    assert person.wait(TIMEOUT_MS).answers[0] == 4
    person.dialogue.back_to_idle(person.now_ms)
    assert person.view() == View(HANDOVER, 0, 0)


def test_staff_who_take_the_device_lose_no_answer():
    person = at_question(patient(1))
    person.answer(4)
    finished = person.dialogue.end(person.now_ms)
    assert (finished.answers, finished.flags, finished.partial) == ((4, 15, 0, 0, 0), FLAG_PARTIAL, True)
    assert person.state() == SAVING
    person = at_question(patient(1))
    person.press(4)  # the chosen word stands
    assert person.dialogue.end(person.now_ms).answers == (4, 0, 0, 0, 0)
    person = at_question(patient(1))
    for option in (1, 2, 1, 2):
        person.answer(option)
    person.press(5)
    finished = person.dialogue.end(person.now_ms)
    assert (finished.answers, finished.partial) == ((1, 2, 1, 2, 5), False)
    person = at_question(patient(1))
    person.answer(4)
    person.wait(WARN_MS)
    assert person.state() == WARNING
    assert person.dialogue.end(person.now_ms).answers == (4, 15, 0, 0, 0)


def test_staff_who_take_the_device_before_an_answer_keep_nothing():
    for languages in (1, 3):
        person = patient(languages)
        for _ in range(4):
            assert person.dialogue.end(person.now_ms) is None
            assert person.view() == View(IDLE, 0, 0)
            person.react(3)
        for _ in range(3):
            person.react(1)
            if person.state() == ASKING:
                break
            assert person.dialogue.end(person.now_ms) is None
            assert person.view() == View(IDLE, 0, 0)
            person.react(3)


def test_a_refusal_says_why():
    for why in (FULL, BATTERY):
        person = patient(pages=3)
        person.dialogue.refused(person.now_ms, why)
        assert person.view() == View(REFUSED, why, 0)
        assert not person.dialogue.home()
        person.wait(REFUSED_MS)
        assert person.view() == View(IDLE, 0, 0)


def test_home_is_where_nobody_answers():
    person = at_question(patient())
    assert not person.dialogue.home()
    person.dialogue.saved(person.now_ms)
    assert person.state() == THANKS
    assert not person.dialogue.home()
    person.wait(THANKS_MS)
    assert person.dialogue.home()
