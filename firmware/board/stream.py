"""A socket that never blocks, under one deadline: what umqtt.simple reads from and writes to.

umqtt has no time-outs of its own: it waits in loops, and on the ESP32 its setblocking(True) takes away any time-out a
socket had. So the real socket is never blocking here, and every read, write and step of the TLS handshake asks its
`Network` for the time that is left: neither a black hole nor a peer that trickles bytes outlasts it.
"""

import errno
import select
import time

from firmware.link_error import LOST, PROTOCOL, LinkError, code_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.board.deadline import Network

POLL_SLICE_MS = 20  # how late a deadline or a press may be noticed while waiting
READ_BYTES_MAX = 4096  # no message of the protocol is longer; umqtt would allocate whatever the wire says
LENGTH_BYTES_MAX = 4  # MQTT 3.1.1 section 2.2.3; umqtt would read on for ever, into an ever larger number
FRUITLESS_MAX = 2  # times in a row that a ready stream may do nothing, before we pause for it
PAUSE_S = 0.001
STARTING = (errno.EINPROGRESS, errno.EALREADY, errno.EAGAIN)


class DeadlineSocket:
    """A stream as umqtt expects it, over a socket that never blocks.

    A packet is written piece by piece and leaves whole: at the next read, at flush and close, or when the buffer is
    full. After any error the connection is of no use: bytes may be lost in the middle of a packet.
    """

    def __init__(self, network: "Network") -> None:
        self._network = network
        self._stream: Any = None
        self._poller = select.poll()
        self._events = 0
        self._fruitless = 0
        self._unsent = 0
        self._ahead = b""
        self._blocking = True
        self._answered = False
        self._marked = 0

    def settimeout(self, seconds: "float | None") -> None:
        """Nothing: the deadline is armed. Newer umqtt calls this."""

    def setblocking(self, blocking: bool) -> None:
        """Only says whether a read may find nothing, for umqtt's check_msg; the socket itself never blocks."""
        self._blocking = blocking

    def connect(self, address: "Any") -> None:
        """TCP and TLS. The handshake itself is part of the first write, under the same deadline."""
        doing = "connecting"
        network = self._network
        network.check(doing)
        raw = self._stream = network.make_socket()
        raw.setblocking(False)
        try:
            raw.connect(address)
        except OSError as error:
            if code_of(error) not in STARTING:
                raise _failure(error, doing, False) from None
        if self._wait(select.POLLOUT, doing) & (select.POLLERR | select.POLLHUP):
            raise _failure(OSError(errno.ECONNREFUSED), doing, False)
        self._poller.unregister(raw)
        self._events = 0
        try:
            self._stream = network.secure(raw)
        except (OSError, ValueError, MemoryError) as error:
            raise _failure(error, doing, False) from None

    def read(self, size: int) -> "bytes | bytearray | None":
        """Exactly `size` bytes. None when nothing is there and setblocking(False) was said."""
        if not 0 <= size <= READ_BYTES_MAX:
            raise LinkError(PROTOCOL, "the broker announced %d bytes, at most %d make sense" % (size, READ_BYTES_MAX))
        self.flush()
        if size == 0:
            return b""
        data: bytes | bytearray | None = self._ahead or self._some(size, self._blocking)
        self._ahead = b""
        if data is not None and len(data) < size:
            data = self._rest(data, size)
        if size == 1 and data:
            self._count_marks(data[0])
        return data

    def write(self, data: "bytes | bytearray | memoryview | str", size: "int | None" = None) -> int:
        """Keep `data`, or its first `size` bytes, for the packet under way."""
        view = memoryview(data.encode() if isinstance(data, str) else data)
        length = len(view) if size is None else size
        room = len(self._network.unsent)
        if self._unsent + length > room:
            self.flush()
        if length > room:
            self._send(view[:length])
        else:
            self._network.unsent[self._unsent : self._unsent + length] = view[:length]
            self._unsent += length
        return length

    def flush(self) -> None:
        length = self._unsent
        self._unsent = 0
        if length:
            self._send(memoryview(self._network.unsent)[:length])

    def arrives(self, spare_ms: int) -> bool:
        """See Network.arrives. The first byte is read here and kept: poll knows nothing of what TLS has in hand."""
        self.flush()
        doing = "waiting for a message"
        while not self._ahead:
            self._ahead = self._some(1, False) or b""
            if not self._ahead:
                if self._network.check(doing) <= spare_ms:
                    return False
                self._step(select.POLLIN, doing)
        return True

    def close(self) -> None:
        """Send what waits, then close. The connection is closed whatever happens."""
        try:
            self.flush()
        finally:
            self.drop()

    def drop(self) -> None:
        stream = self._stream
        self._stream = None
        self._unsent = 0
        if stream is not None:
            try:
                stream.close()  # of a TLS stream: closes the socket under it too, which must not be closed twice
            except OSError:
                pass

    def _some(self, size: int, wait: bool) -> "bytes | None":
        """1 to `size` bytes; None when there are none yet and we are not to wait."""
        doing = "waiting for an answer"
        while True:
            self._network.check(doing)
            try:
                data = self._open(doing).read(size)
            except (OSError, ValueError, MemoryError) as error:
                raise _failure(error, doing, self._answered) from None
            if data:
                self._answered = True
                self._fruitless = 0
                return bytes(data)
            if data is not None:
                raise _failure(OSError(errno.ECONNRESET), doing, self._answered)
            if not wait:
                return None
            self._step(select.POLLIN, doing)

    def _rest(self, start: "bytes | bytearray", size: int) -> bytearray:
        whole = bytearray(size)
        have = len(start)
        whole[:have] = start
        while have < size:
            part = self._some(size - have, True) or b""
            whole[have : have + len(part)] = part
            have += len(part)
        return whole  # a copy would need its size twice

    def _send(self, view: memoryview) -> None:
        """All of it. TLS on the ESP32 takes a part, then nothing several times: it is offered the same bytes again."""
        doing = "sending" if self._answered else "opening the connection"
        done = 0
        while done < len(view):
            self._network.check(doing)
            try:
                count = self._open(doing).write(view[done:])
            except (OSError, ValueError, MemoryError) as error:
                raise _failure(error, doing, self._answered) from None
            if count:
                done += count
                self._fruitless = 0
            else:
                self._step(select.POLLOUT, doing)
        self._network.sent()

    def _open(self, doing: str) -> "Any":
        if self._stream is None:
            raise LinkError(LOST, "there is no connection any more while %s" % doing)
        return self._stream

    def _wait(self, events: int, doing: str) -> int:
        happened = 0
        while not happened:
            self._network.check(doing)
            happened = self._step(events, doing)
        return happened

    def _step(self, events: int, doing: str) -> int:
        """Wait one slice at most. What poll reports, 0 when nothing happened."""
        if events != self._events:
            self._poller.register(self._open(doing), events)
            self._events = events
        ready = self._poller.poll(max(0, min(POLL_SLICE_MS, self._network.remaining_ms())))
        if not ready:
            return 0
        self._fruitless += 1
        if self._fruitless > FRUITLESS_MAX:  # an error that polls as ready, TLS that wants the other direction
            time.sleep(PAUSE_S)
        return ready[0][1]

    def _count_marks(self, byte: int) -> None:
        self._marked = self._marked + 1 if byte & 0x80 else 0
        if self._marked > LENGTH_BYTES_MAX:
            raise LinkError(PROTOCOL, "the broker sent a length without an end")


def _failure(error: Exception, doing: str, answered: bool) -> LinkError:
    if isinstance(error, LinkError):
        return error
    from firmware.failures import of_socket

    return of_socket(error, doing, answered)
