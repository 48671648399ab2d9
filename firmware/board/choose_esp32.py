"""What the starter asks of an ESP32 before it chooses: the counters, and how the last start ended."""

from esp32 import NVS
from machine import DEEPSLEEP_RESET, PWRON_RESET, reset_cause

from firmware.starter import choose

COUNTERS = "pet"  # the board's name space


def begin() -> "tuple[str, bool]":
    """As `choose`. Which cause a crash, a brown-out and our own reset after an exception count under differs between
    versions of MicroPython; a battery that was put in, and a deep sleep, have their own in all of them.
    """
    return choose("", _load, _store, reset_cause() not in (PWRON_RESET, DEEPSLEEP_RESET))


def _load(name: str) -> int:
    try:
        return NVS(COUNTERS).get_i32(name)
    except OSError:  # never stored
        return 0


def _store(name: str, value: int) -> None:
    try:
        counters = NVS(COUNTERS)
        counters.set_i32(name, value)
        counters.commit()
    except OSError:  # better a start that is not counted than none
        pass
