"""One sync: connect, say the status, hand over batches, believe acks, fetch what is desired, disconnect.

It goes in steps, each in memory only while it lasts: `opening`, `conversation`, `fetching` if anything is desired.
"""

from firmware.link_error import INTERRUPTED, MEMORY, LinkError
from firmware.memory import forget_since, loaded
from firmware.sync_result import SyncResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.application import Application
    from firmware.board.interface import Board
    from firmware.clock import Clock
    from firmware.journal import Journal
    from firmware.link import Link
    from firmware.settings import Access
    from protocol.identity import Identity

MEMORY_SHORT = "not enough memory left for a sync"


def connect(application: "Application") -> SyncResult:
    """One sync; the bar on the screen grows with what is delivered."""
    import umqtt.simple

    board = application.board

    def progress(done: int, total: int) -> None:
        from firmware.staff_screens import BAR_HEIGHT, BAR_LEFT, BAR_TOP, BAR_WIDTH

        if not application.dark:
            board.framebuffer.fill_rect(BAR_LEFT, BAR_TOP, BAR_WIDTH * done // max(1, total), BAR_HEIGHT, 1)
            board.show("sending")

    mqtt = umqtt.simple
    return Sync(board, application.identity, application.journal, application.clock, mqtt, progress).run()


class Sync:
    """What a sync needs; `run` makes one. `mqtt` is the module umqtt.simple.

    `progress(done, total)` is called after each ack: so many of the answers that waited at the beginning.
    """

    def __init__(
        self,
        board: "Board",
        identity: "Identity",
        journal: "Journal",
        clock: "Clock",
        mqtt: object,
        progress: "Callable[[int, int], object] | None" = None,
    ) -> None:
        self._board = board
        self._identity = identity
        self._journal = journal
        self._clock = clock
        self._mqtt = mqtt
        self._progress = progress
        self._held = board.levels()  # buttons that are down by now: one that is stuck must not stop every sync
        self._fingers = 0  # buttons that were pressed since
        self._on_trial = False
        self._proved = False

    def run(self) -> SyncResult:
        """Never raises for what network, broker, server or flash do."""
        journal = self._journal
        before = journal.acked_through
        kind = None
        error: str | None = None
        try:
            error = self._connect()
        except LinkError as failure:
            error = failure.words
            kind = failure.kind
            self._fingers |= failure.buttons
        except OSError as failure:
            error = str(failure)
        except MemoryError:
            error = MEMORY_SHORT
            kind = MEMORY
        finally:
            self._board.network_down(self._proved)
        self._end(error, kind)
        waiting = journal.last_sequence - journal.acked_through
        delivered = journal.acked_through - before
        return SyncResult(delivered, waiting, error, kind == INTERRUPTED, kind == MEMORY, self._fingers)

    def _end(self, error: "str | None", kind: "str | None") -> None:
        if error and kind != INTERRUPTED:
            self._board.store_counter("sync_failures", self._board.load_counter("sync_failures") + 1)
        if self._on_trial:
            from firmware.trial import end_trial

            end_trial(self._board, kind not in (INTERRUPTED, MEMORY))

    def _connect(self) -> "str | None":
        before = loaded()
        try:
            link, buffer = self._open()
        finally:
            forget_since(before)
        try:
            return self._converse(link, buffer)
        finally:
            link.close()

    def _open(self) -> "tuple[Link, bytearray]":
        before = loaded()
        access = self._chosen()
        forget_since(before)
        from firmware.opening import join, make_link, open_link

        network = join(self._board, access, self._clock, self._pressed)
        link = make_link(network, access, self._identity, self._mqtt)
        open_link(link, self._clock)
        network.settle()
        return link, network.unsent

    def _chosen(self) -> "Access":
        from firmware.settings import choose  # in memory only for this moment

        access, self._on_trial = choose(self._board)
        return access

    def _converse(self, link: "Link", buffer: bytearray) -> "str | None":
        before = loaded()
        status = self._status()
        forget_since(before)
        from firmware.conversation import Conversation

        conversation = Conversation(self._board, self._identity, self._journal, self._clock, link, buffer, self._acked)
        return conversation.run(status)

    def _status(self) -> bytes:
        from firmware.greeting import status_body  # in memory only for this moment

        return status_body(self._board, self._journal, self._clock)

    def _acked(self, done: int, total: int) -> None:
        """An ack of a batch has come: this way to the server works."""
        self._proved = True
        if self._on_trial:
            from firmware.trial import pass_trial

            pass_trial(self._board)
            self._on_trial = False
        if self._progress:
            self._progress(done, total)

    def _pressed(self) -> bool:
        levels = self._board.levels()
        self._held &= levels
        self._fingers |= levels & ~self._held
        return levels != self._held
