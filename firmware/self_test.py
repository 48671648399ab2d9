"""The technician's self-test: buttons, screen, flash, clock; then Wi-Fi and server, by the sync that follows.

  step         | what happens                                   | goes on
  -------------+------------------------------------------------+---------------------------------------------
  BUTTONS 1..6 | each is asked for                              | at its press, or BUTTON_MS later: failed
  SCREEN       | three patterns, and whether they were right    | at a press
  JOURNAL      | every record is read, a few at a time          | by itself
  FILES        | every file is read, packages are proven        | by itself
  CLOCK        | does it run as fast as the processor's?        | CLOCK_MS after the beginning; ends with SYNC
  REPORT       | what failed and what to do, a page for each    | at a press; ends with RELEASE

Nothing is written. Between CLOCK and REPORT lies a sync, for which this module is forgotten: the application keeps the
results, a few bits, and hands them over to the next `SelfTest`. Held back, or the hold-combination, ends it.
"""

from binascii import crc32
from os import listdir, stat

from firmware.buttons import BUTTONS, CONTROL, STAFF
from firmware.staff import RELEASE, SYNC
from firmware.staff_view import CHECKER, COUNT, DARK, KEYS, LIT, WORDS
from protocol.record import QUALITY_UNSET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board
    from firmware.journal import Journal
    from firmware.staff import Action
    from firmware.staff_view import View

SCREEN = BUTTONS  # steps 0 to 5 are the buttons
ASKED = SCREEN + 4  # was the screen right?
JOURNAL = ASKED + 1
FILES = JOURNAL + 1
CLOCK = FILES + 1
REPORT = CLOCK + 1

# Results: bit n-1 for button n, and these
SCREEN_BIT = 0x40
JOURNAL_BIT = 0x80
FILES_BIT = 0x100
CLOCK_BIT = 0x200

BUTTON_MS = 10000
ABSENT_MS = 30000  # nobody presses any more
REPORT_MS = 60000  # a page is read, perhaps written down
CLOCK_MS = 3000
CLOCK_ERROR_S = 2  # whole seconds are compared with milliseconds
RECORDS = 32  # read between two looks at the buttons: 3 KB of garbage
PIECE_BYTES = 256
DIRECTORY = 0x4000
NO = 5

PATTERNS = (WORDS, LIT, DARK, CHECKER)
PASSED = "Self-test passed: buttons, screen, flash, clock, Wi-Fi and server are well."


class SelfTest:
    """`results`, `error`: what was found before the sync, and why the sync failed; -1: begin."""

    def __init__(
        self, board: "Board", journal: "Journal", quality: int, now_ms: int, results: int = -1, error: str = ""
    ) -> None:
        self._board = board
        self._journal = journal
        self._step = REPORT if results >= 0 else 0
        self._results = max(0, results)
        self._since_ms = self._began_ms = now_ms
        self._began_s = board.rtc_seconds()
        self._other = 0  # the button that was pressed in place of the one that was asked for
        self._sequence = journal.oldest_readable
        self._page = 0
        self._report = _report(results, quality, board.network_state(), error) if results >= 0 else []

    def view(self, now_ms: int) -> "View":  # noqa: ARG002 - the same as `Staff`
        """What belongs on the screen now."""
        step = self._step
        form = WORDS
        if step < SCREEN:
            form = COUNT
            words = "Press this, not %d" % self._other if self._other else "Press this button"
            words = "%d\n%s" % (step + 1, words)
        elif step < ASKED:
            form = PATTERNS[step - SCREEN]
            words = "" if form != WORDS else "Three screens: all dots lit, all dark, every other one. Press for each."
        elif step == ASKED:
            form = KEYS
            words = "Screen: were all dots\nlit, dark, every other?\n\n1 Yes\n5 No"
        elif step == JOURNAL:
            words = "Reading the answers: %d%%" % self._read_percent()
        elif step == REPORT:
            words = self._report[self._page]
        else:
            words = "Reading the files" if step == FILES else "Watching the clock"
        return "self-test", form, words, -1

    def press(self, event: int, now_ms: int) -> "Action | None":
        """An event of `Buttons.sample`. RELEASE when staff end it, or have read the report."""
        if event in (STAFF, -CONTROL):
            return RELEASE, 0
        if not 0 < event <= BUTTONS:
            return None
        self._since_ms = now_ms
        step = self._step
        if step < SCREEN and event != step + 1:
            self._other = event
        elif step < ASKED:
            self._go_on(False, 0, now_ms)
        elif step == ASKED and event in (1, NO):
            self._go_on(event == NO, SCREEN_BIT, now_ms)
        elif step == REPORT:
            self._page += 1
            if self._page == len(self._report):
                self._page = 0
                return RELEASE, 0
        return None

    def tick(self, now_ms: int) -> "Action | None":
        """Time passes, and what needs no hands is tested, a little a call. RELEASE or SYNC at its end."""
        step = self._step
        if step < SCREEN:
            if not self.due_ms(now_ms):
                self._go_on(True, 1 << step, now_ms)
        elif step == JOURNAL:
            self._read_records(now_ms)
        elif step == FILES:
            self._go_on(not _files_are_good(self._board.files), FILES_BIT, now_ms)
        elif not self.due_ms(now_ms):
            if step != CLOCK:
                return RELEASE, 0
            self._go_on(not self._clock_is_good(now_ms), CLOCK_BIT, now_ms)
            self._report = ["Now Wi-Fi and server."]
            return SYNC, self._results
        return None

    def due_ms(self, now_ms: int) -> int:
        """When `tick` has something to do, in milliseconds from now."""
        step = self._step
        if step in (JOURNAL, FILES):
            return 0
        since_ms = self._began_ms if step == CLOCK else self._since_ms
        limit_ms = ABSENT_MS
        if step < SCREEN:
            limit_ms = BUTTON_MS
        elif step >= CLOCK:
            limit_ms = CLOCK_MS if step == CLOCK else REPORT_MS
        return max(0, limit_ms - self._board.ticks_diff(now_ms, since_ms))

    def _go_on(self, failed: bool, bit: int, now_ms: int) -> None:
        if failed:
            self._results |= bit
        self._step += 1
        self._other = 0
        self._since_ms = now_ms

    def _read_records(self, now_ms: int) -> None:
        try:
            rows = self._journal.records(self._sequence, RECORDS)
        except OSError:  # the chip does not even answer
            rows = [(self._sequence, None)]
            self._sequence = self._journal.last_sequence + 1
        for _, record in rows:
            if record is None:
                self._results |= JOURNAL_BIT
        self._sequence += RECORDS
        if self._sequence > self._journal.last_sequence:
            self._go_on(False, 0, now_ms)

    def _read_percent(self) -> int:
        oldest = self._journal.oldest_readable
        return 100 * (self._sequence - oldest) // max(1, self._journal.last_sequence + 1 - oldest)

    def _clock_is_good(self, now_ms: int) -> bool:
        elapsed_s = self._board.ticks_diff(now_ms, self._began_ms) // 1000
        return abs(self._board.rtc_seconds() - self._began_s - elapsed_s) <= CLOCK_ERROR_S


def _report(results: int, quality: int, network: str, error: str) -> "list[str]":
    """A page for each part that failed: what, and what to do."""
    words = "Button %d: no press arrived. Clean it, then check its wire."
    pages = [words % button for button in range(1, BUTTONS + 1) if results & 1 << (button - 1)]
    for bit, words in (
        (SCREEN_BIT, "Screen: dots are wrong. Check its cable, then replace it."),
        (JOURNAL_BIT, "Flash: answers cannot be read. Send now, then replace the board."),
        (FILES_BIT, "Files: one cannot be read. Send now fetches it again; else provision."),
        (CLOCK_BIT, "Clock: it stands still or jumps. Send now; if that does not help, replace the board."),
    ):
        if results & bit:
            pages.append(words)
    if network:
        pages += [network, "Wi-Fi: check name, password and distance, then provision again."]
    elif error:
        pages += ["Server: " + error, "Server: check its address, port and certificate, then provision again."]
    elif quality == QUALITY_UNSET:
        pages.append("Clock: not set, although the server answered. Replace the board.")
    return pages or [PASSED]


def _files_are_good(directory: str) -> bool:
    """Whether every file can be read, and every package is whole."""
    piece = bytearray(PIECE_BYTES)
    try:
        for name in listdir(directory):
            path = directory + "/" + name
            if not stat(path)[0] & DIRECTORY and not _file_is_good(path, piece) and name.endswith(".pkg"):
                return False
    except OSError:
        return False
    return True


def _file_is_good(path: str, piece: bytearray) -> bool:
    """Whether a file's last four bytes are the CRC-32 of those before; raises OSError when it cannot be read."""
    crc = 0
    tail = b""
    with open(path, "rb") as file:
        while True:
            count = file.readinto(piece)
            if not count:
                return len(tail) == 4 and int.from_bytes(tail, "little") == crc
            data = tail + piece[:count]
            tail = data[-4:]
            crc = crc32(data[:-4], crc)
