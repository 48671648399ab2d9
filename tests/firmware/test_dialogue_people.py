"""What the dialogue does to people: nothing they said is bent, and nothing of it meets the next one."""

from firmware.dialogue import ASKING, CHOSEN, CHOSEN_MS, SEEN_MS, TIMEOUT_MS, View
from firmware.misuse import TOO_FAST_MS
from protocol.record import FLAG_PARTIAL, FLAG_TOO_FAST
from tests.esp32_ticks import PERIOD
from tests.person import COUNTS, Person

SKIPPED = 14
TIMED_OUT = 15


def test_five_answers_are_a_complete_pass_with_its_duration():
    person = Person().begin(5, 4, 2, 3)
    finished = person.answer(1)
    assert finished.answers == (5, 4, 2, 3, 1)
    assert not finished.partial
    assert finished.flags == 0
    assert finished.duration_ms == 5 * (3000 + CHOSEN_MS)


def test_back_over_answered_questions_asks_each_of_them_again():
    person = Person().begin(5, 4, 2)
    for question in (2, 1, 0):
        person.back()
        assert person.view() == View(ASKING, question, 0)
        assert person.said()[question:] == [0] * (5 - question)
    for option in (1, 1, 1, 1):
        person.answer(option)
    assert person.answer(2).answers == (1, 1, 1, 1, 2)


def test_what_was_taken_back_is_not_kept_by_a_time_out():
    person = Person().begin(5, 4)
    person.back()
    assert person.wait(TIMEOUT_MS).answers == (5, TIMED_OUT, 0, 0, 0)
    person = Person().begin(5)
    person.back()
    assert person.wait(TIMEOUT_MS) is None


def test_a_skipped_question_can_be_taken_back_and_answered():
    person = Person().begin(5)
    person.skip()
    person.back()
    assert person.view() == View(ASKING, 1, 0)
    for option in (4, 2, 3):
        person.answer(option)
    assert person.answer(3).answers == (5, 4, 2, 3, 3)


def test_skipping_everything_is_a_complete_pass():
    person = Person().begin()
    finished = None
    for _ in COUNTS:
        assert finished is None
        person.wait(2000)
        finished = person.skip()
    assert finished.answers == (SKIPPED,) * 5
    assert not finished.partial


def test_a_hammering_hand_never_answers_a_question_before_it_was_shown():
    person = Person()
    finished = None
    shown = person.view()
    presses = 0
    while finished is None:
        before = shown
        finished = person.press(1)
        presses += 1
        shown = person.view()
        if shown.state == CHOSEN:
            assert before == View(ASKING, shown.question, 0)
    assert presses == 1 + 2 * len(COUNTS)
    assert finished.flags == FLAG_TOO_FAST


def test_too_fast_is_less_than_a_second_a_question():
    for spare_ms, too_fast in ((-1, True), (0, False)):
        person = Person([5, 5, 5]).begin()
        for _ in range(2):
            person.press(2)
            person.press(2)
        person.wait(3 * TOO_FAST_MS + spare_ms - CHOSEN_MS - 2 * SEEN_MS)
        person.press(2)
        finished = person.wait(CHOSEN_MS)
        assert finished.flags == (FLAG_TOO_FAST if too_fast else 0)
        assert finished.duration_ms == 3 * TOO_FAST_MS + spare_ms


def test_a_press_for_the_screen_before_is_no_answer_to_the_question_that_has_just_come():
    for appear in (lambda person: person.wait(CHOSEN_MS), lambda person: person.back(), lambda person: person.press(5)):
        for late_ms in (0, 20, SEEN_MS - 1):
            person = Person().begin(4)
            person.press(3)
            appear(person)
            shown = person.view()
            person.wait(late_ms)
            assert person.dialogue.press(1, person.now_ms) is None
            assert person.view() == shown
            person.wait(SEEN_MS - late_ms)
            person.dialogue.press(1, person.now_ms)
            assert person.state() == CHOSEN


def test_a_pass_that_timed_out_is_never_too_fast():
    person = Person([5] * 12).begin()
    person.press(2)
    assert not person.wait(CHOSEN_MS)
    assert person.wait(TIMEOUT_MS).flags == FLAG_PARTIAL


def test_a_pass_across_the_wrap_of_the_ticks_is_like_any_other():
    for before_ms in range(0, 20000, 433):
        person = Person(COUNTS, PERIOD - before_ms).begin(5, 4, 2, 3)
        finished = person.answer(1)
        assert finished.answers == (5, 4, 2, 3, 1)
        assert finished.duration_ms == 5 * (3000 + CHOSEN_MS)


def test_the_next_person_never_meets_an_answer_of_the_last():
    person = Person().begin(5, 4, 2, 3)
    person.answer(1)
    person.dialogue.saved(person.now_ms)
    person.press(1)
    person.begin()
    for _ in range(4):
        assert person.skip() is None
    assert person.skip().answers == (SKIPPED,) * 5
