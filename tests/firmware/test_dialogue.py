"""The dialogue, row by row of its transition table; then what it does to people, and a long random walk."""

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
    TOO_FAST_MS,
    WARN_MS,
    WARNING,
    Dialogue,
    View,
)
from tests.esp32_ticks import PERIOD, ticks_add, ticks_diff

COUNTS = [5, 5, 2, 3, 5]
SKIPPED = 14
TIMED_OUT = 15


class Person:
    """Presses, and lets time pass."""

    def __init__(self, counts=COUNTS, now_ms=5000):
        self.dialogue = Dialogue(counts, ticks_diff)
        self.now_ms = now_ms

    def press(self, option):
        return self.dialogue.press(option, self.now_ms)

    def back(self):
        self.dialogue.back(self.now_ms)

    def skip(self):
        return self.dialogue.skip(self.now_ms)

    def wait(self, duration_ms):
        """Time passes; what `tick` gives at the end of it."""
        self.now_ms = ticks_add(self.now_ms, duration_ms)
        return self.dialogue.tick(self.now_ms)

    def answer(self, option):
        """Reads for three seconds, answers, and leaves the chosen word standing until it goes by itself."""
        self.wait(3000)
        self.press(option)
        return self.wait(CHOSEN_MS)

    def begin(self, *options):
        """At the question after these answers."""
        self.press(1)
        for option in options:
            self.answer(option)
        return self

    def view(self):
        return self.dialogue.view()

    def state(self):
        return self.dialogue.state


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
        assert person.dialogue._answers == [0, 0, 0, 0, 0]


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
    assert person.dialogue._answers == []


def test_skip_asks_the_next_question():
    person = at(ASKING)
    assert person.skip() is None
    assert person.view() == View(ASKING, 2, 0)
    assert person.dialogue._answers[1] == SKIPPED


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
        assert person.dialogue._answers == [4, 2, 0, 0, 0]


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
    assert person.dialogue._answers == [4, 0, 0, 0, 0]


# --- row WARNING


def test_any_press_during_the_warning_gives_the_whole_time_again_and_answers_nothing():
    for press in (lambda person: person.press(1), lambda person: person.press(0), Person.back, Person.skip):
        person = at(WARNING)
        assert person.dialogue.due_ms(person.now_ms) == TIMEOUT_MS - WARN_MS
        person.wait(TIMEOUT_MS - WARN_MS - 1)
        assert press(person) is None
        assert person.view() == View(ASKING, 1, 0)
        assert person.dialogue._answers == [4, 0, 0, 0, 0]
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
    assert person.dialogue._answers == []


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
        for press in (lambda person: person.press(1), lambda person: person.press(0), Person.back, Person.skip):
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
        assert person.dialogue._answers == []
        assert person.view().question == 0
        assert person.view().option == 0


# --- what it does to people


def test_five_answers_are_a_complete_pass_with_its_duration():
    person = Person().begin(5, 4, 2, 3)
    finished = person.answer(1)
    assert finished.answers == (5, 4, 2, 3, 1)
    assert not finished.partial
    assert not finished.too_fast
    assert finished.duration_ms == 5 * (3000 + CHOSEN_MS)


def test_back_over_answered_questions_asks_each_of_them_again():
    person = Person().begin(5, 4, 2)
    for question in (2, 1, 0):
        person.back()
        assert person.view() == View(ASKING, question, 0)
        assert person.dialogue._answers[question:] == [0] * (5 - question)
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
    assert finished.too_fast


def test_too_fast_is_less_than_a_second_a_question():
    for spare_ms, too_fast in ((-1, True), (0, False)):
        person = Person([5, 5, 5]).begin()
        for _ in range(2):
            person.press(2)
            person.press(2)
        person.wait(3 * TOO_FAST_MS + spare_ms - CHOSEN_MS)
        person.press(2)
        finished = person.wait(CHOSEN_MS)
        assert finished.too_fast is too_fast
        assert finished.duration_ms == 3 * TOO_FAST_MS + spare_ms


def test_a_pass_that_timed_out_is_never_too_fast():
    person = Person([5] * 12).begin()
    person.press(2)
    assert not person.wait(CHOSEN_MS)
    assert not person.wait(TIMEOUT_MS).too_fast


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


def test_a_random_walk_keeps_every_promise():
    for seed in range(40):
        _walk(seed * 2654435761 + 1, 1500)


class Dice:
    """The same numbers on both interpreters (Numerical Recipes' generator)."""

    def __init__(self, seed):
        self.number = seed & 0xFFFFFFFF

    def below(self, limit):
        self.number = (self.number * 1664525 + 1013904223) & 0xFFFFFFFF
        return (self.number >> 8) % limit


def _walk(seed, steps):
    """One device, many people, random hands. `chosen` is kept beside the dialogue: what was pressed on which view."""
    dice = Dice(seed)
    counts = [2 + dice.below(5) for _ in range(1 + dice.below(12))]
    person = Person(counts, dice.below(PERIOD))
    chosen = [0] * len(counts)
    passes = 0
    for _ in range(steps):
        before = person.view()
        asked_ms = person.now_ms
        action = dice.below(10)
        option = 0
        finished = None
        if action < 5:
            option = dice.below(7)
            finished = person.press(option)
        elif action == 5:
            person.back()
        elif action == 6:
            finished = person.skip()
        else:
            finished = person.wait((50, 700, 3000, 74999, 75000, 15000, 90000)[dice.below(7)])
        after = person.view()
        if before.state == ASKING:
            if action < 5 and 0 < option <= counts[before.question]:
                chosen[before.question] = option
                assert after == View(CHOSEN, before.question, option), seed
            elif action == 6:
                chosen[before.question] = SKIPPED
        if after.state == ASKING:
            for question in range(after.question, len(counts)):
                chosen[question] = 0  # asked again, or not asked yet
            assert after.option == 0, seed
        if after.state == CHOSEN:
            assert after.option == chosen[after.question], seed
        if after.state == IDLE:
            assert person.dialogue._answers == [], seed
            chosen = [0] * len(counts)
        assert abs(after.question - before.question) <= 1 or after.state == IDLE, seed
        assert (after.state == SAVING) == (finished is not None), seed
        if finished is not None:
            passes += 1
            if finished.partial:
                assert any([0 < answer <= 6 for answer in finished.answers]), seed
                chosen[before.question] = TIMED_OUT
                assert ticks_diff(person.now_ms, asked_ms) > 0, seed
            else:
                assert 0 not in finished.answers and TIMED_OUT not in finished.answers, seed
            assert list(finished.answers) == chosen, (seed, finished, chosen)
            ends = (Dialogue.saved, Dialogue.refused, Dialogue.back_to_idle)
            ends[dice.below(3)](person.dialogue, person.now_ms)
            chosen = [0] * len(counts)
            assert person.dialogue._answers == [], seed
    assert passes > 0, seed
