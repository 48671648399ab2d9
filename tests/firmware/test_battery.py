"""What the battery's voltage allows."""

from firmware.battery import (
    BATTERY_EMPTY_MV,
    BATTERY_LOW_MV,
    BATTERY_RECOVERED_MV,
    battery_is_empty,
    battery_is_low,
)


def test_a_battery_that_is_not_measured_is_never_low():
    assert not battery_is_low(0)
    assert not battery_is_low(0, was_low=True)
    assert not battery_is_empty(0)


def test_no_new_pass_below_the_limit_and_none_until_it_has_recovered():
    assert not battery_is_low(BATTERY_LOW_MV)
    assert battery_is_low(BATTERY_LOW_MV - 1)
    assert battery_is_low(BATTERY_RECOVERED_MV - 1, was_low=True)
    assert not battery_is_low(BATTERY_RECOVERED_MV, was_low=True)


def test_passes_stop_before_syncs_do_so_that_the_answers_still_leave():
    assert BATTERY_EMPTY_MV < BATTERY_LOW_MV < BATTERY_RECOVERED_MV
    assert not battery_is_empty(BATTERY_EMPTY_MV)
    assert battery_is_empty(BATTERY_EMPTY_MV - 1)
    assert not battery_is_empty(BATTERY_LOW_MV - 1)
