"""Doubtful passes are found in sequences, every pass of a run, and ordinary satisfied people are left alone."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.measures.misuse import DevicePass, Misuse, MisuseSettings, find_misuse

NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/London"))


def a_pass(minutes=0.0, answers=(1, 2, 1, 3, 1), seconds=30.0, at=NOON):
    """A pass `minutes` after noon. Answer 1 is the best of every question."""
    begun = at and at + timedelta(minutes=minutes)
    return DevicePass(begun, seconds, answers, tuple(answer == 1 for answer in answers))


def varied(number, every_minutes=20.0):
    return [a_pass(index * every_minutes, answers=(1, 2, 1, 3, 1 + index % 2)) for index in range(number)]


def flagged(passes, reason, **settings):
    found = find_misuse(passes, MisuseSettings(**settings))
    return [index for index, reasons in enumerate(found) if reason in reasons]


def test_ordinary_passes_are_not_doubted():
    assert set(find_misuse(varied(40, 5.0))) == {frozenset()}
    assert find_misuse([]) == ()


def test_less_than_a_second_a_question_is_too_fast():
    assert flagged([a_pass(seconds=4.9), a_pass(20, seconds=5.0)], Misuse.TOO_FAST) == [0]


def test_a_partial_pass_or_one_without_duration_is_not_too_fast():
    passes = [a_pass(answers=(1, None, None, None, None), seconds=2), a_pass(20, seconds=None), a_pass(40, answers=())]
    assert flagged(passes, Misuse.TOO_FAST) == []


def test_five_passes_in_under_two_hundred_seconds_are_a_burst_and_all_are_flagged():
    quick = [a_pass(index * 0.6, seconds=30) for index in range(5)]  # 144 s and 30 more
    assert flagged([*quick, *varied(1)], Misuse.BURST) == [0, 1, 2, 3, 4]
    slow = [a_pass(index * 0.75, seconds=20) for index in range(5)]  # 180 s and 20 more: exactly 200
    assert flagged(slow, Misuse.BURST) == []
    unknown = [a_pass(index * 199.5 / 240, seconds=None) for index in range(5)]  # 199.5 s and nobody knows how much
    assert flagged(unknown, Misuse.BURST) == [0, 1, 2, 3, 4]


def test_a_pass_without_a_time_is_in_no_burst_and_no_night():
    quick = [a_pass(index * 0.6) for index in range(5)]
    quick[2] = a_pass(at=None)
    assert flagged(quick, Misuse.BURST) == []
    assert flagged([a_pass(at=None)], Misuse.NIGHT) == []


def test_a_clock_set_back_makes_no_burst():
    assert flagged([a_pass(60 - index) for index in range(5)], Misuse.BURST) == []


def test_passes_on_both_sides_of_a_clock_change_are_as_far_apart_as_they_are():
    before = datetime(2026, 10, 25, 1, 58, tzinfo=NOON.tzinfo)  # the first 1:58 of two
    passes = [a_pass(at=before + timedelta(seconds=index)) for index in range(4)]
    passes.append(a_pass()._replace(begun_at=datetime(2026, 10, 25, 1, 59, fold=1, tzinfo=NOON.tzinfo)))
    assert flagged(passes, Misuse.BURST) == []


def test_six_passes_with_one_button_are_straight_lining():
    same = [a_pass(index * 20, answers=(2, 2, 2, 2, 2)) for index in range(6)]
    assert flagged([*varied(2), *same, *varied(1)], Misuse.STRAIGHT_LINE) == list(range(2, 8))
    assert flagged(same[:5], Misuse.STRAIGHT_LINE) == []


def test_another_button_or_a_skip_breaks_the_line():
    same = [a_pass(index * 20, answers=(2,) * 5) for index in range(6)]
    same[3] = a_pass(60, answers=(3,) * 5)
    assert flagged(same, Misuse.STRAIGHT_LINE) == []
    same[3] = a_pass(60, answers=(2, 2, None, 2, 2))
    assert flagged(same, Misuse.STRAIGHT_LINE) == []


def test_skipping_everything_is_no_line():
    assert flagged([a_pass(index * 20, answers=(None,) * 5) for index in range(9)], Misuse.STRAIGHT_LINE) == []


def test_two_questions_are_too_few_for_a_line():
    assert flagged([a_pass(index * 20, answers=(1, 1)) for index in range(20)], Misuse.STRAIGHT_LINE) == []
    assert flagged([a_pass(index * 20, answers=(1, 1)) for index in range(20)], Misuse.ALL_BEST) == []


def test_ten_passes_of_only_best_answers_are_doubted():
    best = [DevicePass(NOON + timedelta(hours=index), 30, (1, 2, 1), (True,) * 3) for index in range(10)]
    assert flagged(best, Misuse.ALL_BEST) == list(range(10))
    assert flagged(best[:9], Misuse.ALL_BEST) == []
    assert flagged(best, Misuse.STRAIGHT_LINE) == []


@pytest.mark.parametrize(("hour", "doubted"), [(22, False), (23, True), (0, True), (4, True), (5, False), (12, False)])
def test_the_night_is_from_eleven_to_five_local_time(hour, doubted):
    passes = [a_pass(at=NOON.replace(hour=hour))]
    assert bool(flagged(passes, Misuse.NIGHT)) == doubted
    assert flagged(passes, Misuse.NIGHT, night_from_hour=None) == []


def test_a_night_within_one_day_works_too():
    passes = [a_pass(at=NOON.replace(hour=hour)) for hour in (0, 1, 4, 5)]
    assert flagged(passes, Misuse.NIGHT, night_from_hour=1, night_to_hour=5) == [1, 2]


def test_impossible_input_is_refused():
    with pytest.raises(ValueError, match="at least 2 passes"):
        find_misuse([], MisuseSettings(burst_passes=1))
    with pytest.raises(ValueError, match="the best or not"):
        find_misuse([DevicePass(NOON, 30, (1, 2), (True,))])


def test_a_ward_where_a_third_press_excellent_all_through_is_hardly_doubted():
    """Two thousand honest passes, a third of them all "excellent": fewer than one in two hundred is flagged."""
    dice = random.Random(4)
    passes = [
        a_pass(index * 25 % 600, answers=(1,) * 5 if dice.random() < 1 / 3 else (1, 2, 1, dice.randint(1, 4), 2))
        for index in range(2000)
    ]
    doubted = [reasons for reasons in find_misuse(passes) if reasons - {Misuse.NIGHT}]
    assert len(doubted) < 10 + 6  # one run of six at most, and what follows it
