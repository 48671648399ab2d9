"""The commands of a simulated device (firmware/simulator.py). In memory only while it is told something."""

from firmware.board.sim import HOLD_MS, PRESS_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.application import Application
    from firmware.board.sim import Board

STAFF_BUTTONS = (1, 5)
STAFF_HOLD_MS = 2200
SETTLE_MS = 150  # what a virtual press takes, until its effect is on the screen


def obey(board: "Board", awake: "Callable[[], Application]", words: "list[str]") -> "int | dict[str, object]":
    """How many milliseconds are to pass on a virtual clock; -1: not even a step. Or a status.

    `awake`: the application, woken if it sleeps.
    """
    numbers = [int(word) if word.isdigit() else 0 for word in words[1:]] + [0, 0]
    number = numbers[0]
    what = words[0]
    duration_ms = -1
    if what in ("press", "hold") and 1 <= number <= 6:
        duration_ms = (PRESS_MS if what == "press" else HOLD_MS) + SETTLE_MS
        board.push(number, duration_ms - SETTLE_MS)
    elif what == "lean" and 1 <= number <= 6:
        board.push(number, numbers[1])
    elif what == "staff":
        board.push_together(STAFF_BUTTONS, STAFF_HOLD_MS)
        duration_ms = STAFF_HOLD_MS + SETTLE_MS
    elif what == "answer" and awake().button_of(number):
        board.push(awake().button_of(number), PRESS_MS)
        duration_ms = PRESS_MS + SETTLE_MS
    elif what == "wait":
        duration_ms = number
    elif what == "at":
        duration_ms = max(0, number - board.rtc_seconds()) * 1000
    elif what == "battery":
        board.battery = number
    elif what == "status":
        return facts(awake())
    else:
        board.tell("unknown command", command=" ".join(words))
    return duration_ms


def facts(application: "Application") -> "dict[str, object]":
    """What a test or a visitor asks of a device."""
    journal = application.journal
    reading = application.clock.read()
    return {
        "waiting": application.waiting(),
        "acked": journal.acked_through,
        "last": journal.last_sequence,
        "free": journal.free_slots,
        "session": reading.session,
        "clock": reading.clock,
        "quality": reading.quality,
    }
