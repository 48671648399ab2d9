"""The network between devices and broker, which can be cut: a TCP relay on loopback."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from typing import Self

BUFFER_BYTES = 65536


class Network:
    """Relays `port` to the broker's port. While `cut`, connections break and no new one is let in."""

    def __init__(self, broker_port: int, port: int = 0) -> None:
        self._broker_port = broker_port
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._peers: dict[socket.socket, socket.socket] = {}
        self._is_cut = False
        self._lock = threading.Lock()
        self._wake_in, self._wake_out = socket.socketpair()
        self._closing = False
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def cut(self) -> None:
        """Break every connection and refuse new ones until `mend`."""
        with self._lock:
            self._is_cut = True
            for end in list(self._peers):
                self._drop(end)

    def mend(self) -> None:
        """Let connections through again."""
        with self._lock:
            self._is_cut = False

    def close(self) -> None:
        """End the relay."""
        self._closing = True
        self._wake_in.send(b"x")
        self._thread.join()
        for end in (*self._peers, self._listener, self._wake_in, self._wake_out):
            end.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._closing:
            for key, _ in self._selector.select():
                with self._lock:
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.fileobj in self._peers:
                        self._relay(key.fileobj)

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        if self._is_cut:
            near.close()
            return
        try:
            far = socket.create_connection(("127.0.0.1", self._broker_port))
        except OSError:
            near.close()
            return
        for end, other in ((near, far), (far, near)):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peers[end] = other
            self._selector.register(end, selectors.EVENT_READ)

    def _relay(self, end: socket.socket) -> None:
        try:
            data = end.recv(BUFFER_BYTES)
            if data:
                self._peers[end].sendall(data)
                return
        except OSError:
            pass
        self._drop(end)

    def _drop(self, end: socket.socket) -> None:
        other = self._peers.pop(end, None)
        if other is None:
            return
        self._peers.pop(other, None)
        for each in (end, other):
            with contextlib.suppress(KeyError, ValueError, OSError):
                self._selector.unregister(each)
            each.close()
