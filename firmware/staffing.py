"""The phase of the staff: the menu or a self-test, and what of it is done at once."""

from firmware.application import TO_AUDIT, TO_PATIENTS, TO_SYNC, Application
from firmware.buttons import STAFF, TOGETHER, Buttons
from firmware.memory import forget_since, loaded
from firmware.staff import (
    ASSISTED,
    AUDIT,
    DECLINED,
    HOME_VISIT,
    RELEASE,
    SELF_TEST,
    STAGE,
    SYNC,
    TEAM,
    Staff,
)
from firmware.staff_screens import draw_view
from firmware.staff_words import Facts
from firmware.version import APPLICATION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.self_test import SelfTest

SAMPLE_MS = 10  # while a button is down or bouncing


class Staffing:
    """`after_sync`: staff asked for a sync, and want to see what came of it."""

    def __init__(self, application: Application, after_sync: bool) -> None:
        self.after: tuple[int, int] | None = None
        self._application = application
        self._board = board = application.board
        self._buttons = Buttons(board.ticks_diff)
        self._buttons.wake(board.levels(), board.ticks_ms())  # what is still held down has been answered
        self._let_go = False
        self._menu: Staff | SelfTest | None
        self._shown: object = None
        self._testing = application.self_test >= 0
        now_ms = board.ticks_ms()
        if self._testing:
            self._begin_self_test(now_ms, application.self_test)
            application.self_test = -1
        else:
            before = loaded()
            from firmware.choosing import read_choices

            choices = read_choices(board.files)
            del read_choices
            forget_since(before)  # what reads them is not needed again
            self._menu = Staff(self._facts, choices, board.ticks_diff, now_ms, after_sync)

    def step(self) -> int:
        """One look at buttons and time; how many milliseconds there is nothing to do."""
        board, menu = self._board, self._menu
        assert menu
        now_ms = board.ticks_ms()
        levels = board.levels()
        event = self._buttons.sample(levels, now_ms)
        self._let_go = self._let_go or not levels
        if event == STAFF and not self._let_go:
            event = 0  # the hold that opened the menu goes on
        if event:
            board.signal("press")
        action = menu.press(event, now_ms) if event and event != TOGETHER else None
        action = action or menu.tick(now_ms)
        if action:
            self._obey(action[0], action[1], now_ms)
        if self.after:
            self._application.answered = levels
            return 0
        assert self._menu
        view = self._menu.view(now_ms)
        if view != self._shown:
            self._shown = view
            board.show(draw_view(board.framebuffer, view))
        return SAMPLE_MS if not self._buttons.settled() else self._menu.due_ms(now_ms)

    def button_of(self, option: int) -> int:
        """No button answers a patient's question."""
        return 0 * option

    def _obey(self, code: int, argument: int, now_ms: int) -> None:
        application = self._application
        if code == DECLINED:
            assert isinstance(self._menu, Staff)
            before = loaded()
            from firmware.declining import count_declined

            kept = count_declined(application)
            del count_declined
            forget_since(before)
            self._menu.kept(kept, now_ms)
        elif code == SELF_TEST:
            self._begin_self_test(now_ms, -1)
        elif code == SYNC:
            if self._testing:
                application.self_test = argument
            self.after = TO_SYNC, 1
        elif code == AUDIT:
            self.after = TO_AUDIT, argument
        elif code == RELEASE:
            self.after = TO_PATIENTS, 1
        elif code == HOME_VISIT:
            application.visit.home = True
            application.visit.keep()
            self.after = TO_PATIENTS, 1
        else:
            self._set(code, argument)

    def _set(self, code: int, argument: int) -> None:
        """What holds for the passes to come."""
        visit = self._application.visit
        if code == ASSISTED:
            visit.assisted = bool(argument)
        elif code == TEAM:
            visit.team = argument
        elif code == STAGE:
            visit.stage = argument
        visit.keep()

    def _begin_self_test(self, now_ms: int, results: int) -> None:
        self._testing = True
        self._menu = None  # both together are too much
        from firmware.self_test import SelfTest

        application = self._application
        quality = application.clock.read().quality
        self._menu = SelfTest(application.board, application.journal, quality, now_ms, results, application.words())

    def _facts(self) -> Facts:
        application, board, visit = self._application, self._board, self._application.visit
        reading = application.clock.read()
        return Facts(
            application.waiting(),
            board.load_counter("delivered"),
            board.load_counter("delivered_at"),
            reading.clock,
            board.battery_mv(),
            reading.quality,
            application.journal.free_slots,
            application.journal.capacity,
            board.network_state(),
            application.words(),
            APPLICATION,
            board.base,
            application.identity.serial,
            visit.team,
            visit.stage,
            visit.assisted,
        )
