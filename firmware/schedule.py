"""When the next sync is due: on time, at a backlog, on request; after failures ever later, never two devices alike.

Kept in the RTC's memory, so that it goes on where it was after deep sleep. Instants are what the RTC says; when a sync
has set it, `done` follows. Loss of power begins anew, with a whole pause before the first sync.
"""

from binascii import crc32
from struct import calcsize, pack, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board

BACKOFF_MAX = 6  # doublings of the pause after failures in a row
BACKOFF_S_MAX = 6 * 3600  # a network that is back is noticed on the same shift, unless syncs are rarer anyway
JITTER_PARTS = 1024  # a byte of chance over this: up to a quarter more
FORMAT = "<IBB"  # the next sync, failures in a row, whether one was asked for; a CRC-32 follows
FORMAT_BYTES = calcsize(FORMAT)


class Schedule:
    """`every_s`: the pause between two syncs; `backlog`: so many waiting records make one due before its time."""

    def __init__(self, board: "Board", every_s: int, backlog: int) -> None:
        self._board = board
        self._every_s = every_s
        self._backlog = backlog
        self._next_s = self._failures = 0
        self._wanted = False
        if not self._resume(board.retained("schedule")):
            self._plan()

    def due(self, now_s: int, waiting: int) -> bool:
        """A backlog that could not be sent waits for the time, like everything else."""
        if self._next_s - now_s > self._pause_s() * 5 // 4:  # new settings, or the clock was set back
            self._plan()
        return self._wanted or now_s >= self._next_s or (waiting >= self._backlog and not self._failures)

    def next_due_s(self) -> int:
        """When it is due whatever the backlog: 0 when at once."""
        return 0 if self._wanted else self._next_s

    def want(self) -> None:
        """One as soon as nobody is answering."""
        self._wanted = True
        self._retain()

    def done(self, failed: bool) -> None:
        """A sync has ended. One that a press interrupted has not: it is due still."""
        self._failures = min(self._failures + 1, BACKOFF_MAX) if failed else 0
        self._wanted = False
        self._plan()

    def _plan(self) -> None:
        pause_s = self._pause_s()
        chance = self._board.random(1)[0]
        self._next_s = self._board.rtc_seconds() + pause_s + chance * pause_s // JITTER_PARTS
        self._retain()

    def _pause_s(self) -> int:
        return min(self._every_s << self._failures, max(self._every_s, BACKOFF_S_MAX))

    def _resume(self, kept: bytes) -> bool:
        if len(kept) != FORMAT_BYTES + 4 or crc32(kept[:-4]) != unpack("<I", kept[-4:])[0]:
            return False
        self._next_s, failures, wanted = unpack(FORMAT, kept[:-4])
        self._failures = min(failures, BACKOFF_MAX)
        self._wanted = bool(wanted)
        return True

    def _retain(self) -> None:
        data = pack(FORMAT, max(0, self._next_s), self._failures, self._wanted)
        self._board.retain("schedule", data + pack("<I", crc32(data)))
