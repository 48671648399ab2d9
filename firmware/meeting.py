"""What the server says to a status. In memory only until it has."""

from firmware.outbox import Wanted
from protocol.messages import Ack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.clock import Clock


def greet(clock: "Clock", wait: "Callable[[], object]") -> "tuple[Wanted | None, int]":
    """The desired state, and how far the server has what the journal holds, in whatever order they arrive.

    `wait` gives the next reply that counts, None after the time-out (see `Conversation`): then there is no state.
    """
    wanted = ack = None
    while wanted is None or ack is None:
        reply = wait()
        if reply is None:
            return None, 0
        if isinstance(reply, Wanted):
            wanted = reply
            clock.set_from_server(reply.server_time)
        elif isinstance(reply, Ack):
            ack = reply
    return wanted, ack.stored_through
