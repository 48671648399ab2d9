"""Stands between a device and a broker in tests, and counts what passes: bytes and round trips."""

import socket
import threading
from contextlib import suppress
from itertools import pairwise

SEGMENT_BYTES = 1460  # of TCP over Ethernet
HEADERS_BYTES = 40  # of TCP and IPv4; each segment is also acknowledged by one without data, at the worst
APPLICATION_DATA = 23  # type of a TLS record


class CountingProxy:
    """Passes bytes on to `port` and remembers them: ("up" or "down", bytes, whether they are TLS application data)."""

    def __init__(self, port):
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.passed = []
        self._pumps = []

    def __enter__(self):
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def wire_bytes(self):
        """All of it, the headers of TCP and IP and their acknowledgements included."""
        return sum(length + 2 * HEADERS_BYTES * -(-length // SEGMENT_BYTES) for _, length, _ in self.passed)

    def round_trips(self):
        """How often, after the TLS handshake, the device sent something and then had an answer to wait for."""
        directions = [direction for direction, _, is_data in self.passed if is_data]
        return sum(now == "up" and then == "down" for now, then in pairwise(directions))

    def _accept(self):
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                for one in (near, far):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                pumps = [
                    threading.Thread(target=self._pump, args=(near, far, "up")),
                    threading.Thread(target=self._pump, args=(far, near, "down")),
                ]
                for pump in pumps:
                    pump.start()
                for pump in pumps:
                    pump.join()
                near.close()
                far.close()

    def _pump(self, source, target, direction):
        with suppress(OSError):
            while data := source.recv(65536):
                self.passed.append((direction, len(data), data[0] == APPLICATION_DATA))
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
