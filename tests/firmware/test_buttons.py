"""Buttons: contacts that bounce, hands that shake, a thumb on two buttons, a counter that wraps."""

from firmware.buttons import HOLD_MS, REPEAT_MS, STABLE_MS
from tests.esp32_ticks import PERIOD
from tests.finger import SAMPLE_MS, Finger

BACK = 6
HOLD = -6
DAY_MS = 86400000


def test_an_answer_counts_when_the_button_goes_down():
    for number in (1, 2, 3, 4, 5):
        finger = Finger()
        assert finger.keep([number], 2 * STABLE_MS) == [number]
        assert finger.keep([number], 5000) == []
        assert finger.keep([], 1000) == []


def test_a_level_shorter_than_the_bounce_is_nothing():
    finger = Finger()
    assert finger.keep([3], STABLE_MS - SAMPLE_MS) == []
    assert finger.keep([], 500) == []


def test_a_bouncing_contact_is_one_press():
    finger = Finger()
    events = []
    for _ in range(8):
        events += finger.keep([2], 5) + finger.keep([], 5)
    events += finger.keep([2], 100)
    for _ in range(8):
        events += finger.keep([], 5) + finger.keep([2], 5)
    events += finger.keep([], 1000)
    assert events == [2]


def test_the_same_button_again_within_the_repeat_time_is_a_shaking_hand():
    finger = Finger()
    assert finger.press(4) == [4]
    assert finger.press(4) == []
    assert finger.press(4) == []
    finger.keep([], REPEAT_MS)
    assert finger.press(4) == [4]


def test_the_repeat_time_runs_from_press_to_press():
    finger = Finger()
    assert finger.press(4, 60, REPEAT_MS - 60) == [4]
    assert finger.press(4) == [4]


def test_another_button_within_the_repeat_time_counts():
    finger = Finger()
    assert finger.press(4) + finger.press(5) + finger.press(4) == [4, 5, 4]


def test_back_counts_when_it_is_let_go():
    finger = Finger()
    assert finger.keep([BACK], HOLD_MS - 100) == []
    assert finger.keep([], 100) == [BACK]


def test_holding_the_control_button_is_a_skip_and_never_a_back_as_well():
    finger = Finger()
    assert finger.keep([BACK], HOLD_MS - 100) == []
    assert finger.keep([BACK], 200) == [HOLD]
    assert finger.keep([BACK], 5000) == []
    assert finger.keep([], 1000) == []
    assert finger.press(BACK) == [BACK]


def test_two_answers_at_once_are_no_answer():
    finger = Finger()
    assert finger.keep([1, 2], 500) == []
    assert finger.keep([], 100) == []
    assert finger.press(2) == [2]


def test_two_answers_a_bounce_apart_are_no_answer_either():
    finger = Finger()
    assert finger.keep([2], STABLE_MS - SAMPLE_MS) + finger.keep([1, 2], 500) + finger.keep([], 500) == []


def test_a_button_that_stays_down_does_not_silence_the_others():
    finger = Finger()
    assert finger.keep([1], 1000) == [1]
    assert finger.keep([1, 3], 100) == [3]
    assert finger.keep([1], 1000) == []
    assert finger.keep([1, 4], 100) == [4]
    assert finger.keep([], 1000) == []


def test_an_answer_together_with_the_control_button_is_the_answer_and_no_skip():
    finger = Finger()
    finger.press(BACK)
    finger.rest(60000)
    assert finger.keep([2, BACK], 200) == [2]
    assert finger.keep([], 500) == [BACK]
    assert finger.keep([3, BACK], HOLD_MS + 100) == []  # which may be the staff's hold
    assert finger.keep([], 500) == [3]


def test_an_answer_while_the_control_button_is_down_leaves_both():
    finger = Finger()
    assert finger.keep([BACK], 100) + finger.keep([BACK, 2], 100) + finger.keep([BACK], 100) == [2]
    assert finger.keep([], 100) == [BACK]


def test_it_is_settled_only_while_nothing_is_down_or_bouncing():
    finger = Finger()
    assert finger.buttons.settled()
    finger.keep([2], SAMPLE_MS)
    assert not finger.buttons.settled()
    finger.keep([2], 100)
    assert not finger.buttons.settled()
    finger.keep([], SAMPLE_MS)
    assert not finger.buttons.settled()
    finger.keep([], 100)
    assert finger.buttons.settled()


def test_presses_holds_and_repeats_are_the_same_where_the_ticks_wrap():
    for before_ms in range(0, 1200, 35):
        finger = Finger(PERIOD - before_ms)
        assert finger.press(3) == [3]
        assert finger.press(3) == []
        finger.keep([], REPEAT_MS)
        assert finger.press(3) == [3]
        assert finger.keep([BACK], HOLD_MS + 100) == [HOLD]
        assert finger.keep([], 100) == []
        assert finger.press(BACK) == [BACK]


def test_the_first_press_after_any_number_of_days_counts():
    for days in range(1, 26):
        finger = Finger()
        assert finger.press(5) == [5]
        finger.rest(days * DAY_MS)
        assert finger.press(5) == [5], days
        finger.rest(days * DAY_MS)
        assert finger.keep([BACK], 300) == [], days
        assert finger.keep([], 100) == [BACK], days
