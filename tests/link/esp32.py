"""Sockets and TLS streams that behave as on the ESP32 port, over those of the unix port. MicroPython only.

What is imitated was measured on MicroPython's ESP32 port: setblocking(True) takes away a time-out; a refused
connection polls as ready and fails at the first write; through TLS errno numbers are negative, and a write takes a
part and then nothing several times.
"""

import errno
import io
import select
import socket

IOCTL_POLL = 3
TLS_TAKES_MAX = 512  # 4,096 on the device; less here, so that our packets meet it
TLS_BUSY_TIMES = 3


class _Stream(io.IOBase):
    """A stream over another one, as MicroPython's poll and TLS want it."""

    def __init__(self, inner):
        self.inner = inner
        self._poller = select.poll()

    def read(self, size):
        return self.inner.read(size)

    def readinto(self, buffer):
        return self.inner.readinto(buffer)

    def write(self, data):
        return self.inner.write(data)

    def close(self):
        self.inner.close()

    def ioctl(self, request, flags):
        if request != IOCTL_POLL:
            return -errno.EINVAL
        self._poller.register(self.inner, flags)
        ready = self._poller.poll(0)
        return ready[0][1] if ready else 0


class Esp32Socket(_Stream):
    def __init__(self, *arguments):
        super().__init__(socket.socket(*arguments))
        self._refused = False

    def setblocking(self, flag):
        self.inner.setblocking(flag)
        if flag:
            self.inner.settimeout(None)

    def settimeout(self, seconds):
        self.inner.settimeout(seconds)

    def connect(self, address):
        try:
            self.inner.connect(address)
        except OSError as error:
            if error.args[0] != errno.ECONNREFUSED:
                raise
            self._refused = True
            raise OSError(errno.EINPROGRESS) from None

    def write(self, data, size=None):
        if self._refused:
            raise OSError(errno.ECONNRESET)
        return self.inner.write(data if size is None else memoryview(data)[:size])

    def ioctl(self, request, flags):
        ready = super().ioctl(request, flags)
        if request == IOCTL_POLL and ready & (select.POLLERR | select.POLLHUP) and flags & select.POLLOUT:
            self._refused = True
            return select.POLLOUT
        return ready


class Esp32Tls(_Stream):
    def __init__(self, inner):
        super().__init__(inner)
        self._busy = 0

    def read(self, size):
        try:
            return self.inner.read(size)
        except OSError as error:
            raise _negative(error) from None

    def write(self, data):
        if self._busy:
            self._busy -= 1
            return None
        try:
            count = self.inner.write(data[:TLS_TAKES_MAX])
        except OSError as error:
            raise _negative(error) from None
        if count:
            self._busy = TLS_BUSY_TIMES
        return count


def _negative(error):
    code = error.args[0]
    return OSError(-code) if isinstance(code, int) and 0 < code < 256 else error
