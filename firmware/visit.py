"""What outlasts a deep sleep: what a nurse has set for the passes to come, and what lies on a button."""

from binascii import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board

PART = "visit"  # of what the board retains
FIELDS = 5


class Visit:
    """Change its fields, then `keep` them. After a loss of power all are 0: whoever holds the device sets them anew."""

    def __init__(self, board: "Board") -> None:
        self._board = board
        data = board.retained(PART)
        good = len(data) == FIELDS + 1 and data[FIELDS] == crc32(data[:FIELDS]) & 0xFF
        self.team, self.stage, home, assisted, held = data[:FIELDS] if good else bytes(FIELDS)
        self.home = bool(home)  # a home visit: locked on the hand-over screen
        self.assisted = bool(assisted)  # staff help with the next pass
        self.held = held  # buttons that were down when the device fell asleep: nobody's press

    def keep(self) -> None:
        """Over deep sleep."""
        data = bytes([self.team, self.stage, self.home, self.assisted, self.held])
        self._board.retain(PART, data + bytes([crc32(data) & 0xFF]))
