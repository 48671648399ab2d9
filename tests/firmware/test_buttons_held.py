"""Buttons that are held: two at once, the staff's two, the one that woke the device, and one that is stuck."""

from firmware.buttons import HOLD_MS, SPARE_MS, STAFF, STAFF_MS, STUCK_MS, TOGETHER, TOGETHER_MS
from firmware.dialogue import CHOSEN_MS
from tests.finger import SAMPLE_MS, Finger

BACK = 6
HOLD = -6
DAY_MS = 86400000


# --- two buttons at once: a hand that slipped, or the staff's


def test_a_second_button_soon_after_takes_the_first_back():
    for first in (1, 2, 3, 4, 5):
        for second in (1, 2, 3, 4, 5):
            if first == second:
                continue
            finger = Finger()
            assert finger.keep([first], TOGETHER_MS - 100) == [first]
            assert finger.keep([first, second], 300) == [TOGETHER], (first, second)
            assert finger.keep([], 600) == []
            assert finger.press(first) == [first]


def test_what_was_not_reported_is_not_taken_back():
    finger = Finger()
    finger.press(4)
    assert finger.keep([4], 100) == []  # a repeat
    assert finger.keep([4, 5], 100) == []
    finger = Finger()
    assert finger.keep([2, 3], 100) == []  # at once
    assert finger.keep([2, 3, 4], 100) == [4]


def test_a_third_button_takes_nothing_more_back():
    finger = Finger()
    assert finger.keep([1], 60) + finger.keep([1, 2], 60) + finger.keep([1, 2, 3], 60) == [1, TOGETHER]


def test_what_is_taken_back_is_still_on_the_screen():
    assert TOGETHER_MS < CHOSEN_MS


def test_the_staffs_hold_takes_two_seconds_and_a_stuck_button_half_a_minute():
    assert (STAFF_MS, STUCK_MS) == (2000, 30000)


def test_the_outer_two_held_together_are_the_staffs_and_no_answer():
    for first, second in ((1, 5), (5, 1)):
        finger = Finger()
        assert finger.keep([first, second], STAFF_MS - 100) == []
        assert finger.keep([first, second], 200) == [STAFF]
        assert finger.keep([first, second], 3000) == []
        assert finger.keep([first], 100) + finger.keep([], 600) == []
        assert finger.press(2) == [2]
        finger.keep([first], 100)
        assert finger.keep([first, second], STAFF_MS + 100) == [TOGETHER, STAFF]
        assert finger.keep([first, second], 3000) == []
        assert finger.keep([second], 100) + finger.keep([], 600) == []


def test_the_staffs_hold_begins_anew_when_one_is_let_go():
    finger = Finger()
    finger.keep([1, 5], STAFF_MS - 100)
    finger.keep([1], 100)
    assert STAFF not in finger.keep([1, 5], STAFF_MS - 100)
    assert STAFF in finger.keep([1, 5], 200)


def test_touching_both_outer_buttons_for_a_moment_is_nothing():
    finger = Finger()
    assert finger.keep([1, 5], 1500) + finger.keep([], 600) == []
    assert finger.keep([1], 100) + finger.keep([1, 5], 1000) + finger.keep([5], 300) + finger.keep([], 300) == [
        1,
        TOGETHER,
    ]


def test_a_hand_that_rests_on_an_outer_button_only_delays_the_other():
    for resting, wanted in ((1, 5), (5, 1)):
        finger = Finger()
        assert finger.keep([resting], 3000) == [resting]
        assert finger.keep([resting, wanted], 200) == []
        assert finger.keep([resting], 200) == [wanted]
        assert finger.keep([resting, wanted], STAFF_MS + 100) == [STAFF]
        assert finger.keep([resting], 1000) + finger.keep([], 600) == []


# --- the staff's other way in


def test_the_control_button_and_then_the_middle_one_held_are_the_staffs_and_nothing_else():
    for stuck in ([], [1], [5], [1, 5]):
        finger = Finger()
        finger.keep(stuck, STUCK_MS + 100)
        assert finger.keep(stuck + [BACK], 300) == []
        assert finger.keep(stuck + [BACK, 3], SPARE_MS - 100) == []
        assert finger.keep(stuck + [BACK, 3], 200) == [STAFF]
        assert finger.keep(stuck + [BACK, 3], 10000) == []
        assert finger.keep(stuck + [3], 100) + finger.keep(stuck, 600) == []
        assert finger.keep(stuck + [3], 100) + finger.keep(stuck, 600) == [3]
        assert finger.keep(stuck + [BACK], 100) + finger.keep(stuck, 600) == [BACK]


def test_both_at_once_are_the_same_hold():
    finger = Finger()
    assert finger.keep([BACK, 3], SPARE_MS + 100) == [STAFF]


def test_no_patient_comes_in_by_it():
    finger = Finger()
    assert finger.keep([BACK, 3], SPARE_MS - 100) == []  # too short
    assert finger.keep([BACK], 100) + finger.keep([BACK, 3], 3000) + finger.keep([], 600) == [3]
    for let_go in ([BACK], [3]):
        assert finger.keep([BACK], 100) + finger.keep([BACK, 3], 3000) + finger.keep(let_go, 100) == [3]
        assert STAFF not in finger.keep([BACK, 3], 2 * SPARE_MS) + finger.keep([], 600)
    for other in (1, 2, 4, 5):
        assert STAFF not in finger.keep([BACK, other], 2 * SPARE_MS) + finger.keep([], 600)
    assert finger.keep([3], 300) + finger.keep([BACK, 3], 2 * SPARE_MS) == [3, HOLD]  # a hand that rests
    finger.keep([], 600)
    assert finger.keep([BACK], HOLD_MS + 100) + finger.keep([BACK, 3], 2 * SPARE_MS) == [HOLD, 3]
    finger.keep([], 600)
    finger.keep([BACK], STUCK_MS + 100)
    assert finger.keep([BACK, 3], 2 * SPARE_MS) == [3]


# --- the press that woke the device


def test_the_press_that_woke_the_device_counts_once():
    for number in (1, 2, 3, 4, 5, BACK):
        finger = Finger()
        assert finger.buttons.wake(1 << (number - 1), finger.now_ms) == number
        assert finger.keep([number], 3000) + finger.keep([], 600) == [], number  # still down
        assert finger.press(number) == [number]
        finger = Finger()
        assert finger.buttons.wake(1 << (number - 1), finger.now_ms) == number
        assert finger.keep([], 600) == [], number  # gone already
        assert finger.press(number) == [number]


def test_a_wake_by_time_is_no_press():
    finger = Finger()
    assert finger.buttons.wake(0, finger.now_ms) == 0
    assert finger.press(3) == [3]


def test_staff_may_wake_the_device_with_their_two_buttons():
    finger = Finger()
    assert finger.buttons.wake(0b10001, finger.now_ms) == 0
    assert finger.keep([1, 5], STAFF_MS + 100) == [STAFF]
    finger = Finger()
    assert finger.buttons.wake(0b00001, finger.now_ms) == 1
    assert finger.keep([1, 5], STAFF_MS + 100) == [TOGETHER, STAFF]


# --- a button that is stuck


def test_a_button_that_is_down_for_too_long_is_stuck_until_it_is_let_go():
    for number in (1, 2, 3, 4, 5, BACK):
        finger = Finger()
        finger.keep([number], STUCK_MS - 100)
        assert not finger.buttons.stuck
        assert not finger.buttons.settled()
        finger.keep([number], 200)
        assert finger.buttons.stuck == 1 << (number - 1)
        assert finger.buttons.settled()
        finger.rest(40 * DAY_MS)
        finger.keep([number], 100)
        assert finger.buttons.stuck == 1 << (number - 1)
        finger.keep([], SAMPLE_MS)
        assert not finger.buttons.settled()  # it is being let go: look on
        assert finger.keep([], 600) == []
        assert not finger.buttons.stuck
        assert finger.press(number) == [number]


def test_a_stuck_button_stands_in_nobodys_way():
    for stuck in (1, 3, 5, BACK):
        finger = Finger()
        finger.keep([stuck], STUCK_MS + 100)
        for number in (1, 2, 3, 4, 5):
            if number != stuck:
                assert finger.keep([stuck, number], 100) + finger.keep([stuck], 500) == [number]
        if stuck != BACK:
            assert finger.keep([stuck, BACK], 100) + finger.keep([stuck], 500) == [BACK]
            assert finger.keep([stuck, BACK], HOLD_MS + 100) + finger.keep([stuck], 500) == [HOLD]


def test_a_stuck_button_is_no_half_of_the_staffs_hold():
    finger = Finger()
    finger.keep([1], STUCK_MS + 100)
    assert finger.keep([1, 5], STAFF_MS + 1000) == [5]


def test_several_may_be_stuck():
    finger = Finger()
    finger.keep([2], 1000)
    finger.keep([2, 4], STUCK_MS + 100)
    assert finger.buttons.stuck == 0b01010
    assert finger.keep([2, 4, 3], 100) == [3]
    finger.keep([2, 3], 100)
    assert finger.buttons.stuck == 0b00010
