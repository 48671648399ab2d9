"""Deep sleep, battery and what is retained on the simulated board, in virtual time."""

import os
from binascii import hexlify

from firmware.board.sim import PRESS_MS, Asleep, Board

NOW = 220000000
INTERFACE = "firmware/board/interface.pyi"


def device():
    directory = "/tmp/pet-board-" + hexlify(os.urandom(8)).decode()
    os.mkdir(directory)
    return directory


def remove(directory):
    for name in os.listdir(directory):
        os.remove(directory + "/" + name)
    os.rmdir(directory)


def board():
    return Board("/nowhere", NOW, True)


def sleep(board, seconds, limit_ms=3600000):
    """How many milliseconds it slept."""
    begun_ms = board.ticks_ms()
    try:
        board.deep_sleep(seconds)
    except Asleep:
        while board.asleep():
            board.pass_time(limit_ms)
        return board.ticks_ms() - begun_ms
    raise AssertionError("it is awake")


def test_it_has_every_name_of_the_interface():
    with open(INTERFACE) as file:
        lines = file.read().split("class Board")[1].split("\n")
    names = [line.split("(")[0][len("    def ") :] for line in lines if line.startswith("    def ")]
    assert len(names) >= 25
    for name in names:
        assert hasattr(board(), name), name


def test_deep_sleep_ends_when_it_is_time_and_the_rtc_runs_on():
    sleeper = board()
    assert sleep(sleeper, 500) == 500000
    assert sleeper.rtc_seconds() == NOW + 500
    assert sleeper.wake_levels() == 0
    assert sleep(sleeper, 1) == 1000


def test_deep_sleep_ends_at_a_press_that_is_still_seen():
    sleeper = board()
    for button in (1, 6):
        sleeper.push(button, PRESS_MS)
        sleeper._presses[-1] = (button, sleeper.ticks_ms() + 7000, sleeper.ticks_ms() + 7000 + PRESS_MS)
        assert sleep(sleeper, 500) == 7000
        assert sleeper.wake_levels() == 1 << (button - 1) == sleeper.levels()
        sleeper.pass_time(1000)
        sleeper.pass_time(1000)
        assert sleeper.levels() == 0


def test_a_button_that_is_stuck_does_not_wake_it_and_another_does():
    sleeper = board()
    sleeper._presses = [(2, 0, 10**9)]
    assert sleep(sleeper, 60) == 60000
    sleeper._presses.append((4, sleeper.ticks_ms() + 500, 10**9))
    assert sleep(sleeper, 60) == 500
    assert sleeper.wake_levels() == 0b1000


def test_what_is_retained_survives_deep_sleep_and_not_the_frame_buffer():
    sleeper = board()
    sleeper.framebuffer.fill(1)
    sleeper.retain("clock", b"of the clock")
    sleeper.retain("wifi", b"of the network")
    sleep(sleeper, 1)
    assert sleeper.retained("clock") == b"of the clock"
    assert sleeper.retained("wifi") == b"of the network"
    assert sleeper.framebuffer.pixel(3, 3) == 0


def test_with_its_power_kept_the_next_process_finds_rtc_and_memory():
    directory = device()
    first = Board(directory, None, True)
    first.set_rtc(NOW)
    first.retain("schedule", b"of the schedule")
    first.keep_power()
    second = Board(directory, None, True)
    assert NOW <= second.rtc_seconds() <= NOW + 60
    assert second.retained("schedule") == b"of the schedule"
    third = Board(directory, None, True)  # the power has gone meanwhile
    assert third.rtc_seconds() < 0
    assert third.retained("schedule") == b""
    remove(directory)


def test_a_scenario_sets_battery_and_memory():
    sleeper = board()
    assert (sleeper.battery_mv(), sleeper.memory_is_short(), sleeper.network_state()) == (0, False, "")
    sleeper.battery = 3450
    sleeper.memory_short = True
    assert (sleeper.battery_mv(), sleeper.memory_is_short()) == (3450, True)


def test_waiting_lets_virtual_time_pass_up_to_a_press():
    sleeper = board()
    sleeper.wait(5000)
    assert sleeper.ticks_ms() == 5000
    sleeper._presses = [(1, 6000, 6060)]
    sleeper.wait(5000)
    assert sleeper.ticks_ms() == 6000
