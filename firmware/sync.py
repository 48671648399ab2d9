"""One sync: connect, say the status, hand over batches, believe acks, fetch what is desired, disconnect.

It goes in steps, each in memory only while it lasts: `opening`, `conversation`, `fetching` if anything is desired. The
journal is put away but for handing over, the clock but for what comes before it.
"""

from firmware.link_error import INTERRUPTED, MEMORY, LinkError
from firmware.memory import forget_since, loaded
from firmware.sync_result import SyncResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.application import Application
    from firmware.link import Link
    from firmware.shelf import Facts

MEMORY_SHORT = "not enough memory to send"


def connect(application: "Application") -> SyncResult:
    """One sync; the bar on the screen grows with what is delivered."""
    import umqtt.simple

    board = application.board

    def progress(done: int, total: int) -> None:
        from firmware.staff_screens import BAR_HEIGHT, BAR_LEFT, BAR_TOP, BAR_WIDTH

        if not application.dark:
            board.framebuffer.fill_rect(BAR_LEFT, BAR_TOP, BAR_WIDTH * done // max(1, total), BAR_HEIGHT, 1)
            board.show("sending")

    return Sync(application, umqtt.simple, progress).run()


class Sync:
    """`device`: what a sync needs of the application; `run` makes one. `mqtt` is the module umqtt.simple.

    `progress(done, total)` is called after each ack: so many of the answers that waited at the beginning.
    """

    def __init__(
        self, device: "Application", mqtt: object, progress: "Callable[[int, int], object] | None" = None
    ) -> None:
        self._device = device
        self._board = device.board
        self._mqtt = mqtt
        self._progress = progress
        self._held = device.board.levels()  # buttons that are down by now: one that is stuck must not stop every sync
        self._fingers = 0  # buttons that were pressed since
        self._on_trial = False
        self._proved = False

    def run(self) -> SyncResult:
        """Never raises for what network, broker, server or flash do."""
        device = self._device
        kind = None
        error: str | None = None
        before = loaded()
        from firmware.shelf import put_journal_away

        facts = put_journal_away(device)
        del put_journal_away  # and with it the module: in memory only for this moment, like others below
        forget_since(before)
        try:
            error = self._connect(facts)
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
        forget_since(before)
        self._end(error, kind)
        delivered = device.journal.acked_through - facts.acked_through
        waiting = device.journal.last_sequence - device.journal.acked_through
        return SyncResult(delivered, waiting, error, kind == INTERRUPTED, kind == MEMORY, self._fingers)

    def _end(self, error: "str | None", kind: "str | None") -> None:
        from firmware.shelf import take_out

        take_out(self._device)
        if error and kind != INTERRUPTED:
            self._board.store_counter("sync_failures", self._board.load_counter("sync_failures") + 1)
        if self._on_trial:
            from firmware.trial import end_trial

            end_trial(self._board, kind not in (INTERRUPTED, MEMORY))

    def _connect(self, facts: "Facts") -> "str | None":
        before = loaded()
        try:
            link = self._open()
        finally:
            forget_since(before)
        try:
            return self._converse(link, facts)
        finally:
            link.close()

    def _open(self) -> "Link":
        before = loaded()
        from firmware.settings import choose

        access, self._on_trial = choose(self._board)
        del choose
        forget_since(before)
        from firmware.opening import join, make_link, open_link

        clock = self._device.clock
        network = join(self._board, access, clock, self._pressed)
        link = make_link(network, access, self._device.identity, self._mqtt)
        open_link(link, clock)
        network.settle()
        return link

    def _converse(self, link: "Link", facts: "Facts") -> "str | None":
        before = loaded()
        from firmware.greeting import status_body

        status = status_body(self._board, facts, self._device.clock)
        del status_body
        forget_since(before)
        from firmware.conversation import Conversation

        return Conversation(self._device, link, facts, self._acked).run(status)

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
