"""The state machine that asks: presses and time in, what to show and the finished pass out. Pure.

  state     | press of an answer    | back            | skip            | time
  ----------+-----------------------+-----------------+-----------------+-------------------------------------------
  IDLE      | -> ASKING 1           | -> ASKING 1     | -> ASKING 1     |
  ASKING n  | -> CHOSEN n           | -> ASKING n-1,  | skipped:        | WARN_MS -> WARNING n
            |                       | or IDLE from 1  | -> ASKING n+1   |
  CHOSEN n  | -> ASKING n+1         | -> ASKING n     | -> ASKING n+1   | CHOSEN_MS -> ASKING n+1
  WARNING n | -> ASKING n           | -> ASKING n     | -> ASKING n     | TIMEOUT_MS -> SAVING (partial) or IDLE
  SAVING    | (the shell writes the record, then calls `saved`, `back_to_idle` or `refused`)
  THANKS    | -> IDLE               | -> IDLE         | -> IDLE         | THANKS_MS -> IDLE
  REFUSED   | -> IDLE               | -> IDLE         | -> IDLE         | REFUSED_MS -> IDLE

After the last question ASKING n+1 is SAVING. A press that lands on a question which was not yet on the screen is never
taken for its answer. Nothing of a pass is left in memory once it has been saved or dropped.
"""

from collections import namedtuple

from protocol.record import ANSWER_NOT_SHOWN, ANSWER_SKIPPED, ANSWER_TIMED_OUT, OPTIONS_MAX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Ticks

IDLE = 0
ASKING = 1
CHOSEN = 2
WARNING = 3
SAVING = 4
THANKS = 5
REFUSED = 6

CHOSEN_MS = 700  # long enough to read one word, short enough not to wait for
WARN_MS = 75000  # with TIMEOUT_MS within the 60 to 120 s that giving users time asks for
TIMEOUT_MS = 90000
THANKS_MS = 5000
REFUSED_MS = 8000
TOO_FAST_MS = 1000  # a question answered faster was not read

# question is counted from 0, option from 1
View = namedtuple("View", ("state", "question", "option"))
Pass = namedtuple("Pass", ("answers", "partial", "too_fast", "duration_ms"))


class Dialogue:
    """`option_counts`: for each question how many options it has. `ticks_diff(later, earlier)` is the board's."""

    def __init__(self, option_counts: "list[int]", ticks_diff: "Ticks") -> None:
        self._counts = option_counts
        self._diff = ticks_diff
        self.state = IDLE
        self._question = 0
        self._answers: list[int] = []
        self._since_ms = 0  # when this state began, or was extended
        self._started_ms = 0

    def view(self) -> View:
        """What belongs on the screen now."""
        if self.state not in (ASKING, CHOSEN, WARNING):
            return View(self.state, 0, 0)
        option = self._answers[self._question] if self.state == CHOSEN else 0
        return View(self.state, self._question, option)

    def press(self, option: int, now_ms: int) -> "Pass | None":
        """An answer button. `option` 1..6, or 0 for a button that stands for no option of this question."""
        if self.state == IDLE:
            self._start(now_ms)
        elif self.state == ASKING:
            if 0 < option <= self._counts[self._question]:
                self._answers[self._question] = option
                self._enter(CHOSEN, now_ms)
            else:
                self._since_ms = now_ms
        elif self.state == CHOSEN:
            return self._next(now_ms)
        else:
            self._acknowledge_press(now_ms)
        return None

    def back(self, now_ms: int) -> None:
        """The control button, short: undo the last step."""
        if self.state == IDLE:
            self._start(now_ms)
        elif self.state == CHOSEN:
            self._ask(self._question, now_ms)
        elif self.state == ASKING:
            if self._question == 0:
                self._drop(now_ms)
            else:
                self._ask(self._question - 1, now_ms)
        else:
            self._acknowledge_press(now_ms)

    def skip(self, now_ms: int) -> "Pass | None":
        """The control button, long: no answer to this question, which is fine."""
        if self.state == IDLE:
            self._start(now_ms)
        elif self.state == ASKING:
            self._answers[self._question] = ANSWER_SKIPPED
            return self._next(now_ms)
        elif self.state == CHOSEN:
            return self._next(now_ms)
        else:
            self._acknowledge_press(now_ms)
        return None

    def tick(self, now_ms: int) -> "Pass | None":
        """Let time pass. Returns the pass when it has just ended by itself."""
        waited_ms = self._elapsed_ms(now_ms)
        if self.state == CHOSEN and waited_ms >= CHOSEN_MS:
            return self._next(now_ms)
        if self.state == ASKING and waited_ms >= WARN_MS:
            self.state = WARNING  # the clock of the question runs on
        if self.state == WARNING and waited_ms >= TIMEOUT_MS:
            return self._time_out(now_ms)
        if (self.state == THANKS and waited_ms >= THANKS_MS) or (self.state == REFUSED and waited_ms >= REFUSED_MS):
            self._drop(now_ms)
        return None

    def saved(self, now_ms: int) -> None:
        """The shell has the record on flash and has read it back: now, and only now, thank."""
        self._forget()
        self._enter(THANKS, now_ms)

    def refused(self, now_ms: int) -> None:
        """The shell could not keep the record, or there is no room for another: say so."""
        self._forget()
        self._enter(REFUSED, now_ms)

    def back_to_idle(self, now_ms: int) -> None:
        """A pass that timed out has been kept: nobody is there to be thanked, and nothing of it stays on the screen."""
        self._drop(now_ms)

    def due_ms(self, now_ms: int) -> int:
        """How long until `tick` has something to do; -1 for never."""
        waited_ms = self._elapsed_ms(now_ms)
        limit = {
            ASKING: WARN_MS,
            CHOSEN: CHOSEN_MS,
            WARNING: TIMEOUT_MS,
            THANKS: THANKS_MS,
            REFUSED: REFUSED_MS,
        }.get(self.state)
        return -1 if limit is None else max(0, limit - waited_ms)

    def _start(self, now_ms: int) -> None:
        self._answers = [ANSWER_NOT_SHOWN] * len(self._counts)
        self._started_ms = now_ms
        self._ask(0, now_ms)

    def _ask(self, question: int, now_ms: int) -> None:
        self._question = question
        self._answers[question] = ANSWER_NOT_SHOWN
        self._enter(ASKING, now_ms)

    def _next(self, now_ms: int) -> "Pass | None":
        if self._question + 1 < len(self._counts):
            self._ask(self._question + 1, now_ms)
            return None
        return self._finish(False, now_ms)

    def _time_out(self, now_ms: int) -> "Pass | None":
        answered = [answer for answer in self._answers if 0 < answer <= OPTIONS_MAX]
        if not answered:
            self._drop(now_ms)  # nothing was said: nothing is kept
            return None
        self._answers[self._question] = ANSWER_TIMED_OUT
        return self._finish(True, now_ms)

    def _finish(self, partial: bool, now_ms: int) -> Pass:
        duration_ms = self._diff(now_ms, self._started_ms)
        too_fast = not partial and duration_ms < TOO_FAST_MS * len(self._counts)
        self.state = SAVING
        return Pass(tuple(self._answers), partial, too_fast, duration_ms)

    def _acknowledge_press(self, now_ms: int) -> None:
        if self.state == WARNING:
            self._enter(ASKING, now_ms)
        elif self.state in (THANKS, REFUSED):
            self._drop(now_ms)

    def _drop(self, now_ms: int) -> None:
        self._forget()
        self._enter(IDLE, now_ms)

    def _forget(self) -> None:
        self._answers = []
        self._question = 0

    def _enter(self, state: int, now_ms: int) -> None:
        self.state = state
        self._since_ms = now_ms

    def _elapsed_ms(self, now_ms: int) -> int:
        return self._diff(now_ms, self._since_ms)
