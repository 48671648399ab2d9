"""The application: one step of everything that a device does, over and over. Made once, by `firmware.main`."""

from collections import namedtuple

from firmware.buttons import CONTROL, Buttons
from firmware.dialogue import ASKING, CHOSEN, IDLE, REFUSED, SAVING, THANKS, WARNING, Dialogue, Pass, View
from firmware.journal_errors import Full
from protocol.record import (
    ANSWERS_MAX,
    DURATION_MAX,
    DURATION_UNIT_S,
    FLAG_PARTIAL,
    FLAG_TOO_FAST,
    KIND_RESPONSE,
    Record,
    encode_payload,
)
from protocol.screen import button_of_option, option_of_button

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.board.interface import Board
    from firmware.clock import Clock
    from firmware.journal import Journal
    from firmware.questionnaire import Questionnaire
    from firmware.screens import Screens
    from firmware.settings import Settings

SAMPLE_MS = 10  # while a button is down or bouncing
QUIET_MS = 2000  # a sync waits until no button has moved for this long
BACKOFF_MAX = 6  # doublings of the pause after failed syncs

# What came of a sync: records acked, records still waiting, None or why it failed, whether a press ended it
SyncResult = namedtuple("SyncResult", ("delivered", "waiting", "error", "interrupted"))


class Application:
    """`step` looks once at buttons, time and schedule; it returns how many milliseconds it has nothing to do."""

    def __init__(
        self,
        board: "Board",
        journal: "Journal",
        clock: "Clock",
        questionnaire: "Questionnaire",
        screens: "Screens",
        settings: "Settings",
        sync: "Callable[[], SyncResult]",
    ) -> None:
        self._board = board
        self._journal = journal
        self._clock = clock
        self._questionnaire = questionnaire
        self._screens = screens
        self._settings = settings
        self._sync = sync
        self._buttons = Buttons(board.ticks_diff)
        self._dialogue = Dialogue(questionnaire.option_counts, board.ticks_diff)
        self._shown: View | None = None
        self._failures = 0
        self._wanted = False
        self._levels = 0
        self._moved_ms = board.ticks_ms()  # when a button last went down or up
        self._sync_at_s = board.rtc_seconds() + self._pause_s()

    def step(self) -> int:
        """One look at everything. Never blocks, except in a sync, and that gives way to a press."""
        now_ms = self._board.ticks_ms()
        levels = self._board.levels()
        if levels != self._levels:
            self._levels = levels
            self._moved_ms = now_ms
        self._react(self._buttons.sample(levels, now_ms), now_ms)
        finished = self._dialogue.tick(now_ms)
        if finished:
            self._keep(finished)
        self._show()
        if self._sync_is_due(now_ms):
            self.sync_now()
        return self._pause_ms(now_ms)

    def want_sync(self) -> None:
        """Sync as soon as nobody is answering."""
        self._wanted = True

    def sync_now(self) -> "SyncResult":
        """Sync at once, with a word on the screen."""
        self._screens.service("Sending answers. A press stops it.")
        self._board.show("sending")
        result = self._try_sync()
        self._wanted = False
        if not result.interrupted:  # then it is still due, as soon as the buttons are quiet
            self._failures = min(self._failures + 1, BACKOFF_MAX) if result.error else 0
            self._sync_at_s = self._board.rtc_seconds() + self._pause_s()
        self._shown = None
        self._board.tell("synced", delivered=result.delivered, waiting=result.waiting, error=result.error)
        self._show()
        return result

    def _try_sync(self) -> SyncResult:
        waiting = self._journal.last_sequence - self._journal.acked_through
        try:
            return self._sync()
        except MemoryError:  # not even room to load what a sync needs; the answers are safe where they are
            return SyncResult(0, waiting, "not enough memory for a sync", False)

    def set_clock(self, instant: int) -> None:
        """As if the server had just told the time."""
        self._clock.set_from_server(instant)
        self._sync_at_s = self._board.rtc_seconds() + self._pause_s()

    def button_of(self, option: int) -> int:
        """The button that stands for this option of the question on the screen; 0 when it has no such option."""
        count = self._questionnaire.option_counts[self._dialogue.view().question]
        return button_of_option(count, option) if 0 < option <= count else 0

    def facts(self) -> "dict[str, object]":
        """What a nurse or a technician asks of a device."""
        journal = self._journal
        reading = self._clock.read()
        return {
            "waiting": journal.last_sequence - journal.acked_through,
            "acked": journal.acked_through,
            "last": journal.last_sequence,
            "free": journal.free_slots,
            "session": reading.session,
            "clock": reading.clock,
            "quality": reading.quality,
        }

    def _react(self, event: int, now_ms: int) -> None:
        if event == 0:
            return
        dialogue = self._dialogue
        if dialogue.state == IDLE and self._journal.free_slots < 1:
            dialogue.refused(now_ms)
            return
        finished: "Pass | None" = None
        if event == -CONTROL:
            finished = dialogue.skip(now_ms)
        elif event == CONTROL:
            dialogue.back(now_ms)
        else:
            view = dialogue.view()
            count = self._questionnaire.option_counts[view.question]
            finished = dialogue.press(option_of_button(count, event), now_ms)
        if finished:
            self._keep(finished)

    def _keep(self, finished: Pass) -> None:
        """Record on flash and read back, and only then the thank-you."""
        try:
            sequence = self._journal.append(encode_payload(self._record(finished)))
        except (Full, OSError) as failure:
            self._board.tell("refused", reason=str(failure))
            self._dialogue.refused(self._board.ticks_ms())
            return
        if finished.partial:
            self._dialogue.back_to_idle(self._board.ticks_ms())  # nobody is there to be thanked
            self._board.tell("kept", sequence=sequence)
        else:
            self._dialogue.saved(self._board.ticks_ms())
            self._show()
            self._board.tell("thanked", sequence=sequence)

    def _record(self, finished: Pass) -> Record:
        reading = self._clock.read()
        flags = (FLAG_PARTIAL if finished.partial else 0) | (FLAG_TOO_FAST if finished.too_fast else 0)
        duration = min(DURATION_MAX, finished.duration_ms // (1000 * DURATION_UNIT_S))
        return Record(
            KIND_RESPONSE,
            flags,
            self._questionnaire.reference,
            0,  # the journal gives the sequence
            reading.session,
            reading.seconds,
            reading.clock,
            self._questionnaire.language,
            reading.quality,
            0,
            0,
            duration,
            finished.answers[:ANSWERS_MAX],
        )

    def _show(self) -> None:
        view = self._dialogue.view()
        if view == self._shown or view.state == SAVING:
            return
        self._shown = view
        screens = self._screens
        name = "idle"
        if view.state == IDLE:
            screens.start()
        elif view.state == ASKING:
            name = "question"
            screens.question(view.question)
        elif view.state == CHOSEN:
            name = "chosen"
            screens.chosen(view.question, view.option)
        elif view.state == WARNING:
            name = "warning"
            screens.text("warning")
        elif view.state == THANKS:
            name = "thanks"
            screens.text("thanks")
        elif view.state == REFUSED:
            name = "full"
            screens.text("full")
        self._board.show(name)

    def _sync_is_due(self, now_ms: int) -> bool:
        if self._dialogue.state != IDLE or self._unquiet_ms(now_ms):
            return False
        return self._wanted or self._backlog_is_due() or self._board.rtc_seconds() >= self._sync_at_s

    def _backlog_is_due(self) -> bool:
        waiting = self._journal.last_sequence - self._journal.acked_through
        return waiting >= self._settings.sync_backlog and self._failures == 0

    def _unquiet_ms(self, now_ms: int) -> int:
        """How long until the buttons have been quiet for long enough; a button that is stuck is quiet too."""
        quiet_ms = self._board.ticks_diff(now_ms, self._moved_ms)
        return QUIET_MS - quiet_ms if 0 <= quiet_ms < QUIET_MS else 0  # below 0: the ticks have wrapped since

    def _pause_s(self) -> int:
        """Until the next sync: longer after each failure, and never the same on two devices that failed together."""
        pause_s = int(self._settings.sync_every_s) << self._failures
        return pause_s + self._board.random(1)[0] * pause_s // 1024

    def _pause_ms(self, now_ms: int) -> int:
        if not self._buttons.settled():
            return SAMPLE_MS
        due_ms = self._dialogue.due_ms(now_ms)
        if due_ms < 0:
            due_ms = max(0, self._sync_at_s - self._board.rtc_seconds()) * 1000
            if self._wanted or self._backlog_is_due() or not due_ms:
                due_ms = self._unquiet_ms(now_ms)
        return due_ms
