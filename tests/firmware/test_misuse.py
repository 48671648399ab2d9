"""Doubtful passes are flagged, by rules that a person at a bedside does not fall under."""

from firmware.dialogue import CHOSEN_MS, Dialogue
from firmware.misuse import BURST_PASSES, BURST_QUESTION_MS, TOO_FAST_MS, misuse_of
from protocol.record import FLAG_BURST, FLAG_PARTIAL, FLAG_STUCK_BUTTON, FLAG_TOO_FAST
from tests.esp32_ticks import PERIOD, ticks_add, ticks_diff
from tests.person import Person


def passes(count, each_ms, questions=5, earlier=None, now_ms=7):
    """The flags of so many passes without a pause between them, after those that began `earlier`."""
    begun = [] if earlier is None else earlier
    flags = []
    for _ in range(count):
        begun.append(now_ms)
        now_ms = ticks_add(now_ms, each_ms)
        flags.append(misuse_of(begun, now_ms, questions, ticks_diff))
        assert len(begun) < BURST_PASSES
    return flags


def test_five_passes_in_little_time_are_a_burst_from_the_fifth_on():
    for questions in (1, 5, 12):
        quick_ms = questions * BURST_QUESTION_MS - 1
        assert passes(8, quick_ms, questions) == [0] * (BURST_PASSES - 1) + [FLAG_BURST] * (9 - BURST_PASSES)
        assert passes(8, quick_ms + 1, questions) == [0] * 8


def test_five_questions_five_times_in_three_minutes_are_a_burst_and_in_four_are_none():
    assert FLAG_BURST in passes(5, 36000)
    assert FLAG_BURST not in passes(5, 48000)


def test_a_pause_ends_a_burst():
    earlier = []
    assert FLAG_BURST in passes(5, 20000, earlier=earlier)
    assert passes(4, 20000, earlier=earlier, now_ms=10**7) == [0] * 4


def test_passes_days_apart_are_no_burst():
    for days in range(1, 26):
        earlier = []
        passes(4, 20000, earlier=earlier)
        assert passes(1, 20000, earlier=earlier, now_ms=days * 86400000 % PERIOD) == [0], days


def test_a_burst_is_one_where_the_ticks_wrap():
    for before_ms in range(0, 150000, 9973):
        assert passes(6, 20000, now_ms=PERIOD - before_ms) == [0, 0, 0, 0, FLAG_BURST, FLAG_BURST]


def test_a_pass_without_time_to_read_is_too_fast():
    assert passes(1, 5 * TOO_FAST_MS - 1) == [FLAG_TOO_FAST]
    assert passes(1, 5 * TOO_FAST_MS) == [0]


def test_a_hand_that_hammers_is_too_fast_and_then_a_burst():
    person = Person()
    flags = []
    for _ in range(6):
        finished = None
        while not finished:
            person.now_ms += 200
            finished = person.press(1)
        flags.append(finished.flags)
        assert finished.answers == (1, 1, 1, 1, 1)  # kept, as everything
        person.dialogue.saved(person.now_ms)
        person.press(1)
    assert flags == [FLAG_TOO_FAST] * 4 + [FLAG_TOO_FAST | FLAG_BURST] * 2


def test_passes_that_timed_out_are_no_burst():
    person = Person([5, 5])
    for _ in range(7):
        person.begin(1)
        finished = person.dialogue.end(person.now_ms)
        assert finished.flags == FLAG_PARTIAL
        person.dialogue.back_to_idle(person.now_ms)


def test_a_button_that_was_stuck_at_any_time_of_a_pass_is_in_its_flags_alone():
    for stuck_at in (0, 1, 2):
        person = Person([5, 5, 5])
        person.press(1)
        finished = None
        for question in range(3):
            person.dialogue.stuck = person.dialogue.stuck or question == stuck_at
            person.wait(3000)
            person.press(1)
            finished = person.wait(CHOSEN_MS)
        assert finished.flags == FLAG_STUCK_BUTTON
        person.dialogue.saved(person.now_ms)
        assert not person.dialogue.stuck
        person.press(1)
        person.begin(2, 2)
        assert person.answer(2).flags == 0


def test_a_stuck_button_and_a_time_out_are_both_said():
    person = Person([5, 5]).begin(1)
    person.dialogue.stuck = True
    assert Dialogue.end(person.dialogue, person.now_ms).flags == FLAG_PARTIAL | FLAG_STUCK_BUTTON
