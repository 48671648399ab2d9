"""The simulated device as a program: commands on standard input, events on standard output, one JSON object a line.

  micropython -m firmware.simulator DIRECTORY [--virtual PET_SECONDS] [--quiet]

  press N | hold N | answer OPTION | wait MS | at PET_SECONDS | sync | status | quit (deep sleep)

With --virtual the device's clock begins at that instant, as if the server had just told it the time, and moves only as
commands let it: months of answers are pressed in seconds. --quiet leaves the screens out of the events.
"""

import gc
import sys

from firmware.board.sim import HOLD_MS, PRESS_MS, Board
from firmware.main import StartError, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.application import Application

SETTLE_MS = 150  # what a virtual press takes, until its effect is on the screen
STEP_MS_MAX = 60000  # the longest leap of virtual time between two looks at the schedule


class Simulator:
    """Runs one device until `quit` or the end of the input."""

    def __init__(self, board: Board, application: "Application", virtual: bool) -> None:
        self._board = board
        self._application = application
        self._virtual = virtual

    def run(self) -> None:
        """Until `quit`, or the end of the input: then the process just ends, which for a device is loss of power."""
        while True:
            if not self._virtual:
                while not self._board.pass_time(min(self._application.step(), STEP_MS_MAX)):
                    pass
            words = sys.stdin.readline().split()
            if not words:
                return
            if words[0] == "quit":
                self._board.deep_sleep()
                return
            self._obey(words)

    def _obey(self, words: "list[str]") -> None:
        number = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        board = self._board
        if words[0] in ("press", "hold") and 1 <= number <= 6:
            duration_ms = PRESS_MS if words[0] == "press" else HOLD_MS
            board.push(number, duration_ms)
            self._pass_virtual(duration_ms + SETTLE_MS)
        elif words[0] == "answer" and self._application.button_of(number):
            board.push(self._application.button_of(number), PRESS_MS)
            self._pass_virtual(PRESS_MS + SETTLE_MS)
        elif words[0] == "wait":
            self._pass_virtual(number)
        elif words[0] == "at":
            self._pass_virtual((number - board.rtc_seconds()) * 1000)
        elif words[0] == "sync":
            self._application.sync_now()
        elif words[0] == "status":
            board.tell("status", **self._status())
        else:
            board.tell("unknown command", command=" ".join(words))

    def _pass_virtual(self, duration_ms: int) -> None:
        if not self._virtual:
            return
        end_ms = self._board.ticks_add(self._board.ticks_ms(), duration_ms)
        while True:
            pause_ms = self._application.step()
            left_ms = self._board.ticks_diff(end_ms, self._board.ticks_ms())
            if left_ms <= 0:
                return
            self._board.pass_time(max(1, min(pause_ms, left_ms, STEP_MS_MAX)))

    def _status(self) -> "dict[str, object]":
        gc.collect()
        facts = self._application.facts()
        facts["heap_free"] = gc.mem_free()
        facts["heap_used"] = gc.mem_alloc()
        return facts


def main(arguments: "list[str]") -> None:
    """Run the device in `arguments[0]`. A device that lacks a part says so and exits with 2."""
    virtual = None
    if "--virtual" in arguments:
        virtual = int(arguments[arguments.index("--virtual") + 1])
    board = Board(arguments[0], virtual, "--quiet" in arguments)
    try:
        application = start(board)
    except StartError as lacking:
        board.tell("lacking", reason=str(lacking))
        sys.exit(2)
    if virtual is not None:
        application.set_clock(virtual)
    board.tell("ready", **application.facts())
    Simulator(board, application, virtual is not None).run()


if __name__ == "__main__":
    main(sys.argv[1:])
