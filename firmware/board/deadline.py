"""What umqtt uses in place of the module `socket`: every MQTT operation ends by one absolute deadline, or at a press.

Whoever starts an operation says first how long it may take (`Network.arm`). All it consists of, loops inside umqtt
included, looks at that same deadline. Only the name look-up cannot be bounded: on the ESP32 it blocks for up to 7 s.
It is done when there is no stored address, or the stored one has failed; the deadline is looked at when it returns.
"""

import errno
import socket

from firmware.board.stream import DeadlineSocket
from firmware.link_error import INTERRUPTED, TIMED_OUT, LinkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Ticks(Protocol):
        """Of a board. Two underscores: by position only, in the spelling that MicroPython parses."""

        def ticks_ms(self) -> int: ...
        def ticks_diff(self, __later: int, __earlier: int) -> int: ...  # noqa: PYI063
        def ticks_add(self, __ticks: int, __delta_ms: int) -> int: ...  # noqa: PYI063


UNSENT_BYTES = 512  # of a packet that leaves in one write, in one TLS record: a status has some 250


class Network:
    """One device's way to one broker. `socket` and `getaddrinfo` are what umqtt asks for, the rest is for `Link`.

    `server_name` is the broker's name: the certificate must be made out for it, and it is looked up when the address
    given to umqtt has failed. `ticks` must be real time, also where the rest of a board is virtual. `interrupted` is
    asked at least every POLL_SLICE_MS while waiting. `resolved` is the numeric address used last, worth storing once
    a connection has come about. `unsent` holds what is to be sent; in its place a longer one may be put, in which a
    batch is made, so that there is no other piece as long.
    """

    def __init__(
        self,
        authorities: "list[bytes]",
        server_name: str,
        ticks: "Ticks",
        interrupted: "Callable[[], bool | None]",
        look_up: "Callable[..., Any]" = socket.getaddrinfo,
        make_socket: "Callable[[], Any]" = socket.socket,
        secure: "Callable[..., Any] | None" = None,
    ) -> None:
        self.server_name = server_name
        self.ticks = ticks
        self.resolved: str | None = None
        self.make_socket = make_socket
        self.unsent = bytearray(UNSENT_BYTES)
        self._authorities = authorities
        self._interrupted = interrupted
        self._look_up = look_up
        self._secure = secure
        self._ends = ticks.ticks_ms()  # an operation that nobody armed has no time at all
        self._sent_at = self._ends
        self.instead: str | None = None  # of the host that umqtt was given
        self.by_address = False  # the last attempt
        self._current: DeadlineSocket | None = None

    def arm(self, timeout_ms: int) -> None:
        """Start the time of the MQTT operation that follows, whatever it consists of."""
        self._ends = self.ticks.ticks_add(self.ticks.ticks_ms(), timeout_ms)

    def remaining_ms(self) -> int:
        return self.ticks.ticks_diff(self._ends, self.ticks.ticks_ms())

    def check(self, doing: str) -> int:
        """Milliseconds left. Raises LinkError when the time is up or a button is down."""
        if self._interrupted():
            raise LinkError(INTERRUPTED, "interrupted by a press while %s" % doing)
        left_ms = self.remaining_ms()
        if left_ms <= 0:
            raise LinkError(TIMED_OUT, "no answer in time while %s" % doing, errno.ETIMEDOUT)
        return left_ms

    def socket(self) -> "DeadlineSocket":
        """A fresh socket; the one before is given up, the device has no memory for two."""
        self.drop()
        self._current = DeadlineSocket(self)
        return self._current

    def getaddrinfo(self, host: str, port: int) -> "list[tuple[Any, ...]]":
        """One entry, IPv4. `host` may be a stored numeric address; then nothing blocks."""
        from firmware.board.joining import find  # in memory only until the connection stands

        return find(self, self._look_up, host, port)

    def forget_address(self) -> bool:
        """The address tried last did not lead to the broker: look the name up next time. False: it just was."""
        self.instead = self.server_name
        return self.by_address

    def secure(self, raw: "Any") -> "Any":
        if self._secure:
            return self._secure(raw, self._authorities, self.server_name)
        from firmware.board.joining import verified

        return verified(raw, self._authorities, self.server_name)

    def settle(self) -> None:
        """The connection stands: the authorities are not needed any more, and no other connection can be made."""
        self._authorities = []

    def flush(self) -> None:
        """Send what waits in the buffer: umqtt leaves PUBACK and PINGREQ there."""
        if self._current:
            self._current.flush()

    def arrives(self, spare_ms: int) -> bool:
        """Wait until something arrives: True; until only `spare_ms` of the armed time are left: False."""
        return self._current is not None and self._current.arrives(spare_ms)

    def sent(self) -> None:
        self._sent_at = self.ticks.ticks_ms()

    def quiet_ms(self) -> int:
        """Since this device sent something. A broker gives up after one and a half keepalive times."""
        return self.ticks.ticks_diff(self.ticks.ticks_ms(), self._sent_at)

    def drop(self) -> None:
        """Close whatever is open, unsent bytes and all. Never raises."""
        current = self._current
        self._current = None
        if current:
            current.drop()
