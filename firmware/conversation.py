"""What a device and its server say to each other: status, desired state, batches and acks, and then content.

Comes into memory once the connection stands. The shell around `outbox`; each part is in memory while it lasts.
"""

from firmware.memory import forget_since, loaded
from firmware.outbox import Outbox, Wanted
from protocol.envelope import NONCE_BYTES
from protocol.errors import ProtocolError
from protocol.messages import Ack
from protocol.topics import down_filter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.application import Application
    from firmware.link import Link
    from firmware.shelf import Facts

REPLY_TIMEOUT_MS = 10000  # a server under load commits within this, or the batch is sent again at the next sync
ASKING_BYTES = 256  # of the buffer, once only requests go up
IGNORED_MAX = 50  # replies that do not count; a broker that sends more is not worth waiting for


class Conversation:
    """One, over an open link. `facts`: of the journal, which is put away.

    `acked(done, total)` is called after each ack of a batch: so many of the answers that waited at the beginning.
    """

    def __init__(
        self,
        device: "Application",
        link: "Link",
        facts: "Facts",
        acked: "Callable[[int, int], None]",
    ) -> None:
        self._device = device
        self._board = device.board
        self._link = link
        self._acked = acked
        self._outbox = Outbox(device.identity, facts, device.board.random(NONCE_BYTES))

    def run(self, status: bytes) -> "str | None":
        """None, or words. `status`: its body. Raises LinkError for the network, OSError for the file system."""
        self._link.subscribe(down_filter(self._device.identity.device_id))
        self._link.publish(*self._outbox.status(status))
        before = loaded()
        wanted, stored_through = self._greeted()
        forget_since(before)
        if wanted is None:
            return "the server does not answer"
        try:
            error = self._handed_over(stored_through)
        finally:
            self._outbox.journal = None  # type: ignore[assignment]  # so that nobody holds it
            self._link.lend(ASKING_BYTES)
            forget_since(before)
            self._keep_acks()
            forget_since(before)
        if error is None:
            self._fetch(self._planned(wanted))
        return error

    def _greeted(self) -> "tuple[Wanted | None, int]":
        from firmware.meeting import greet  # in memory only for this moment, and what follows likewise
        from firmware.shelf import put_clock_away

        wanted = greet(self._device.clock, self._wait)
        put_clock_away(self._device)
        return wanted

    def _handed_over(self, stored_through: int) -> "str | None":
        from firmware.handing import hand_over
        from firmware.journal_reading import Waiting

        device = self._device
        assert device.kept
        journal = Waiting(device.board.flash("journal"), device.kept, self._outbox.journal.oldest_readable)
        journal.acknowledge(stored_through)
        self._outbox.journal = journal
        try:
            return hand_over(journal, self._link, self._outbox, self._wait, self._acked)
        finally:
            device.stored_through = journal.acked_through

    def _keep_acks(self) -> None:
        """On flash, before anything else is begun."""
        from firmware.shelf import put_journal_away, take_out_journal

        take_out_journal(self._device)
        self._outbox.journal = put_journal_away(self._device)

    def _fetch(self, planned: "list[tuple[int, bytes, str]]") -> None:
        for length, digest, path in planned:
            from firmware.fetching import Fetching

            if not Fetching(self._link, self._outbox, self._wait).fetch(length, digest, path):
                self._board.tell("refused", reason="the server does not send %s" % path)

    def _planned(self, wanted: Wanted) -> "list[tuple[int, bytes, str]]":
        before = loaded()
        from firmware.planning import plan

        planned = plan(self._board, wanted.revision, wanted.body)
        del plan
        forget_since(before)
        return planned

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
