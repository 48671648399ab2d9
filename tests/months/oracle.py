"""What was promised to people, and whether the server has it: every pass once, in order, with its answers and its time.

It raises Divergence at the first thing that is not so. A pass whose record was under way when the power went may be
there or not, as long as it is there once.
"""

from array import array

from protocol.record import KIND_RESPONSE, QUALITY_SERVER, QUALITY_UNSET
from tests.months.board import PARTS_PER_MILLION, REFERENCE

PASSES_MAX = 12000
SLACK_S = 60  # between server time and its arrival, and between taking a reading and what it is held against
FRESH_S = 86400
STORED = 1
WAS_STORED = 2  # before the server was restored to an older state
UNDATED = 4
ANSWERS = 2


class Divergence(BaseException):
    """Not an Exception: no firmware may catch it."""


class Oracle:
    """`clock_error_s`, `clock_set_s`: what the device's clock was set to, and when; kept by whoever runs the months."""

    def __init__(self, drift):
        self._drift = abs(drift)
        self.last = 0  # the newest pass promised
        self.highest_stored = 0
        self.gaps = 0
        self.clock_error_s = 0
        self.clock_set_s = 0
        self._taken = array("I", bytes(4 * PASSES_MAX))  # when, in true seconds
        self._error = array("i", bytes(4 * PASSES_MAX))
        self._set = array("I", bytes(4 * PASSES_MAX))
        self._answers = bytearray(ANSWERS * PASSES_MAX)
        self._state = bytearray(PASSES_MAX)
        self._received = array("I", bytes(4 * PASSES_MAX))
        self._anchors = {}  # session -> (seconds, server time, its error)
        self._known_last = array("I")  # the newest pass of each proven status, and when it came
        self._known_at = array("I")
        self._doubt = None  # (answers, true seconds, clock) of a pass that may have been kept
        self.unanchored = 0

    def fail(self, words):
        raise Divergence(words)

    # --- the device's side

    def promised(self, sequence, answers, now_s, clock=None):
        """The person has been thanked. `clock`: as it was (see `clock`), when that is not how it is now."""
        if sequence != self.last + 1:
            self.fail("sequence %d was thanked for, after %d" % (sequence, self.last))
        self.last = sequence
        self._taken[sequence] = now_s
        self._error[sequence], self._set[sequence] = clock or self.clock()
        for index in range(ANSWERS):
            self._answers[ANSWERS * sequence + index] = answers[index] if index < len(answers) else 0

    def cut(self, answers, now_s):
        """The power has gone while these answers were given, or kept; perhaps again, before it has started."""
        if self._doubt is None:
            self._doubt = answers, now_s, self.clock()

    def clock(self):
        """(error of the server time that the device's clock was set to last, when that was)."""
        return self.clock_error_s, self.clock_set_s

    def started(self, journal):
        """The device has found its journal again. Whether a pass in doubt was kept."""
        doubt, self._doubt = self._doubt, None
        if journal.acked_through > self.highest_stored:
            self.fail("the device takes %d for acked, the server had %d" % (journal.acked_through, self.highest_stored))
        if journal.last_sequence == self.last:
            return False
        if not doubt or not doubt[0] or journal.last_sequence != self.last + 1:
            self.fail("the journal ends at %d, promised were %d" % (journal.last_sequence, self.last))
        self.promised(self.last + 1, *doubt)
        return True

    # --- the server's side

    def stored(self, sequence, record, now_s):
        """A record has gone into custody."""
        if sequence > self.last:
            self.fail("sequence %d is on the server, promised were %d: %s" % (sequence, self.last, record))
        if self._state[sequence] & STORED:
            self.fail("sequence %d is on the server twice" % sequence)
        self._state[sequence] |= STORED
        self.highest_stored = max(self.highest_stored, sequence)
        self._received[sequence] = now_s
        expected = tuple(self._answers[ANSWERS * sequence : ANSWERS * (sequence + 1)])
        if record.answers != expected + (0,) * 10 or record.kind != KIND_RESPONSE or record.questionnaire != REFERENCE:
            self.fail("sequence %d has answers %s, given were %s" % (sequence, record.answers, expected))
        if record.quality == QUALITY_UNSET:
            self._state[sequence] |= UNDATED
        else:
            self._check_clock(sequence, record)

    def _check_clock(self, sequence, record):
        elapsed_s = self._taken[sequence] - self._set[sequence]
        off_s = record.clock - self._taken[sequence] - self._error[sequence]
        if abs(off_s) > self._bound_s(elapsed_s):
            self.fail("the clock of sequence %d is off by %d s, %d s after it was set" % (sequence, off_s, elapsed_s))
        if record.quality == QUALITY_SERVER and elapsed_s > FRESH_S + self._bound_s(elapsed_s):
            self.fail("sequence %d says server time, %d s after it was set" % (sequence, elapsed_s))

    def gap(self, sequence):
        """The device says that it cannot read this record any more."""
        if not self._state[sequence] & WAS_STORED:
            self.fail("sequence %d is lost: promised, and unreadable on the device" % sequence)
        self.gaps += 1  # the server's own loss: restored, after the device had been allowed to overwrite it

    def forgotten(self, sequence):
        """The server has been restored to a state without this record."""
        if self._state[sequence] & STORED:
            self._state[sequence] = WAS_STORED

    def anchor(self, status, at_s, error_s):
        """A status that counts: so many seconds into its session it was `at_s` by the server's clock."""
        self._anchors[status.session] = status.seconds, at_s, error_s
        self._known_last.append(status.last_sequence)
        self._known_at.append(at_s - error_s)

    # --- the end

    def finish(self, ward):
        """All that was promised is there."""
        if ward.stored_through != self.last:
            self.fail("promised were %d, the server has them through %d" % (self.last, ward.stored_through))
        for sequence in range(1, self.last + 1):
            state = self._state[sequence]
            if not state & STORED and not state & WAS_STORED:
                self.fail("sequence %d is lost" % sequence)
            if state & UNDATED and state & STORED:
                self._place(sequence, ward.record(sequence))

    def _place(self, sequence, record):
        """Where the server puts a response that was taken with an unset clock."""
        taken_s = self._taken[sequence]
        if record.session in self._anchors:
            seconds, at_s, error_s = self._anchors[record.session]
            since_s = seconds - record.seconds
            off_s = at_s - since_s - taken_s - error_s
            if abs(off_s) > self._bound_s(abs(since_s)):
                self.fail("sequence %d, undated, is placed %d s off" % (sequence, off_s))
            return
        self.unanchored += 1
        after_s = max([at for last, at in zip(self._known_last, self._known_at) if last < sequence] or [0])
        if not after_s - SLACK_S <= taken_s <= self._received[sequence]:
            self.fail("sequence %d was taken at %d, outside its bounds" % (sequence, taken_s))

    def _bound_s(self, elapsed_s):
        return SLACK_S + elapsed_s * self._drift // PARTS_PER_MILLION
