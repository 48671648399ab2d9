"""The simulated device as a program: commands on standard input, events on standard output, one JSON object a line.

  micropython -m firmware.simulator DIRECTORY [--virtual PET_SECONDS] [--quiet]

  press N | hold N | lean N MS | staff | answer OPTION | wait MS | at PET_SECONDS
  sync | battery MV | status | quit (keeps power)

With --virtual the device's clock begins at that instant, as if the server had just told it the time, and moves only as
commands let it: months of answers are pressed in seconds. --quiet leaves the screens out of the events. `staff` is the
hold-combination, `lean` something that lies on a button. In deep sleep the program is over; it starts anew in this
process when the device wakes.
"""

import gc
import sys

from firmware.application import StartError
from firmware.board.sim import Asleep, Board
from firmware.memory import forget_since, loaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.application import Application

RESTART_CODE = 64  # of the process: start me again (firmware/board/start_sim.py)
STEP_MS_MAX = 60000  # the longest leap of virtual time between two looks at the schedule


class Simulator:
    """Runs one device until `quit` or the end of the input. Raises StartError when the device lacks a part."""

    def __init__(self, board: Board, virtual: "int | None") -> None:
        self._board = board
        self._virtual = virtual is not None
        before = loaded()
        from firmware.shelf import resident

        self._resident = resident(before)
        del resident
        self._application: Application | None = None
        try:
            self._awake(virtual)
            self._say_ready()
        except Asleep:
            self._fall_asleep()

    def run(self) -> None:
        """Until `quit`, or the end of the input: then the process just ends, which for a device is loss of power."""
        while True:
            if not self._virtual:
                while not self._board.pass_time(min(self._step(), STEP_MS_MAX)):
                    pass
            words = sys.stdin.readline().split()
            if not words:
                return
            if words[0] == "quit":
                self._board.keep_power()
                return
            try:
                self._obey(words)
            except Asleep:
                self._fall_asleep()

    def _obey(self, words: "list[str]") -> None:
        if words[0] == "sync":
            self._awake().sync_now()
            return
        before = loaded()
        from firmware.commands import obey

        done = obey(self._board, self._awake, words)
        del obey
        if isinstance(done, dict):
            forget_since(before)  # what is only there for the simulation is not what is asked for
            done["heap_free"] = gc.mem_free()
            done["heap_used"] = gc.mem_alloc()
            self._board.tell("status", **done)
        elif done >= 0 and self._virtual:
            self._pass_virtual(done)

    def _step(self) -> int:
        """One step of the device, or of its sleep; how long there is nothing to do."""
        if self._application is None and self._board.asleep():
            return STEP_MS_MAX
        try:
            return self._awake().step()
        except Asleep:
            self._fall_asleep()
            return 0

    def _awake(self, virtual: "int | None" = None) -> "Application":
        """The application; a command wakes a device that sleeps, as its time would. Raises Asleep, StartError."""
        if self._application is None:
            self._board.wake()
            from firmware.main import start

            self._application = start(self._board, self._resident)
            del start
            forget_since(self._resident)
            if virtual is not None:
                self._application.clock.set_from_server(virtual)
        return self._application

    def _fall_asleep(self) -> None:
        """What a reset leaves: nothing but RTC memory and files. Another version starts in another process."""
        self._application = None
        if self._board.restarting:
            self._board.restarting = False
            from firmware.slots import running

            if running(self._board):
                self._board.keep_power()
                sys.exit(RESTART_CODE)
        forget_since(self._resident)
        self._board.framebuffer.fill(0)
        self._board.show("off")

    def _pass_virtual(self, duration_ms: int) -> None:
        end_ms = self._board.ticks_add(self._board.ticks_ms(), duration_ms)
        while True:
            pause_ms = self._step()
            left_ms = self._board.ticks_diff(end_ms, self._board.ticks_ms())
            if left_ms <= 0:
                return
            self._board.pass_time(max(1, min(pause_ms, left_ms, STEP_MS_MAX)))

    def _say_ready(self) -> None:
        from firmware.commands import facts

        self._board.tell("ready", **facts(self._awake()))


def main(arguments: "list[str]") -> None:
    """Run the device in `arguments[0]`. A device that lacks a part says so and exits with 2."""
    virtual = None
    if "--virtual" in arguments:
        virtual = int(arguments[arguments.index("--virtual") + 1])
    board = Board(arguments[0], virtual, "--quiet" in arguments)
    try:
        Simulator(board, virtual).run()
    except StartError as lacking:
        board.tell("lacking", reason=str(lacking))
        sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1:])
