"""An in-memory connection for the MicroPython tests: a peer that answers, stalls, trickles, hangs up or talks nonsense.

`Wire` is what a socket looks like to the firmware, `Broker` the smallest MQTT broker behind it. Time is virtual: each
look at a wire on which nothing happens takes POLL_MS of the `Clock`, so a stall costs no real time.
"""

import errno
import io

from tests import esp32_ticks

POLL_MS = 20
POLL_IN = 1
POLL_OUT = 4
IOCTL_POLL = 3
LOOK_UP_MS = 7000  # measured on the ESP32 port with a DNS server that is silent

CONNECT = 1
PUBLISH = 3
SUBSCRIBE = 8
PINGREQ = 12


class Clock:
    """Ticks as a board gives them. It starts just before they wrap."""

    ticks_add = staticmethod(esp32_ticks.ticks_add)
    ticks_diff = staticmethod(esp32_ticks.ticks_diff)

    def __init__(self):
        self.passed_ms = 0

    def ticks_ms(self):
        return esp32_ticks.ticks_add(-50, self.passed_ms)


class Wire(io.IOBase):
    """`peer(bytes)` gets each write and returns the answer.

    `stall_after`: bytes, both directions together, after which nothing moves any more. `trickle`: one byte at a time,
    with a look in vain between two. `takes_max`: a write takes that many bytes at most, then nothing three times (TLS
    on the ESP32). `fail`: an errno number raised once `fail_after` bytes have passed. `hang_up_after`: end of stream.
    """

    def __init__(self, clock, peer, **faults):
        self.clock = clock
        self.peer = peer
        self.stall_after = faults.get("stall_after")
        self.trickle = faults.get("trickle", False)
        self.takes_max = faults.get("takes_max")
        self.fail = faults.get("fail")
        self.fail_after = faults.get("fail_after", 0)
        self.hang_up_after = faults.get("hang_up_after")
        self.refuses_connect = faults.get("refuses_connect", False)
        self.passed = 0
        self.waiting = bytearray()
        self.writes = []
        self.closed = 0
        self.address = None
        self._look = 0
        self._busy = 0
        self._taken = bytearray()

    def setblocking(self, flag):
        assert flag is False, "the socket under the adapter must never block"

    def connect(self, address):
        self.address = address
        if self.refuses_connect:
            raise OSError(errno.ECONNREFUSED)
        raise OSError(errno.EINPROGRESS)

    def read(self, size):
        self._fail()
        if self._rests(self.waiting):
            return None
        if self.hang_up_after is not None and self.passed >= self.hang_up_after:
            return b""
        if not self.waiting:
            return None
        count = self._may(min(size, 1 if self.trickle else size, len(self.waiting)))
        if not count:
            return None
        data = bytes(self.waiting[:count])
        self.waiting = self.waiting[count:]
        self.passed += count
        return data

    def write(self, data):
        self._fail()
        if self._busy:
            self._busy -= 1
            return None
        count = self._may(min(len(data), self.takes_max or len(data)))
        if not count:
            return None
        if self.takes_max:
            self._busy = 3
        self.writes.append(count)
        self.passed += count
        self.waiting += self.peer(bytes(data[:count])) or b""
        return count

    def close(self):
        self.closed += 1

    def ioctl(self, request, flags):
        """Ready whatever happens, as streams over TLS sometimes claim; that costs virtual time and no real time."""
        if request != IOCTL_POLL:
            return -errno.EINVAL
        self.clock.passed_ms += POLL_MS
        return flags & (POLL_IN | POLL_OUT)

    def _rests(self, waiting):
        self._look += 1
        return self.trickle and waiting and self._look % 2

    def _may(self, count):
        if self.stall_after is None:
            return count
        return max(0, min(count, self.stall_after - self.passed))

    def _fail(self):
        if self.fail is not None and self.passed >= self.fail_after:
            raise OSError(self.fail)


class Broker:
    """Answers whole packets. What is published comes back to who has subscribed. `answers` replaces the answer to a
    packet type; `before_puback` is sent before each PUBACK."""

    def __init__(self, answers=None, before_puback=b""):
        self.answers = answers or {}
        self.before_puback = before_puback
        self.connects = 0
        self.topics = []
        self.published = []
        self.packets = []
        self._pending = bytearray()

    def __call__(self, data):
        self._pending += data
        reply = b""
        while True:
            packet = self._whole_packet()
            if packet is None:
                return reply
            self.packets.append(packet[0])
            reply += self._answer(packet[0], packet[1])

    def _whole_packet(self):
        length, at, shift = 0, 1, 0
        while at < len(self._pending):
            byte = self._pending[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                if len(self._pending) < at + length:
                    return None
                body = bytes(self._pending[at : at + length])
                first = self._pending[0]
                self._pending = self._pending[at + length :]
                return first, body
        return None

    def _answer(self, first, body):
        kind = first >> 4
        if kind in self.answers:
            return self.answers[kind]
        if kind == CONNECT:
            self.connects += 1
            return b"\x20\x02\x00\x00"
        if kind == SUBSCRIBE:
            self.topics.append(body[4:-1])
            return b"\x90\x03" + body[:2] + b"\x01"
        if kind == PUBLISH and first & 6:
            length = body[0] << 8 | body[1]
            topic, packet_id, payload = body[2 : 2 + length], body[2 + length : 4 + length], body[4 + length :]
            self.published.append((topic, payload))
            echo = message(topic, payload) if self.topics else b""
            return self.before_puback + b"\x40\x02" + packet_id + echo
        if kind == PINGREQ:
            return b"\xd0\x00"
        return b""


def message(topic, payload, packet_id=None):
    """A PUBLISH packet; QoS 1 when it has an id."""
    body = bytes((len(topic) >> 8, len(topic) & 255)) + topic
    if packet_id is not None:
        body += bytes((packet_id >> 8, packet_id & 255))
    body += payload
    length = len(body)
    coded = b""
    while length > 127:
        coded += bytes((length & 0x7F | 0x80,))
        length >>= 7
    return bytes((0x32 if packet_id is not None else 0x30,)) + coded + bytes((length,)) + body


def plain(raw, *_):
    """In place of TLS."""
    return raw


def at_once(host, port):
    """A name look-up without a network: 192.0.2.1 for any name, as the ESP32 port gives it."""
    return [(2, 1, 0, "", (host if host[0].isdigit() else "192.0.2.1", port))]
