"""The dialogue's transition table, row by row."""

from firmware.dialogue import (
    ASKING,
    CHOSEN,
    CHOSEN_MS,
    IDLE,
    REFUSED,
    REFUSED_MS,
    SAVING,
    THANKS,
    THANKS_MS,
    TIMEOUT_MS,
    WARN_MS,
    WARNING,
    Dialogue,
    View,
)
from tests.esp32_ticks import PERIOD
from tests.person import Person

SKIPPED = 14
TIMED_OUT = 15
PRESSES = (lambda person: person.press(1), lambda person: person.press(0), Person.back, Person.skip)


def at(state):
    """Somebody whose dialogue is in this state, at the second question where there is one."""
    person = Person()
    if state == IDLE:
        return person
    if state in (ASKING, CHOSEN, WARNING):
        person.begin(4)
        if state == CHOSEN:
            person.press(2)
        if state == WARNING:
            person.wait(WARN_MS)
        return person
    person.begin(1, 1, 1, 1)
    person.answer(1)
    if state == THANKS:
        person.dialogue.saved(person.now_ms)
    if state == REFUSED:
        person.dialogue.refused(person.now_ms)
    return person


def test_the_states_of_the_table_can_be_reached():
    for state in (IDLE, ASKING, CHOSEN, WARNING, SAVING, THANKS, REFUSED):
        assert at(state).state() == state


# --- row IDLE


def test_any_button_begins_and_is_no_answer():
    for begin in (lambda person: person.press(3), lambda person: person.press(0), Person.back, Person.skip):
        person = at(IDLE)
        begin(person)
        assert person.view() == View(ASKING, 0, 0)
        assert person.said() == [0, 0, 0, 0, 0]


def test_idle_waits_for_ever():
    person = at(IDLE)
    assert person.dialogue.due_ms(person.now_ms) == -1
    assert person.wait(PERIOD // 2 - 1) is None
    assert person.state() == IDLE


# --- row ASKING


def test_a_press_shows_what_was_chosen():
    person = at(ASKING)
    assert person.press(2) is None
    assert person.view() == View(CHOSEN, 1, 2)


def test_a_button_that_stands_for_no_option_only_gives_more_time():
    person = Person().begin(5, 5)
    person.wait(WARN_MS - 1)
    for option in (0, 3, 6):
        assert person.press(option) is None
        assert person.view() == View(ASKING, 2, 0)
    person.wait(WARN_MS - 1)
    assert person.view() == View(ASKING, 2, 0)


def test_back_asks_the_question_before():
    person = at(ASKING)
    person.back()
    assert person.view() == View(ASKING, 0, 0)


def test_back_from_the_first_question_ends_and_keeps_nothing():
    person = Person().begin()
    person.back()
    assert person.view() == View(IDLE, 0, 0)
    assert not any(person.said())


def test_skip_asks_the_next_question():
    person = at(ASKING)
    assert person.skip() is None
    assert person.view() == View(ASKING, 2, 0)
    assert person.said()[1] == SKIPPED


def test_skip_at_the_last_question_ends_the_pass():
    person = Person().begin(1, 2, 1, 3)
    assert person.skip().answers == (1, 2, 1, 3, SKIPPED)
    assert person.state() == SAVING


def test_the_warning_comes_when_it_is_due_and_not_before():
    person = at(ASKING)
    assert person.dialogue.due_ms(person.now_ms) == WARN_MS
    person.wait(WARN_MS - 1)
    assert person.view() == View(ASKING, 1, 0)
    assert person.dialogue.due_ms(person.now_ms) == 1
    person.wait(1)
    assert person.view() == View(WARNING, 1, 0)


# --- row CHOSEN


def test_the_chosen_word_goes_by_itself():
    person = at(CHOSEN)
    assert person.dialogue.due_ms(person.now_ms) == CHOSEN_MS
    person.wait(CHOSEN_MS - 1)
    assert person.state() == CHOSEN
    assert person.wait(1) is None
    assert person.view() == View(ASKING, 2, 0)


def test_a_press_while_the_chosen_word_stands_goes_on_and_answers_nothing():
    for go_on in (lambda person: person.press(1), lambda person: person.press(0), Person.skip):
        person = at(CHOSEN)
        assert go_on(person) is None
        assert person.view() == View(ASKING, 2, 0)
        assert person.said() == [4, 2, 0, 0, 0]


def test_a_press_on_the_last_chosen_word_ends_the_pass():
    for go_on in (lambda person: person.press(1), Person.skip):
        person = Person().begin(1, 2, 1, 3)
        person.press(5)
        assert go_on(person).answers == (1, 2, 1, 3, 5)
        assert person.state() == SAVING


def test_back_from_the_chosen_word_asks_again():
    person = at(CHOSEN)
    person.back()
    assert person.view() == View(ASKING, 1, 0)
    assert person.said() == [4, 0, 0, 0, 0]


# --- row WARNING


def test_any_press_during_the_warning_gives_the_whole_time_again_and_answers_nothing():
    for press in PRESSES:
        person = at(WARNING)
        assert person.dialogue.due_ms(person.now_ms) == TIMEOUT_MS - WARN_MS
        person.wait(TIMEOUT_MS - WARN_MS - 1)
        assert press(person) is None
        assert person.view() == View(ASKING, 1, 0)
        assert person.said() == [4, 0, 0, 0, 0]
        person.wait(WARN_MS - 1)
        assert person.state() == ASKING


def test_the_warning_may_be_extended_any_number_of_times():
    person = at(WARNING)
    for _ in range(50):
        person.press(3)
        assert person.wait(WARN_MS) is None
        assert person.state() == WARNING
    person.press(3)
    person.press(3)
    assert person.view() == View(CHOSEN, 1, 3)


def test_a_time_out_keeps_what_was_answered_as_partial():
    person = Person().begin(4, 2)
    person.skip()
    person.wait(WARN_MS)
    assert person.wait(TIMEOUT_MS - WARN_MS - 1) is None
    finished = person.wait(1)
    assert finished.answers == (4, 2, SKIPPED, TIMED_OUT, 0)
    assert finished.partial
    assert person.state() == SAVING


def test_the_time_out_comes_even_when_nobody_looked_for_the_warning():
    finished = Person().begin(4).wait(TIMEOUT_MS)
    assert finished.answers == (4, TIMED_OUT, 0, 0, 0)


def test_a_time_out_with_nothing_answered_keeps_nothing():
    assert Person().begin().wait(TIMEOUT_MS) is None
    person = Person().begin()
    person.skip()
    person.skip()
    assert person.wait(TIMEOUT_MS) is None
    assert person.view() == View(IDLE, 0, 0)
    assert not any(person.said())


def test_the_time_to_answer_is_within_what_giving_users_time_asks_for():
    assert 60000 <= TIMEOUT_MS <= 120000
    assert TIMEOUT_MS - WARN_MS >= 10000


# --- rows SAVING, THANKS, REFUSED


def test_nothing_but_the_shell_ends_saving():
    person = at(SAVING)
    assert person.press(1) is None
    assert person.skip() is None
    person.back()
    assert person.wait(10 * TIMEOUT_MS) is None
    assert person.dialogue.due_ms(person.now_ms) == -1
    assert person.state() == SAVING


def test_thanks_and_refused_end_at_a_press_or_by_themselves():
    for state, duration_ms in ((THANKS, THANKS_MS), (REFUSED, REFUSED_MS)):
        for press in PRESSES:
            person = at(state)
            assert press(person) is None
            assert person.view() == View(IDLE, 0, 0)
        person = at(state)
        assert person.dialogue.due_ms(person.now_ms) == duration_ms
        person.wait(duration_ms - 1)
        assert person.state() == state
        person.wait(1)
        assert person.view() == View(IDLE, 0, 0)


def test_nothing_of_a_pass_is_left_once_the_shell_has_it():
    for end in (Dialogue.saved, Dialogue.refused, Dialogue.back_to_idle):
        person = at(SAVING)
        end(person.dialogue, person.now_ms)
        assert not any(person.said())
        assert person.view().question == 0
        assert person.view().option == 0
