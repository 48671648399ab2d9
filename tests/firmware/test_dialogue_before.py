"""The dialogue before its first question: idle pages, the choice of a language, the promise, and a home visit."""

from firmware.buttons import CONTROL, STAFF, TOGETHER
from firmware.dialogue import (
    ASKING,
    CHOSEN,
    IDLE,
    LANGUAGE,
    LANGUAGE_MS,
    PAGE_MS,
    PROMISE,
    PROMISE_MS,
    TIMEOUT_MS,
    View,
)
from firmware.language_choice import LANGUAGE_OPTIONS_MAX, LANGUAGES_A_PAGE, language_of
from protocol.screen import button_of_option
from tests.person import Person, at_question, patient

BEGINNINGS = (lambda person: person.press(3), lambda person: person.press(0), Person.back, Person.skip)


# --- IDLE


def test_idle_pages_follow_each_other_in_their_time_and_begin_anew():
    person = patient(pages=3)
    person.dialogue.lock(False, person.now_ms)
    for page in (0, 1, 2, 0, 1):
        assert person.view() == View(IDLE, page, 0)
        assert person.dialogue.due_ms(person.now_ms) == PAGE_MS
        person.wait(PAGE_MS - 1)
        assert person.view() == View(IDLE, page, 0)
        person.wait(1)


def test_a_device_that_slept_shows_one_page_on():
    person = patient(pages=3)
    person.wait(1000 * PAGE_MS)
    assert person.view() == View(IDLE, 1, 0)


def test_one_idle_page_stands_for_ever():
    person = patient(pages=1)
    assert person.dialogue.due_ms(person.now_ms) == -1
    person.wait(100 * PAGE_MS)
    assert person.view() == View(IDLE, 0, 0)


def test_the_pages_stand_still_while_somebody_answers_and_begin_anew_after():
    person = patient(languages=1, pages=3)
    person.wait(2 * PAGE_MS)
    at_question(person)
    person.wait(3 * PAGE_MS)
    assert person.view() == View(ASKING, 0, 0)
    person.wait(TIMEOUT_MS)
    assert person.view() == View(IDLE, 0, 0)


# --- LANGUAGE


def test_a_language_is_chosen_first_where_there_are_several():
    for begin in BEGINNINGS:
        person = patient()
        begin(person)
        assert person.view() == View(LANGUAGE, 0, 0)
        assert person.dialogue.language == 0
        person = patient(languages=1)
        begin(person)
        assert person.view() == View(PROMISE, 0, 0)


def test_each_button_chooses_the_language_that_stands_over_it():
    for languages in (2, 3, 4):
        for position in range(languages):
            person = patient(languages)
            person.react(3)
            person.react(button_of_option(languages, position + 1))
            assert person.view() == View(PROMISE, 0, 0)
            assert person.dialogue.language == position


def test_many_languages_stand_on_pages_that_the_middle_button_turns():
    for languages in (5, 8, 9, 11):
        for position in range(languages):
            person = patient(languages)
            person.react(3)
            for page in range(position // LANGUAGES_A_PAGE):
                assert person.view() == View(LANGUAGE, page, 0)
                person.react(3)
            person.react((1, 2, 4, 5)[position % LANGUAGES_A_PAGE])
            assert person.view() == View(PROMISE, 0, 0)
            assert person.dialogue.language == position


def test_after_the_last_page_comes_the_first():
    person = patient(11)
    person.react(3)
    for page in (0, 1, 2, 0):
        assert person.view() == View(LANGUAGE, page, 0)
        person.react(3)


def test_a_button_without_a_language_only_gives_more_time():
    for languages, button in ((2, 3), (3, 2), (5, 2)):
        person = patient(languages)
        person.react(3)
        if languages == 5:
            person.react(3)
        page = person.view().question
        person.wait(LANGUAGE_MS - 1)
        person.react(button)
        assert person.view() == View(LANGUAGE, page, 0)
        person.wait(LANGUAGE_MS - 1)
        assert person.view() == View(LANGUAGE, page, 0)


def test_every_language_stands_for_one_option_of_one_page():
    for languages in range(2, 33):
        seen = []
        page = 0
        while True:
            positions = [
                language_of(languages, page, option) for option in range(min(languages, LANGUAGE_OPTIONS_MAX) + 1)
            ]
            seen += [position for position in positions if position >= 0]
            page += 1
            if LANGUAGES_A_PAGE * page >= languages:
                break
        assert seen == list(range(languages))


def test_nobody_who_leaves_the_language_screen_is_waited_for():
    person = patient()
    person.react(3)
    assert person.dialogue.due_ms(person.now_ms) == LANGUAGE_MS
    person.wait(LANGUAGE_MS - 1)
    assert person.state() == LANGUAGE
    person.wait(1)
    assert person.view() == View(IDLE, 0, 0)


def test_the_language_of_the_last_person_is_not_the_next_ones():
    person = patient()
    person.react(3)
    person.react(5)
    assert person.dialogue.language == 2
    person.wait(PROMISE_MS)
    person.wait(TIMEOUT_MS)
    assert person.view() == View(IDLE, 0, 0)
    assert person.dialogue.language == 0
    person.react(3)
    person.skip()  # chooses none
    assert person.state() == PROMISE
    assert person.dialogue.language == 0


# --- PROMISE


def test_the_promise_goes_on_by_itself_or_at_a_press_that_answers_nothing():
    for go_on in (lambda person: person.press(1), lambda person: person.press(0), Person.skip):
        person = patient(languages=1)
        person.press(1)
        assert go_on(person) is None
        assert person.view() == View(ASKING, 0, 0)
        assert not any(person.said())
    person = patient(languages=1)
    person.press(1)
    assert person.dialogue.due_ms(person.now_ms) == PROMISE_MS
    person.wait(PROMISE_MS - 1)
    assert person.view() == View(PROMISE, 0, 0)
    assert person.wait(1) is None
    assert person.view() == View(ASKING, 0, 0)


def test_back_leads_from_the_first_question_to_the_promise_the_languages_and_out():
    person = at_question(patient(6))
    person.back()
    assert person.view() == View(PROMISE, 0, 0)
    person.back()
    assert person.view() == View(LANGUAGE, 0, 0)
    person.react(3)
    person.back()
    assert person.view() == View(LANGUAGE, 0, 0)
    person.back()
    assert person.view() == View(IDLE, 0, 0)
    person = at_question(patient(1))
    person.back()
    person.back()
    assert person.view() == View(IDLE, 0, 0)


def test_the_promise_and_the_languages_do_not_count_as_time_to_answer():
    person = patient()
    person.react(3)
    person.wait(LANGUAGE_MS - 1)
    person.react(1)
    person.wait(PROMISE_MS)
    for option in (1, 2, 1, 2):
        person.answer(option)
    assert person.answer(1).duration_ms == 5 * 3700


def test_a_checklist_of_staff_begins_with_its_first_question():
    person = Person([2, 2])
    person.press(0)
    assert person.view() == View(ASKING, 0, 0)


# --- a hand on two buttons


def test_what_a_hand_on_two_buttons_chose_is_asked_again():
    person = at_question(patient(1))
    person.react(2)
    assert person.view() == View(CHOSEN, 0, 2)
    person.react(TOGETHER)
    assert person.view() == View(ASKING, 0, 0)
    assert not any(person.said())


def test_a_hand_on_two_buttons_chooses_no_language_and_begins_nothing():
    person = patient()
    person.react(3)
    person.react(1)
    person.react(TOGETHER)
    assert person.view() == View(LANGUAGE, 0, 0)
    person = patient(1)
    person.react(1)
    person.react(TOGETHER)
    assert person.view() == View(IDLE, 0, 0)


def test_a_hand_on_two_buttons_takes_nothing_else_back():
    person = at_question(patient(1))
    person.react(1)
    person.react(5)  # on the chosen word: goes on
    person.react(TOGETHER)
    assert person.view() == View(ASKING, 1, 0)
    assert person.said()[0] == 1


# --- events of the buttons


def test_every_event_of_the_buttons_means_what_the_table_says():
    person = at_question(patient(1))
    for button, option in ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5)):
        person.react(button)
        assert person.view() == View(CHOSEN, 0, option)
        person.react(CONTROL)
        assert person.view() == View(ASKING, 0, 0)
    person.react(-CONTROL)
    assert person.view() == View(ASKING, 1, 0)
    person.react(CONTROL)
    for event in (0, STAFF):
        assert person.react(event) is None
        assert person.view() == View(ASKING, 0, 0)
    person = Person([3]).begin()
    for button in (2, 4):
        person.react(button)
        assert person.view() == View(ASKING, 0, 0)
    person.react(5)
    assert person.react(1).answers == (3,)
