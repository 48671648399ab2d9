"""Months of one device in virtual time: people, nights, faults, all drawn from a seed; the firmware is the real one."""

import sys

from firmware import main, memory
from firmware.asking import Asking
from firmware.board.faulty_nor import PowerCut
from firmware.board.sim import Asleep
from firmware.dialogue import ASKING, CHOSEN, WARNING
from protocol.record import ANSWER_SKIPPED, ANSWER_TIMED_OUT
from tests.firmware.power_cuts import Sampler
from tests.months.air import Air, Luck
from tests.months.board import OPTION_COUNTS, Board
from tests.months.loaded import stay_loaded
from tests.months.oracle import Divergence, Oracle
from tests.months.ward import Ward

PASSES_A_DAY = 100
MORNING_S = 8 * 3600
DAY_S = 86400
PRESS_MS = 40
HOLD_MS = 1000
READ_MS = 800
WALK_AWAY_MS = 95000
DRIFT_MAX = 3000  # parts per million: four minutes a day
BEGIN_TRIES = 8
STEPS_OF_A_PASS = 24
FINAL_SYNCS = 12
TRACE_MAX = 24


class Quiet:
    """Nothing goes wrong."""

    def below(self, limit):
        return limit - 1


class Months:
    """One device, one server, and what happened to them. Raises Divergence."""

    def __init__(self, seed):
        stay_loaded()
        self.sampler = sampler = Sampler((seed * 2654435761 + 99991) & 0x7FFFFFFF)
        for _ in range(8):
            sampler.below(2)
        drift = sampler.below(2 * DRIFT_MAX) - DRIFT_MAX
        self.badness = 1
        self.quiet = False
        self.outage_days = 0
        self.counts = {}
        self.trace = []
        self.given = []
        self.resident = memory.loaded()
        self.board = Board(drift, sampler)
        self.oracle = Oracle(drift)
        self.ward = Ward(self.board.true_s, self.oracle, sampler)
        self.board.air = self.air = Air(self.board, self.ward, self._luck, self._press_in)
        self.board.told = self._told
        self.board.set_at = self._clock_set
        self.application = None

    def run(self, days):
        for day in range(days):
            self._weather()
            self._day()
            self._until((day + 1) * DAY_S + MORNING_S)
        self._finish()

    # --- days

    def _weather(self):
        chance = self.sampler.below(100)
        if self.outage_days:
            self.outage_days -= 1
            self.badness = 40
        elif chance < 4:
            self.outage_days = 1 + self.sampler.below(6)
            self.badness = 40
        else:
            self.badness = 0 if chance < 20 else 1 if chance < 75 else 4
        self._note("weather", badness=self.badness)

    def _day(self):
        for _ in range(PASSES_A_DAY - 15 + self.sampler.below(31)):
            below = self.sampler.below
            self._let(1000 * (10 + below(50) if below(100) < 60 else 180 + below(1000)))
            self._happen()
            self._pass()

    def _happen(self):
        """Once in so many passes."""
        below = self.sampler.below
        if below(250) == 0:
            self._lose_power("between")
        if below(400) == 0 and self.application is None:
            self._note("brown-out")
            self.board.brown_out()
        if below(400) == 0 and self.application is None:
            self._note("retained damaged")
            self.board.retain(("clock", "schedule", "visit")[below(3)], bytes([below(256) for _ in range(below(20))]))
        if below(120) == 0:
            self.board.journal.cut_after(below(3), below(33))
        if below(300) == 0 and self.ward.stored_through:
            through = max(0, self.ward.stored_through - below(60))
            self._note("server restored", before=self.ward.stored_through, to=through)
            self.ward.restore(through)
        if below(60) == 0:
            self.air.release()
        if below(1000) == 0:
            self.ward.error_s = 0 if below(3) else below(7200) - 3600
            self._note("server clock", error=self.ward.error_s)
        if below(50) == 0:
            self._sync_now()

    # --- a person

    def _pass(self):
        below = self.sampler.below
        chosen = [1 + below(count) for count in OPTION_COUNTS]
        whim = below(100)
        walks_away_at = below(len(chosen)) if whim < 6 else -1
        skips_at = below(len(chosen)) if 6 <= whim < 10 else -1
        self.given = []
        for _ in range(BEGIN_TRIES):
            if self._asked() >= 0:
                break
            self._press(3)
        for _ in range(STEPS_OF_A_PASS):
            question = self._asked()
            if question < 0:
                break
            self.given = self.given[:question]
            if question == walks_away_at:
                self.given = self.given + [ANSWER_TIMED_OUT]
                self._let(WALK_AWAY_MS)
            elif question == skips_at:
                self.given = self.given + [ANSWER_SKIPPED]
                self._press(6, HOLD_MS)
            else:
                self.given = self.given + [chosen[question]]
                self._press(self.application.button_of(chosen[question]))
        self.given = []
        self._count("passes")

    def _asked(self):
        """The question that waits for an answer, once a word that was chosen has gone; -1: none."""
        while self.application and isinstance(self.application._phase, Asking):
            view = self.application._phase._dialogue.view()
            if view.state != CHOSEN:
                return view.question if view.state in (ASKING, WARNING) else -1
            self._let(100)
        return -1

    def _press(self, button, duration_ms=PRESS_MS):
        self.board.push(button, duration_ms)
        self._let(duration_ms + READ_MS)

    def _press_in(self, delay_ms):
        """Somebody comes while it syncs, presses, and goes away."""
        down_ms = self.board.ticks_ms() + delay_ms
        self.board._presses.append((6, down_ms, down_ms + PRESS_MS))

    # --- the device

    def _until(self, second):
        self._let(max(0, second * 1000 - self.board.true_ms()))

    def _let(self, duration_ms):
        end_ms = self.board.true_ms() + duration_ms
        while True:
            left_ms = end_ms - self.board.true_ms()
            if self.application is None and self.board.asleep():
                if left_ms <= 0:
                    return
                self.board.pass_time(left_ms)
                continue
            pause_ms = self._step()
            left_ms = end_ms - self.board.true_ms()
            if left_ms <= 0 and self.application:
                return
            if self.application:
                self.board.pass_time(max(1, min(pause_ms if pause_ms >= 0 else left_ms, left_ms)))

    def _step(self):
        try:
            if self.application is None:
                self._start()
            return self.application.step()
        except Asleep:
            self.application = None
        except PowerCut as cut:
            self._lose_power(str(cut))
        except Exception as error:  # noqa: BLE001 - whatever ends a device's program is a finding
            sys.print_exception(error)
            self.oracle.fail("the program ended: %r" % error)
        return 0

    def _start(self):
        self._count("starts")
        self.application = main.start(self.board, self.resident)
        if self.oracle.started(self.application.journal):
            self._note("kept all the same", sequence=self.oracle.last)

    def _lose_power(self, when):
        self._count("power cuts")
        self._note("power lost", when=when)
        self.oracle.cut(self.given, self.board.true_s())
        self.application = None
        self.given = []
        self.board.lose_power()
        self.board.pass_time(1000 * (self.sampler.below(3 * 3600) if self.sampler.below(3) == 0 else 1))

    def _sync_now(self):
        try:
            if self.application is None:
                self.board.wake()
                self._start()
            self.application.sync_now()
        except Asleep:
            self.application = None
        except PowerCut as cut:
            self._lose_power(str(cut))

    def _finish(self):
        self._note("the end")
        self.quiet = True
        self.ward.error_s = 0
        self.air.release()
        for _ in range(FINAL_SYNCS):
            self._let(120000)
            self._sync_now()
            if self.application and not self.application.waiting() and self.ward.stored_through == self.oracle.last:
                break
        self.oracle.finish(self.ward)

    # --- what is watched

    def _luck(self):
        plan = Luck(Quiet() if self.quiet else self.sampler, 0 if self.quiet else self.badness)
        self._count("connections")
        self._note("connection", **{name: value for name, value in plan.__dict__.items() if value not in NOTHING})
        return plan

    def _clock_set(self):
        """Whatever the device believes: the time that it should have been told is the server's."""
        self.oracle.clock_error_s = self.ward.error_s
        self.oracle.clock_set_s = self.board.true_s()

    def _told(self, event, fields):
        if event in ("thanked", "kept"):
            self._count(event)
            self.oracle.promised(fields["sequence"], self.given, self.board.true_s())
        elif event == "synced":
            self._count("syncs failed" if fields["error"] else "syncs")
        else:
            self._count(event)
        self._note(event, **fields)

    def _count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def _note(self, event, **fields):
        second = self.board.true_ms() // 1000
        self.trace = self.trace[1 - TRACE_MAX :] + [(second // DAY_S, second % DAY_S, event, fields)]


NOTHING = (None, False, -1, [])


def explain(months):
    """The last things that happened, a line each."""
    lines = []
    for day, second, event, fields in months.trace:
        time = "day %d %02d:%02d:%02d" % (day + 1, second // 3600, second // 60 % 60, second % 60)
        lines.append("  %s %s %s" % (time, event, " ".join(["%s=%s" % item for item in fields.items()])))
    return lines


def run(seed, days):
    """(the months, None or what was not as promised)."""
    months = Months(seed)
    try:
        months.run(days)
    except Divergence as divergence:
        return months, str(divergence)
    return months, None
