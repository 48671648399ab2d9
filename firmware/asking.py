"""The phase in which the device asks: presses in, screens out, every finished pass on flash before the thank-you.

It asks patients, or goes through a checklist of the staff with them; the hold-combination ends it for the staff menu.
"""

from firmware.application import TO_LACKING, TO_PATIENTS, TO_SLEEP, TO_STAFF, TO_SYNC, Application
from firmware.battery import battery_is_low
from firmware.buttons import STAFF, TOGETHER, Buttons
from firmware.dialogue import BATTERY, FULL, IDLE, SAVING, Dialogue, Pass, View
from firmware.files import AUDIT_FILE, QUESTIONNAIRE_FILE, TEXTS_FILE
from firmware.journal_errors import JournalError
from firmware.questionnaire import Questionnaire
from firmware.recording import payload_of
from firmware.screens import Screens
from firmware.texts import Texts
from protocol.errors import ProtocolError
from protocol.record import FLAG_ASSISTED, FLAG_HOME_VISIT, KIND_AUDIT, KIND_RESPONSE
from protocol.screen import button_of_option

SAMPLE_MS = 10  # while a button is down or bouncing
QUIET_MS = 2000  # a sync waits until no button has moved for this long


class Asking:
    """`audit`: 0 for patients, or the number of a checklist. `proven`: the questionnaire has been read before.

    `after`: None, or how the phase has ended (firmware/application.py).
    """

    def __init__(self, application: Application, audit: int, proven: bool) -> None:
        self.after: tuple[int, int] | None = None
        self._application = application
        self._board = board = application.board
        self._journal = application.journal
        self._audit = audit
        self._texts = 0
        self._shown: View | None = None
        self._levels = board.levels()
        self._moved_ms = board.ticks_ms()  # when a button last went down or up
        self._battery_low = False
        self._begun = False
        self._screens = Screens(board.framebuffer, board.width, board.height)
        self._buttons = Buttons(board.ticks_diff)
        try:
            self._open(audit, proven)
        except ProtocolError as unusable:
            board.tell("unusable", reason=str(unusable))
            self.after = (TO_PATIENTS, 1) if audit else (TO_LACKING, 0 if proven else 1)
            return
        answered, application.answered = application.answered, 0
        if answered:
            self._buttons.wake(answered, self._moved_ms)
        levels, application.levels = application.levels, 0
        if levels:
            self._react(self._buttons.wake(levels, self._moved_ms), self._moved_ms)

    def step(self) -> int:
        """One look at buttons, time and schedule; how many milliseconds there is nothing to do."""
        if self.after:
            return 0
        board, dialogue = self._board, self._dialogue
        now_ms = board.ticks_ms()
        levels = board.levels()
        if levels != self._levels:
            self._levels = levels
            self._moved_ms = now_ms
        event = self._buttons.sample(levels, now_ms)
        if self._buttons.stuck:
            dialogue.stuck = True
        self._react(event, now_ms)
        finished = dialogue.tick(now_ms)
        if finished:
            self._keep(finished)
        self._show()
        if dialogue.home():
            if self._begun:
                self._forget_help()
            self._consider(now_ms)
        self._begun = not dialogue.home()
        return self._pause_ms(now_ms)

    def button_of(self, option: int) -> int:
        """The button that stands for this option of the question on the screen; 0 when it has no such option."""
        count = self._questionnaire.option_counts[self._dialogue.view().question]
        return button_of_option(count, option) if 0 < option <= count else 0

    def _open(self, audit: int, proven: bool) -> None:
        board = self._board
        now_ms = board.ticks_ms()
        name = AUDIT_FILE % audit if audit else QUESTIONNAIRE_FILE
        self._questionnaire = questionnaire = Questionnaire(board.files + name, proven)
        if audit:
            self._screens.use(questionnaire)
            self._dialogue = Dialogue(questionnaire.option_counts, board.ticks_diff)
            if not self._cannot_take(now_ms):
                self._dialogue.press(0, now_ms)
            return
        # Whoever declines, declines this one.
        self._application.questionnaire = questionnaire.reference, questionnaire.language
        texts = Texts(board.files + TEXTS_FILE, questionnaire.buffer, proven)
        self._screens.use(questionnaire, texts)
        languages = questionnaire.language_count()
        self._texts = texts.count
        pages = 2 * languages if texts.count else languages  # each language's page, and a text after each
        earlier_ms = self._application.begun_ms
        self._dialogue = Dialogue(questionnaire.option_counts, board.ticks_diff, languages, pages, True, earlier_ms)
        self._dialogue.lock(self._application.visit.home, now_ms)

    def _react(self, event: int, now_ms: int) -> None:
        dialogue = self._dialogue
        if event and event != TOGETHER:
            self._board.signal("press")
        finished: Pass | None = None
        if event == STAFF:
            finished = dialogue.end(now_ms)
            self.after = TO_STAFF, 0
        elif event and dialogue.home() and self._cannot_take(now_ms):
            self._board.signal("refused")
        elif event:
            finished = dialogue.react(event, now_ms)
        if finished:
            self._keep(finished)
        if event == STAFF:
            self._end_home_visit(now_ms)  # what has just ended was still part of it

    def _cannot_take(self, now_ms: int) -> bool:
        """Refuse a new pass before anything of it could be lost."""
        self._battery_low = battery_is_low(self._board.battery_mv(), self._battery_low)
        if self._battery_low:
            self._dialogue.refused(now_ms, BATTERY)
        elif self._journal.free_slots < 1:
            self._dialogue.refused(now_ms, FULL)
        else:
            return False
        return True

    def _keep(self, finished: Pass) -> None:
        """Record on flash and read back, and only then the thank-you."""
        sequence = self._append(finished)
        now_ms = self._board.ticks_ms()
        if not sequence:
            self._board.signal("refused")
            self._dialogue.refused(now_ms)
        elif finished.partial:
            self._dialogue.back_to_idle(now_ms)  # nobody is there to be thanked
            self._board.tell("kept", sequence=sequence)
        else:
            self._dialogue.saved(now_ms)
            self._show()
            self._board.signal("thanks")
            self._board.tell("thanked", sequence=sequence)

    def _append(self, finished: Pass) -> int:
        """The sequence of the record, which is on flash now; 0 when it could not be kept."""
        application, visit, questionnaire = self._application, self._application.visit, self._questionnaire
        asked = questionnaire.reference, questionnaire.language
        flags = finished.flags
        if not self._audit:
            application.questionnaire = asked
            flags |= FLAG_HOME_VISIT if visit.home else 0
            flags |= FLAG_ASSISTED if visit.assisted else 0
            visit.assisted = False  # one pass only: the next patient may need no help
            visit.keep()
        kind = KIND_AUDIT if self._audit else KIND_RESPONSE
        payload = payload_of(application.clock, visit, asked, kind, flags, finished.duration_ms, finished.answers)
        try:
            return self._journal.append(payload)
        except (JournalError, OSError) as failure:
            self._board.tell("refused", reason=str(failure))
            return 0

    def _show(self) -> None:
        view = self._dialogue.view()
        if view != self._shown and view.state != SAVING:
            self._shown = view
            if view.state == IDLE and self._texts:
                view = View(IDLE, self._page(view.question), 0)
            self._board.show(self._screens.draw(view, self._dialogue.language))

    def _page(self, number: int) -> int:
        """Which picture: the languages' pages come before the texts'."""
        turn, is_text = divmod(number, 2)
        return self._questionnaire.language_count() + turn % self._texts if is_text else turn

    def _forget_help(self) -> None:
        visit = self._application.visit
        if visit.assisted and not self._audit:
            visit.assisted = False
            visit.keep()

    def _end_home_visit(self, now_ms: int) -> None:
        visit = self._application.visit
        self._application.was_visit = 1 + visit.stage if visit.home else 0
        if visit.home:
            visit.home = False
            visit.stage = 0  # it was this person's, and need not be the next one's
            visit.keep()
            self._dialogue.lock(False, now_ms)

    def _consider(self, now_ms: int) -> None:
        """Nobody is answering: is it time for something else?"""
        if self.after or not self._buttons.settled() or (not self._audit and self._left_ms(QUIET_MS, now_ms)):
            return
        if self._audit:
            self.after = TO_PATIENTS, 1
        elif self._application.sync_is_due():
            self.after = TO_SYNC, 0
        elif self._sleepy_ms(now_ms) == 0:
            self.after = TO_SLEEP, 0

    def _sleepy_ms(self, now_ms: int) -> int:
        """How long until nobody has pressed for long enough to sleep; -1: never."""
        limit_ms = 1000 * int(self._application.settings.sleep_after_s)
        return self._left_ms(limit_ms, now_ms) if limit_ms else -1

    def _left_ms(self, limit_ms: int, now_ms: int) -> int:
        """How long until the buttons have been quiet for so long; a button that is stuck is quiet too."""
        quiet_ms = self._board.ticks_diff(now_ms, self._moved_ms)
        return limit_ms - quiet_ms if 0 <= quiet_ms < limit_ms else 0  # below 0: the ticks have wrapped since

    def _pause_ms(self, now_ms: int) -> int:
        if self.after:
            return 0
        if not self._buttons.settled():
            return SAMPLE_MS
        due_ms = self._dialogue.due_ms(now_ms)
        if self._dialogue.home():
            application = self._application
            left_s = application.schedule.next_due_s() - self._board.rtc_seconds()
            sync_ms = 0 if application.sync_is_due() else max(0, left_s) * 1000
            due_ms = _sooner(due_ms, max(sync_ms, self._left_ms(QUIET_MS, now_ms)))
            due_ms = _sooner(due_ms, self._sleepy_ms(now_ms))
        return due_ms


def _sooner(one_ms: int, other_ms: int) -> int:
    """The sooner of two; -1 is never."""
    if one_ms < 0 or other_ms < 0:
        return max(one_ms, other_ms)
    return min(one_ms, other_ms)
