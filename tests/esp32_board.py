"""The ESP32 board on an imitated chip: `CHIP`, and `power_on` and `start` that give its board. MicroPython only."""

import sys

from tests.esp32_chip import Chip, DeepSleep

CHIP = Chip()
sys.modules["machine"] = CHIP.machine
sys.modules["esp32"] = CHIP.esp32

from firmware.board import esp32  # noqa: E402 - there is no such module before


def power_on(release=(1, 29), controller="ssd1306"):
    """A fresh chip in the place of the last one, and its board."""
    CHIP.__init__(release, controller)
    return start()


def start():
    """The program on this chip, as after a reset."""
    esp32.time = CHIP.time
    esp32.machine = CHIP.machine
    sys.modules["network"] = CHIP.network
    for name in ("ADC", "I2C", "PWM", "RTC", "Pin"):
        setattr(esp32, name, getattr(CHIP.machine, name))
    for name in ("NVS", "Partition", "idf_heap_info", "wake_on_ext1"):
        setattr(esp32, name, getattr(CHIP.esp32, name))
    return esp32.Board()


def sleep_deeply(board, seconds):
    """How long it is to sleep, in ms."""
    try:
        board.deep_sleep(seconds)
    except DeepSleep:
        return CHIP.slept_ms
    raise AssertionError("it is awake")
