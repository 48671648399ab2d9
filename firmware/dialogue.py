"""The state machine that asks: presses and time in, what to show and the finished pass out. Pure.

  state     | press of an answer    | back            | skip            | time
  ----------+-----------------------+-----------------+-----------------+-------------------------------------------
  HOME      | -> LANGUAGE           | -> LANGUAGE     | -> LANGUAGE     | PAGE_MS -> the next page
  LANGUAGE  | -> PROMISE, or page   | -> page before, | -> PROMISE      | LANGUAGE_MS -> HOME
            |                       | or HOME         |                 |
  PROMISE   | -> ASKING 1           | -> LANGUAGE     | -> ASKING 1     | PROMISE_MS -> ASKING 1
  ASKING n  | -> CHOSEN n           | -> ASKING n-1,  | skipped:        | WARN_MS -> WARNING n
            |                       | PROMISE from 1  | -> ASKING n+1   |
  CHOSEN n  | -> ASKING n+1         | -> ASKING n     | -> ASKING n+1   | CHOSEN_MS -> ASKING n+1
  WARNING n | -> ASKING n           | -> ASKING n     | -> ASKING n     | TIMEOUT_MS -> SAVING (partial) or HOME
  SAVING    | (the shell writes the record, then calls `saved`, `back_to_idle` or `refused`)
  THANKS    | -> HOME               | -> HOME         | -> HOME         | THANKS_MS -> HOME
  REFUSED   | -> HOME               | -> HOME         | -> HOME         | REFUSED_MS -> HOME

HOME is IDLE, or HANDOVER for as long as the device is locked for a home visit. LANGUAGE is passed over where there is
one language, PROMISE where none is made, both ways. After the last question ASKING n+1 is SAVING. A press before a
question has been on the screen for SEEN_MS is never its answer. Nothing of a pass stays in memory once it has ended.
"""

from collections import namedtuple

from firmware.buttons import CONTROL, TOGETHER
from firmware.language_choice import LANGUAGE_OPTIONS_MAX, LANGUAGES_A_PAGE, MORE, language_of
from firmware.misuse import misuse_of
from protocol.record import ANSWER_SKIPPED, ANSWER_TIMED_OUT, FLAG_PARTIAL, FLAG_STUCK_BUTTON, OPTIONS_MAX
from protocol.screen import option_of_button

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
HANDOVER = 7
LANGUAGE = 8
PROMISE = 9

FULL = 0  # why a pass is refused
BATTERY = 1

SEEN_MS = 150  # sooner than that nobody has seen a question: the finger was on its way for the screen before
CHOSEN_MS = 700  # long enough to read one word, short enough not to wait for
WARN_MS = 75000  # with TIMEOUT_MS within the 60 to 120 s that giving users time asks for
TIMEOUT_MS = 90000
THANKS_MS = 5000
REFUSED_MS = 8000
PAGE_MS = 6000  # what 20 words take to read
PROMISE_MS = 6000
LANGUAGE_MS = 30000  # nothing has been said yet that could be lost

# question is counted from 0, option from 1. At IDLE and LANGUAGE `question` is the page, at REFUSED it says why.
View = namedtuple("View", ("state", "question", "option"))
# flags: FLAG_PARTIAL and what makes the pass doubtful, as they stand in its record
Pass = namedtuple("Pass", ("answers", "partial", "flags", "duration_ms"))


class Dialogue:
    """`option_counts`: for each question how many options it has. `ticks_diff(later, earlier)` is the board's.

    `languages`: how many there are to choose from. `pages`: how many the idle screen has. `promise`: whether one is
    made first. `earlier_ms`: when the last complete passes began, kept up to date for the next dialogue. `language`:
    the position of the one that was chosen. `stuck`: to be set while a button is.
    """

    def __init__(
        self,
        option_counts: "list[int]",
        ticks_diff: "Ticks",
        languages: int = 1,
        pages: int = 1,
        promise: bool = False,
        earlier_ms: "list[int] | None" = None,
    ) -> None:
        self._counts = option_counts
        self._diff = ticks_diff
        self._languages = languages
        self._pages = pages
        self._promise = promise
        self._home = IDLE
        self._answers = bytearray(len(option_counts))
        self._since_ms = self._begun_ms = 0  # when this state began, or was extended; when the pass did
        self._earlier_ms = [] if earlier_ms is None else earlier_ms
        self._question = 0
        self.state = IDLE
        self._forget()

    def view(self) -> View:
        """What belongs on the screen now."""
        return View(self.state, self._question, self._answers[self._question] if self.state == CHOSEN else 0)

    def home(self) -> bool:
        """Whether nobody is answering, and nothing of anybody is on the screen."""
        return self.state in (IDLE, HANDOVER)

    def react(self, event: int, now_ms: int) -> "Pass | None":
        """An event of `Buttons`, whatever it is; the staff's own is not for the dialogue."""
        if event == -CONTROL:
            return self.skip(now_ms)
        if event == CONTROL:
            self.back(now_ms)
        elif event == TOGETHER and self.state in (CHOSEN, PROMISE):
            # the last press was a hand on two buttons: as far as it chose something, it did not
            self.back(now_ms)
        elif 0 < event < CONTROL:
            count = 0
            if self.state == LANGUAGE:
                count = min(self._languages, LANGUAGE_OPTIONS_MAX)
            elif self.state == ASKING:
                count = self._counts[self._question]
            return self.press(option_of_button(count, event), now_ms)
        return None

    def press(self, option: int, now_ms: int) -> "Pass | None":
        """An answer button. `option` 1..6, or 0 for a button that stands for no option of this question."""
        if self.state == ASKING:
            if self._diff(now_ms, self._since_ms) < SEEN_MS:
                return None
            if 0 < option <= self._counts[self._question]:
                self._answers[self._question] = option
                self._enter(CHOSEN, now_ms)
            else:
                self._since_ms = now_ms
        elif self.state == LANGUAGE:
            language = language_of(self._languages, self._question, option)
            if language >= 0:
                self.language = language
                self._promise_or_ask(now_ms)
                return None
            if option == MORE:
                self._question = (self._question + 1) % -(-self._languages // LANGUAGES_A_PAGE)
            self._since_ms = now_ms
        else:
            return self._go_on(now_ms)
        return None

    def back(self, now_ms: int) -> None:
        """The control button, short: undo the last step."""
        if self.state == CHOSEN:
            self._ask(self._question, now_ms)
        elif self.state == ASKING and self._question:
            self._ask(self._question - 1, now_ms)
        elif self.state == ASKING and self._promise:
            self._enter(PROMISE, now_ms)
        elif self.state in (ASKING, PROMISE) and self._languages > 1:
            self._enter(LANGUAGE, now_ms)
        elif self.state == LANGUAGE and self._question:
            self._question -= 1
            self._since_ms = now_ms
        elif self.state in (ASKING, PROMISE, LANGUAGE):
            self.back_to_idle(now_ms)
        else:
            self._go_on(now_ms)

    def skip(self, now_ms: int) -> "Pass | None":
        """The control button, long: no answer to this question, which is fine."""
        if self.state == ASKING:
            self._answers[self._question] = ANSWER_SKIPPED
            return self._next(now_ms)
        return self._go_on(now_ms)

    def tick(self, now_ms: int) -> "Pass | None":
        """Let time pass. Returns the pass when it has just ended by itself."""
        limit_ms = self._limit_ms()
        waited_ms = self._diff(now_ms, self._since_ms)
        if limit_ms < 0 or waited_ms < limit_ms:
            return None
        if self.state == ASKING:
            self.state = WARNING  # the clock of the question runs on
        if self.state == WARNING:
            return self._cut_short(now_ms) if waited_ms >= TIMEOUT_MS else None
        if self.state == IDLE:
            self._question = (self._question + 1) % self._pages
            self._since_ms = now_ms
        elif self.state == LANGUAGE:
            self.back_to_idle(now_ms)
        else:
            return self._go_on(now_ms)
        return None

    def saved(self, now_ms: int) -> None:
        """The shell has the record on flash and has read it back: now, and only now, thank."""
        language = self.language
        self._forget()
        self.language = language  # in which to thank; forgotten on the way home
        self._enter(THANKS, now_ms)

    def refused(self, now_ms: int, why: int = FULL) -> None:
        """The shell could not keep the record, or there is no room or no power for another: say so."""
        language = self.language
        self._forget()
        self.language = language
        self._question = why
        self._enter(REFUSED, now_ms)

    def back_to_idle(self, now_ms: int) -> None:
        """A pass that timed out has been kept: nobody is there to be thanked, and nothing of it stays on the screen."""
        self._forget()
        self._enter(self._home, now_ms)

    def end(self, now_ms: int) -> "Pass | None":
        """Staff take the device, whatever goes on: what was answered is kept, and everything else is dropped."""
        if self.state in (ASKING, CHOSEN, WARNING):
            return self._cut_short(now_ms)
        if self.state != SAVING:
            self.back_to_idle(now_ms)
        return None

    def lock(self, locked: bool, now_ms: int) -> None:
        """Begin or end a home visit: while it lasts the device asks to be handed to the patient."""
        self._home = HANDOVER if locked else IDLE
        if self.home():
            self.back_to_idle(now_ms)

    def due_ms(self, now_ms: int) -> int:
        """How long until `tick` has something to do; -1 for never."""
        limit_ms = self._limit_ms()
        return -1 if limit_ms < 0 else max(0, limit_ms - self._diff(now_ms, self._since_ms))

    def _limit_ms(self) -> int:
        if self.state == IDLE:
            return PAGE_MS if self._pages > 1 else -1
        # the states by their numbers, from ASKING on
        limits_ms = (WARN_MS, CHOSEN_MS, TIMEOUT_MS, -1, THANKS_MS, REFUSED_MS, -1, LANGUAGE_MS, PROMISE_MS)
        return limits_ms[self.state - 1]

    def _go_on(self, now_ms: int) -> "Pass | None":
        """From a state that any press leaves, to the one after it."""
        if self.home() and self._languages > 1:
            self._question = 0
            self._enter(LANGUAGE, now_ms)
        elif self.home() or self.state == LANGUAGE:
            self._promise_or_ask(now_ms)
        elif self.state == PROMISE:
            self._ask(0, now_ms)
        elif self.state == CHOSEN:
            return self._next(now_ms)
        elif self.state == WARNING:
            self._enter(ASKING, now_ms)
        elif self.state != SAVING:
            self.back_to_idle(now_ms)
        return None

    def _promise_or_ask(self, now_ms: int) -> None:
        self._question = 0
        if self._promise:
            self._enter(PROMISE, now_ms)
        else:
            self._ask(0, now_ms)

    def _ask(self, question: int, now_ms: int) -> None:
        if self.state not in (ASKING, CHOSEN):
            self._begun_ms = now_ms
        self._question = question
        self._answers[question] = 0
        self._enter(ASKING, now_ms)

    def _next(self, now_ms: int) -> "Pass | None":
        if self._question + 1 < len(self._counts):
            self._ask(self._question + 1, now_ms)
            return None
        self._earlier_ms.append(self._begun_ms)
        return self._finish(misuse_of(self._earlier_ms, now_ms, len(self._counts), self._diff), now_ms)

    def _cut_short(self, now_ms: int) -> "Pass | None":
        """The pass ends here: what was said is kept. Where nothing was, nothing is."""
        if self.state == CHOSEN:
            if self._question + 1 == len(self._counts):
                return self._next(now_ms)
        else:
            self._answers[self._question] = ANSWER_TIMED_OUT
        for answer in self._answers:
            if 0 < answer <= OPTIONS_MAX:
                return self._finish(FLAG_PARTIAL, now_ms)
        self.back_to_idle(now_ms)
        return None

    def _finish(self, flags: int, now_ms: int) -> Pass:
        if self.stuck:
            flags |= FLAG_STUCK_BUTTON
        self.state = SAVING
        return Pass(tuple(self._answers), bool(flags & FLAG_PARTIAL), flags, self._diff(now_ms, self._begun_ms))

    def _forget(self) -> None:
        for question in range(len(self._answers)):
            self._answers[question] = 0
        self._question = 0
        self.language = 0
        self.stuck = False

    def _enter(self, state: int, now_ms: int) -> None:
        self.state = state
        self._since_ms = now_ms
