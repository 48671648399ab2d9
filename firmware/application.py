"""The application: what is always in memory, and the phase that the device is in. Made once, by `firmware.main`.

  asking <--hold-combination--> staff
     |--a sync is due, nobody answers--> between: sync, switch, update --> asking, or a fresh start
     |--nobody presses for a while-----> deep sleep, and a fresh start at a press or for the next sync

Only what a phase needs is in memory while it lasts: two of them together leave TLS no room (docs/adr/0006).
"""

from firmware.memory import forget, forget_since, loaded
from firmware.sync_result import SyncResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from firmware.board.interface import Board
    from firmware.clock import Clock
    from firmware.journal import Journal
    from firmware.journal_ring import State
    from firmware.settings import Settings
    from protocol.identity import Identity

    class Phase(Protocol):
        """`after`: None while the phase goes on; then what comes next, and its argument."""

        after: "tuple[int, int] | None"

        def step(self) -> int: ...
        def button_of(self, option: int) -> int: ...


TO_PATIENTS = 0  # the patients; argument 1: woken from sleep or sent back by a sync, the questionnaire is proven
TO_AUDIT = 1  # go through a checklist; its number
TO_STAFF = 2  # argument 1: show what came of a sync
TO_SYNC = 3  # argument 1: for staff
TO_SLEEP = 4
TO_LACKING = 5  # there is no questionnaire; argument 1: power has just come

HEALTHY_MS = 600000  # after so long without an exception a new version is good, even if there was no network


class StartError(Exception):
    """What the device lacks; it shows the words and waits for a technician."""


class Application:
    """`step` lets the phase look once at everything; it returns how many milliseconds there is nothing to do.

    `slept`: whether this start follows on a deep sleep. `resident`: the modules that stay in memory in every phase.
    """

    def __init__(
        self,
        board: "Board",
        identity: "Identity",
        settings: "Settings",
        journal: "Journal",
        clock: "Clock",
        slept: bool,
        resident: "set[str]",
    ) -> None:
        self.board = board
        self.identity = identity
        self.settings = settings
        self.journal = journal
        self.clock = clock
        self.kept: State | None = None  # of a journal that is put away (firmware/shelf.py)
        self.stored_through = 0  # acked since then
        self.ahead: tuple[int, ...] | None = None  # of a clock that is put away
        self.recall()
        self.questionnaire = (0, 0)  # reference and language of the last pass
        self.begun_ms: list[int] = []  # when the patients' last few complete passes began
        self.self_test = -1  # what a self-test that waits for its sync has found so far
        self.was_visit = 0  # the staff menu was opened out of a home visit: its stage of the journey, and 1
        self.answered = 0  # buttons whose press the phase before has answered, though they may still be down
        self.levels = board.wake_levels()  # buttons whose press the next phase has to answer
        self.dark = slept and not self.levels  # woken by time alone: nobody looks
        self._resident = resident
        self._phase: Phase | None = None
        self._next = (TO_SYNC, 0) if self.dark else (TO_PATIENTS, int(slept))
        self._started_ms = board.ticks_ms()
        self._healthy = False
        if not slept:
            from firmware.between import switch_and_update

            switch_and_update(self)
            self.forget()

    def step(self) -> int:
        """Never blocks, except in a sync, and that gives way to a press."""
        if self._phase is None:
            what, argument = self._next
            if what in (TO_SYNC, TO_SLEEP):
                self._next = self._leave(what, argument)
                return 0
            from firmware.phases import PHASES_MODULE, begin

            self._phase = begin(self, what, argument)
            del begin
            forget(PHASES_MODULE)
        pause_ms = self._phase.step()
        after = self._phase.after
        if after is not None:
            self._phase = None
            self._next = after
            if after[0] == TO_SLEEP:
                self.visit.held = self.board.levels()
                self.visit.keep()
            self.forget()
            return 0
        if not self._healthy and self.board.ticks_diff(self.board.ticks_ms(), self._started_ms) >= HEALTHY_MS:
            self.mark_good()
        return pause_ms

    def sync_now(self) -> "SyncResult":
        """Sync at once, whatever the schedule says."""
        self._phase = None
        result = self._sync()
        self._next = (TO_PATIENTS, 1)
        return result

    def forget(self) -> None:
        """Drop all that was loaded for a phase."""
        forget_since(self._resident)

    def waiting(self) -> int:
        """Records that the server does not have yet."""
        return self.journal.last_sequence - self.journal.acked_through

    def sync_is_due(self) -> bool:
        """By time, backlog or request."""
        return self.schedule.due(self.board.rtc_seconds(), self.waiting())

    def words(self) -> str:
        """Why the last sync failed, or an update was refused; "" when all is well."""
        return self.board.retained("words").decode()

    def mark_good(self) -> None:
        """This version works: no failed boot leads back to the other one."""
        self._healthy = True
        before = loaded()
        from firmware.slots import mark_good

        mark_good(self.board)
        del mark_good
        forget_since(before)

    def button_of(self, option: int) -> int:
        """The button that stands for this option of the question on the screen; 0 when it has no such option."""
        return self._phase.button_of(option) if self._phase else 0

    def _leave(self, what: int, argument: int) -> "tuple[int, int]":
        from firmware.between import leave

        after = leave(self, what == TO_SLEEP)
        del leave
        if after is None:
            interrupted = self._sync().interrupted
            if self.dark and not interrupted:
                return TO_SLEEP, 0
            self.dark = False
            after = (TO_STAFF, 1) if argument and not interrupted else (TO_PATIENTS, 1)
        self.forget()
        return after

    def recall(self) -> None:
        """What the RTC's memory keeps, and a connection has no use for. Nothing is lost of what is put away."""
        from firmware.schedule import Schedule
        from firmware.visit import Visit

        self.visit = Visit(self.board)
        self.schedule = Schedule(self.board, self.settings.sync_every_s, self.settings.sync_backlog)

    def _sync(self) -> "SyncResult":
        """What comes before a connection, the connection, and what comes after it, are in memory by turns."""
        self.forget()
        from firmware.between import conclude, prepare

        result = prepare(self)
        if result is None:
            del conclude, prepare
            self.visit = self.schedule = None  # type: ignore[assignment]
            self.forget()
            result = self._connect()
            self.forget()
            self.recall()
            from firmware.between import conclude

            conclude(self, result)
        del conclude
        self.forget()
        return result

    def _connect(self) -> "SyncResult":
        try:
            from firmware.sync import connect

            return connect(self)
        except MemoryError:  # not even room to load what a sync needs; the answers are safe where they are
            pass
        self.forget()
        from firmware.shelf import take_out

        take_out(self)
        return SyncResult(0, self.waiting(), "not enough memory to send", False, True, 0)
