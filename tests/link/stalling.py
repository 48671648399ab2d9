"""A TCP relay that lets a given number of bytes through and is a black hole from then on."""

import selectors
import socket
import threading

CHUNK_BYTES = 65536


class Plan:
    """Bytes to let through to the broker and to the device; None: all. `passed` counts what went."""

    def __init__(self, up=None, down=None):
        self.limits = {"up": up, "down": down}
        self.passed = {"up": 0, "down": 0}
        self.stalled = threading.Event()

    @property
    def kept_to(self):
        """Whether the stall came where it was meant to come."""
        return all(limit in (None, self.passed[way]) for way, limit in self.limits.items())

    def room(self, way):
        limit = self.limits[way]
        return CHUNK_BYTES if limit is None else min(CHUNK_BYTES, limit - self.passed[way])


class StallingProxy:
    """Each connection to `port` follows the next of `plans`; the one before is closed. One device at a time."""

    def __init__(self, broker_port, plans):
        self._broker_port = broker_port
        self._plans = iter(plans)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._pair = ()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._wake.send(b"x")
        self._thread.join()
        for end in (*self._pair, self._listener, self._wake, self._woken):
            end.close()
        self._selector.close()

    def _run(self):
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    return
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj in self._pair:
                    self._relay(key.fileobj, *key.data)

    def _accept(self):
        near, _ = self._listener.accept()
        for end in self._pair:
            self._stop_reading(end)
            end.close()
        far = socket.create_connection(("127.0.0.1", self._broker_port))
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pair = (near, far)
        plan = next(self._plans)
        self._selector.register(near, selectors.EVENT_READ, (far, plan, "up"))
        self._selector.register(far, selectors.EVENT_READ, (near, plan, "down"))
        for end, way in ((near, "up"), (far, "down")):
            self._stall_if_due(end, plan, way)

    def _relay(self, end, other, plan, way):
        try:
            data = end.recv(plan.room(way))
            if data:
                other.sendall(data)
        except OSError:
            data = b""
        if not data:
            self._stop_reading(end)
            return
        plan.passed[way] += len(data)
        self._stall_if_due(end, plan, way)

    def _stall_if_due(self, end, plan, way):
        if plan.room(way) == 0:
            self._stop_reading(end)
            plan.stalled.set()

    def _stop_reading(self, end):
        if end in {key.fileobj for key in self._selector.get_map().values()}:
            self._selector.unregister(end)
