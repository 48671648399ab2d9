"""One sync: connect, say the status, hand over batches, believe acks, disconnect. The shell around `outbox`."""

from firmware.application import SyncResult
from firmware.link import Link
from firmware.link_error import CERTIFICATE, INTERRUPTED, NO_CA, LinkError
from firmware.outbox import Outbox
from firmware.version import APPLICATION
from protocol.envelope import NONCE_BYTES
from protocol.errors import ProtocolError
from protocol.messages import COUNTER_BOOTS, COUNTER_SYNC_FAILURES, Ack, Desired, Status
from protocol.topics import device_name, down_filter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board
    from firmware.clock import Clock
    from firmware.journal import Journal
    from firmware.settings import Settings
    from protocol.identity import Identity

NETWORK_UP_TIMEOUT_MS = 15000
REPLY_TIMEOUT_MS = 10000  # a server under load commits within this, or the batch is sent again at the next sync
KEEPALIVE_S = 60
STALLS_MAX = 3  # batches that moved nothing on: the server and this device disagree, try again later
IGNORED_MAX = 50  # replies that do not count; a broker that sends more is not worth waiting for

# error: None, or plain words; interrupted: a press ended it, which is no failure


class Sync:
    """What a sync needs; `run` makes one. `mqtt` is the module umqtt.simple."""

    def __init__(
        self,
        board: "Board",
        identity: "Identity",
        settings: "Settings",
        journal: "Journal",
        clock: "Clock",
        mqtt: object,
    ) -> None:
        self._board = board
        self._identity = identity
        self._settings = settings
        self._journal = journal
        self._clock = clock
        self._mqtt = mqtt
        self._network = board.network(settings.ca_der, settings.host, self._pressed)
        self._held = 0  # buttons that were down when the sync began: one that is stuck must not stop every sync

    def run(self) -> SyncResult:
        """Never raises for what network, broker or server do."""
        before = self._journal.acked_through
        interrupted = False
        self._held = self._board.levels()
        try:
            self._clock.raise_to_floor()
            self._board.network_up(self._settings.wifi, NETWORK_UP_TIMEOUT_MS)
            error = self._converse()
        except LinkError as failure:
            error = str(failure)
            interrupted = failure.kind == INTERRUPTED
        except OSError as failure:
            error = str(failure)
        except MemoryError:
            error = "not enough memory left for a sync"
        finally:
            self._board.network_down()
        if error and not interrupted:
            self._board.store_counter("sync_failures", self._board.load_counter("sync_failures") + 1)
        journal = self._journal
        waiting = journal.last_sequence - journal.acked_through
        return SyncResult(journal.acked_through - before, waiting, error, interrupted)

    def _converse(self) -> "str | None":
        link = self._open_link()
        try:
            outbox = Outbox(self._identity, self._journal, self._board.random(NONCE_BYTES))
            link.subscribe(down_filter(self._identity.device_id))
            link.publish(*outbox.status(self._status()))
            if not self._greet(link, outbox):
                return "the server does not answer"
            return self._hand_over(link, outbox)
        finally:
            link.close()

    def _greet(self, link: Link, outbox: Outbox) -> bool:
        """The status is answered by the desired state and by an ack, in whatever order they arrive."""
        desired = ack = None
        while desired is None or ack is None:
            reply = self._wait(link, outbox)
            if reply is None:
                return False
            if isinstance(reply, Desired):
                desired = reply
                self._clock.set_from_server(reply.server_time)
            else:
                ack = reply
                self._journal.acknowledge(max(reply.stored_through, self._journal.acked_through))
        return True

    def _hand_over(self, link: Link, outbox: Outbox) -> "str | None":
        """At least one batch goes up, even an empty one: only it proves that the server's nonce arrived here."""
        stalls = 0
        while stalls < STALLS_MAX:
            before = self._journal.acked_through
            resend_before = outbox.resending()
            link.publish(*outbox.batch())
            ack = self._wait(link, outbox)
            while isinstance(ack, Desired):
                ack = self._wait(link, outbox)
            if ack is None:
                return "no ack: the answers stay on this device"
            if ack.stored_through > before:
                self._journal.acknowledge(ack.stored_through)
            if not outbox.waiting():
                return None
            moved = self._journal.acked_through > before or outbox.resending() > resend_before
            stalls = 0 if moved else stalls + 1
        return "the server does not take the answers"

    def _wait(self, link: Link, outbox: Outbox) -> "Desired | Ack | None":
        """The next reply that counts; None after the time-out."""
        deadline = self._board.ticks_add(self._board.ticks_ms(), REPLY_TIMEOUT_MS)
        for _ in range(IGNORED_MAX):
            left_ms = self._board.ticks_diff(deadline, self._board.ticks_ms())
            received = link.receive(left_ms) if left_ms > 0 else None
            if received is None:
                return None
            try:
                return outbox.take(*received)
            except ProtocolError as refused:
                self._board.tell("ignored", reason=refused.reason)
        return None

    def _open_link(self) -> Link:
        settings = self._settings
        if not settings.ca_der:  # the network refuses too, but only once it has found the broker
            raise LinkError(CERTIFICATE, NO_CA)
        name = device_name(self._identity.device_id)
        host = settings.address or settings.host
        password = self._identity.mqtt_password
        link = Link(self._network, self._mqtt, host, settings.port, name, name, password, KEEPALIVE_S)
        link.open()
        return link

    def _pressed(self) -> bool:
        levels = self._board.levels()
        self._held &= levels
        return levels != self._held

    def _status(self) -> Status:
        journal = self._journal
        reading = self._clock.read()
        return Status(
            reading.session,
            reading.seconds,
            reading.clock,
            reading.quality,
            journal.journal_id,
            journal.acked_through,
            journal.last_sequence,
            journal.oldest_readable,
            0,
            self._board.battery_mv(),
            journal.free_slots,
            journal.capacity,
            APPLICATION,
            self._board.base,
            (
                (COUNTER_BOOTS, self._board.load_counter("boots")),
                (COUNTER_SYNC_FAILURES, self._board.load_counter("sync_failures")),
            ),
        )
