"""What time it is, and how sure the device is of it.

A session lasts until power is lost; its seconds run on the RTC through deep sleep. What must survive deep sleep, and
must not survive loss of power, is kept in the RTC's memory (`board.retained("clock")`); what must survive both, in two
counters.
"""

from binascii import crc32
from collections import namedtuple
from struct import calcsize, pack, unpack

from firmware.version import BUILD_TIME
from protocol.record import QUALITY_DRIFTING, QUALITY_SERVER, QUALITY_UNSET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board

NEAR_S = 60  # what a sync may take before the clock is doubted
FRESH_S = 86400  # for a day the RTC is close enough to server time to be called server time
# session, RTC at its beginning (negative when the server set the clock far back), RTC when server time was last set
# (0: not in this session)
RETAINED_FORMAT = "<HqI"
RETAINED_BYTES = calcsize(RETAINED_FORMAT) + 4
SESSION_COUNTER = "session"
SERVER_TIME_COUNTER = "server_time"
CLOCK_MODULE = __name__  # what `firmware.memory` forgets while a connection has no use for it

Reading = namedtuple("Reading", ("session", "seconds", "clock", "quality"))


class Clock:
    """Reads and sets the board's RTC. All instants are PET time.

    `ahead`: of the clock of this device that was put away, since the device woke.
    """

    def __init__(self, board: "Board", ahead: "tuple[int, ...]" = ()) -> None:
        self._board = board
        self.ahead = ahead  # of the build time, before `fall_back`; and when server time was last set
        if not self._resume_session(board.retained("clock")):
            self._begin_session()

    def read(self) -> Reading:
        """The four time fields of a record taken now."""
        now = self._board.rtc_seconds()
        seconds = max(0, now - self._began_rtc)
        if not self._set_rtc:
            return Reading(self.session, seconds, 0, QUALITY_UNSET)
        quality = QUALITY_SERVER if now - self._set_rtc <= FRESH_S else QUALITY_DRIFTING
        return Reading(self.session, seconds, now, quality)

    def set_from_server(self, server_time: int) -> None:
        """Authenticated server time, with this connection's nonce: the one source. It may set the clock back."""
        self._move(server_time)
        self._set_rtc = server_time
        self._retain()
        self._board.store_counter(SERVER_TIME_COUNTER, server_time)

    def raise_to_floor(self) -> None:
        """Before TLS: an RTC that starts in 2000 would make every certificate look not yet valid."""
        floor = max(BUILD_TIME, self._board.load_counter(SERVER_TIME_COUNTER))
        if self._board.rtc_seconds() < floor:
            self._move(floor)
            self._retain()

    def fall_back(self) -> bool:
        """A server's certificate is out of its dates, perhaps by the fault of this clock: for one try, stand at the
        build time, which is not to be dated by. False: it stands there, or that has been tried since the device woke.
        """
        ahead_s = self._board.rtc_seconds() - BUILD_TIME
        if self.ahead or ahead_s < NEAR_S:
            return False
        self.ahead = ahead_s, self._set_rtc
        self._set_rtc = 0
        self._move(BUILD_TIME)
        self._retain()
        return True

    def come_back(self) -> None:
        """That try failed too: the clock is what it was before `fall_back`."""
        ahead_s, self._set_rtc = self.ahead
        self._move(self._board.rtc_seconds() + ahead_s)
        self._retain()

    def _resume_session(self, retained: bytes) -> bool:
        if len(retained) != RETAINED_BYTES or crc32(retained[:-4]) != unpack("<I", retained[-4:])[0]:
            return False
        self.session, self._began_rtc, self._set_rtc = unpack(RETAINED_FORMAT, retained[:-4])
        # An RTC before its session began has started again under its memory, as after a brown-out.
        return bool(self._began_rtc <= self._board.rtc_seconds())

    def _begin_session(self) -> None:
        last = self._board.load_counter(SESSION_COUNTER)
        if not last:  # a new counter store: start anywhere, so that an older session's number is not met again
            last = unpack("<H", self._board.random(2))[0]
        self.session = last % 0xFFFF + 1
        self._board.store_counter(SESSION_COUNTER, self.session)
        if self._board.rtc_seconds() < 1:  # a chip that starts in 2000: PET time has no negative instants
            self._board.set_rtc(1)
        self._began_rtc = self._board.rtc_seconds()
        self._set_rtc = 0
        self._retain()

    def _move(self, now: int) -> None:
        """Set the RTC and move the session's beginning with it, so that its seconds run on undisturbed."""
        self._began_rtc += now - self._board.rtc_seconds()
        self._board.set_rtc(now)

    def _retain(self) -> None:
        data = pack(RETAINED_FORMAT, self.session, self._began_rtc, self._set_rtc)
        self._board.retain("clock", data + pack("<I", crc32(data)))
