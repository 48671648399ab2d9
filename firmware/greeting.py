"""What a device says of itself when a connection has come about."""

from firmware.held import held_revision
from firmware.version import APPLICATION
from protocol.messages import (
    COUNTER_BOOTS,
    COUNTER_CONTENT_REASON,
    COUNTER_CONTENT_REFUSED,
    COUNTER_SETTINGS_REFUSED,
    COUNTER_SYNC_FAILURES,
)
from protocol.status import Status, encode_status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board
    from firmware.clock import Clock
    from firmware.shelf import Facts

COUNTERS = (
    (COUNTER_BOOTS, "boots"),
    (COUNTER_SYNC_FAILURES, "sync_failures"),
    (COUNTER_CONTENT_REFUSED, "refused"),
    (COUNTER_SETTINGS_REFUSED, "settings_bad"),
    (COUNTER_CONTENT_REASON, "refused_why"),
)


def status_body(board: "Board", facts: "Facts", clock: "Clock") -> bytes:
    """The body of the status; counters that are 0 are left out. `facts`: of the journal."""
    counters = [(number, board.load_counter(name)) for number, name in COUNTERS]
    status = Status(
        *clock.read(),
        *facts[:4],
        held_revision(board.files),
        board.battery_mv(),
        *facts[4:],
        APPLICATION,
        board.base,
        [counter for counter in counters if counter[1]],
    )
    return encode_status(status)
