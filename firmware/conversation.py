"""What a device and its server say to each other: status, desired state, batches and acks, and then content.

Comes into memory once the connection stands. The shell around `outbox`; what fetches content comes when it is needed.
"""

from firmware.held import held_revision
from firmware.memory import forget_since, loaded
from firmware.outbox import Outbox, Wanted
from protocol.envelope import NONCE_BYTES
from protocol.errors import ProtocolError
from protocol.messages import (
    Ack,
)
from protocol.topics import down_filter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.board.interface import Board
    from firmware.clock import Clock
    from firmware.journal import Journal
    from firmware.link import Link
    from protocol.identity import Identity

REPLY_TIMEOUT_MS = 10000  # a server under load commits within this, or the batch is sent again at the next sync
STALLS_MAX = 3  # batches that moved nothing on: the server and this device disagree, try again later
IGNORED_MAX = 50  # replies that do not count; a broker that sends more is not worth waiting for


class Conversation:
    """One, over an open link. `buffer`: the network's, in which batches are made.

    `acked(done, total)` is called after each ack of a batch: so many of the answers that waited at the beginning.
    """

    def __init__(
        self,
        board: "Board",
        identity: "Identity",
        journal: "Journal",
        clock: "Clock",
        link: "Link",
        buffer: bytearray,
        acked: "Callable[[int, int], None]",
    ) -> None:
        self._board = board
        self._identity = identity
        self._journal = journal
        self._clock = clock
        self._link = link
        self._acked = acked
        self._outbox = Outbox(identity, journal, board.random(NONCE_BYTES), buffer)

    def run(self, status: bytes) -> "str | None":
        """None, or words. `status`: its body. Raises LinkError for the network, OSError for the file system."""
        self._link.subscribe(down_filter(self._identity.device_id))
        self._link.publish(*self._outbox.status(status))
        wanted = self._greet()
        if wanted is None:
            return "the server does not answer"
        before = loaded()
        error = self._hand_over()
        forget_since(before)  # what reads the journal back
        if error is None and wanted.revision > held_revision(self._board.files):
            self._fetch(self._plan(wanted))
        return error

    def _plan(self, wanted: Wanted) -> "list[tuple[int, bytes, str]]":
        before = loaded()
        planned = self._planned(wanted)
        forget_since(before)
        return planned

    def _planned(self, wanted: Wanted) -> "list[tuple[int, bytes, str]]":
        from firmware.planning import plan  # in memory only for this moment

        return plan(self._board, wanted.body)

    def _fetch(self, planned: "list[tuple[int, bytes, str]]") -> None:
        for length, digest, path in planned:
            from firmware.fetching import Fetching

            if not Fetching(self._link, self._outbox, self._wait).fetch(length, digest, path):
                self._board.tell("refused", reason="the server does not send %s" % path)

    def _greet(self) -> "Wanted | None":
        """The status is answered by the desired state and by an ack, in whatever order they arrive."""
        wanted = ack = None
        while wanted is None or ack is None:
            reply = self._wait()
            if reply is None:
                return None
            if isinstance(reply, Wanted):
                wanted = reply
                self._clock.set_from_server(reply.server_time)
            elif isinstance(reply, Ack):
                ack = reply
                self._journal.acknowledge(max(reply.stored_through, self._journal.acked_through))
        return wanted

    def _hand_over(self) -> "str | None":
        """At least one batch goes up, even an empty one: only it proves that the server's nonce arrived here."""
        stalls = 0
        journal = self._journal
        outbox = self._outbox
        start = journal.acked_through
        total = journal.last_sequence - start
        while stalls < STALLS_MAX:
            before = journal.acked_through
            resend_before = outbox.resending()
            self._link.publish(*outbox.batch())
            ack = self._wait()
            while ack is not None and not isinstance(ack, Ack):
                ack = self._wait()
            if ack is None:
                return "no ack: the answers stay on this device"
            if ack.stored_through > before:
                journal.acknowledge(ack.stored_through)
            self._acked(journal.acked_through - start, total)
            if not outbox.waiting():
                return None
            moved = journal.acked_through > before or outbox.resending() > resend_before
            stalls = 0 if moved else stalls + 1
        return "the server does not take the answers"

    def _wait(self) -> "Wanted | Ack | memoryview | None":
        """The next reply that counts; None after the time-out."""
        board = self._board
        deadline = board.ticks_add(board.ticks_ms(), REPLY_TIMEOUT_MS)
        for _ in range(IGNORED_MAX):
            left_ms = board.ticks_diff(deadline, board.ticks_ms())
            received = self._link.receive(left_ms) if left_ms > 0 else None
            if received is None:
                return None
            try:
                return self._outbox.take(*received)
            except ProtocolError as refused:
                board.tell("ignored", reason=refused.reason)
        return None
