"""The adapter under umqtt, over an in-memory wire in virtual time: deadlines, presses, whole packets, hostile peers."""

import errno

from firmware.board import stream
from firmware.board.deadline import Network
from firmware.failures import (
    CERTIFICATE,
    INTERRUPTED,
    LOST,
    MEMORY,
    NAME,
    PROTOCOL,
    REFUSED,
    TIMED_OUT,
    TLS,
    LinkError,
)
from tests.link.wire import LOOK_UP_MS, POLL_MS, Clock, Wire, at_once, plain

TIMEOUT_MS = 150
LATE_MS = 2 * POLL_MS  # a deadline is noticed within a look or two
NAME_OF_BROKER = "broker.example"
PORT = 8883
ADDRESS = ("192.0.2.1", PORT)


def nobody(_):
    return b""


def echo(data):
    return data


class Rig:
    """A network over wires in memory. `connected` gives one whose socket is connected, the operation armed anew."""

    def __init__(self, peer=nobody, secure=plain, ca_der=b"ca", **faults):
        self.clock = Clock()
        self.wires = []
        self.asked = []
        self.found = at_once
        self.look_up_ms = 0
        self.pressed = False
        self.faults = faults
        self.peer = peer
        self.network = Network(
            ca_der, NAME_OF_BROKER, self.clock, lambda: self.pressed, self._look_up, self._make_socket, secure
        )
        self.socket = self.network.socket()
        self.network.arm(TIMEOUT_MS)

    @property
    def wire(self):
        return self.wires[-1]

    def _make_socket(self):
        self.wires.append(Wire(self.clock, self.peer, **self.faults))
        return self.wire

    def _look_up(self, host, port):
        self.asked.append(host)
        self.clock.passed_ms += self.look_up_ms
        return self.found(host, port)

    def look_up(self, host):
        return self.network.getaddrinfo(host, PORT)

    def connect(self):
        self.socket.connect(ADDRESS)

    def ended_in_time(self):
        return TIMEOUT_MS <= self.clock.passed_ms <= TIMEOUT_MS + LATE_MS


def connected(peer=nobody, **faults):
    rig = Rig(peer, **faults)
    rig.socket.connect(rig.look_up(NAME_OF_BROKER)[0][-1])
    rig.network.arm(TIMEOUT_MS)
    rig.clock.passed_ms = 0
    return rig


def failure(operation, *arguments):
    """The kind of the LinkError that must come."""
    raised = None
    try:
        operation(*arguments)
    except LinkError as error:
        raised = error
    assert raised is not None, "nothing was raised"
    assert str(raised) == raised.words
    assert len(raised.words) > len("a word"), raised.words
    return raised.kind


def test_a_silent_peer_ends_a_read_at_the_deadline():
    rig = connected()
    assert failure(rig.socket.read, 1) == TIMED_OUT
    assert rig.ended_in_time(), rig.clock.passed_ms


def test_a_peer_that_takes_nothing_ends_a_flush_at_the_deadline():
    rig = connected(stall_after=3)
    rig.socket.write(b"hello")
    assert failure(rig.socket.flush) == TIMED_OUT
    assert rig.wire.passed == 3
    assert rig.ended_in_time(), rig.clock.passed_ms


def test_trickling_bytes_do_not_extend_the_deadline():
    rig = connected(trickle=True)
    rig.wire.waiting = bytearray(1000)
    assert failure(rig.socket.read, 1000) == TIMED_OUT
    assert 0 < rig.wire.passed < 20
    assert rig.ended_in_time(), rig.clock.passed_ms


def test_a_peer_that_never_pauses_does_not_extend_it_either():
    rig = connected()
    rig.wire.waiting = bytearray(1000)

    def read_on():
        while True:
            rig.socket.read(1)
            rig.clock.passed_ms += 1

    assert failure(read_on) == TIMED_OUT
    assert rig.clock.passed_ms <= TIMEOUT_MS + LATE_MS


def test_what_nobody_armed_has_no_time():
    rig = Rig()
    unarmed = Network(b"ca", NAME_OF_BROKER, rig.clock, lambda: False, secure=plain)
    assert failure(unarmed.socket().connect, ADDRESS) == TIMED_OUT


def test_a_press_ends_whatever_is_waiting():
    rig = connected()
    rig.pressed = True
    assert failure(rig.socket.read, 1) == INTERRUPTED
    assert failure(rig.socket.write, b"x" * 4000) == INTERRUPTED
    assert failure(rig.network.arrives, 0) == INTERRUPTED
    rig = Rig()
    rig.pressed = True
    assert failure(rig.connect) == INTERRUPTED
    assert rig.clock.passed_ms == 0


def test_a_slow_name_look_up_uses_up_the_deadline():
    rig = Rig()
    rig.look_up_ms = LOOK_UP_MS
    assert failure(rig.look_up, NAME_OF_BROKER) == TIMED_OUT
    assert rig.wires == []


def test_a_name_that_is_not_found_is_told_apart():
    def unknown(*_):
        raise OSError("[addrinfo error -2]")

    def nothing(*_):
        return []

    def not_ipv4(_, port):
        return [(10, 1, 0, "", ("2001:db8::1", port))]

    for found in (unknown, nothing, not_ipv4):
        rig = Rig()
        rig.found = found
        assert failure(rig.look_up, NAME_OF_BROKER) == NAME


def test_a_stored_address_is_used_until_it_fails_and_the_new_one_is_handed_back():
    rig = Rig()
    rig.look_up("198.51.100.7")
    assert rig.network.resolved == "198.51.100.7"
    assert rig.network.forget_address()
    rig.look_up("198.51.100.7")
    assert rig.network.resolved == "192.0.2.1"
    rig.look_up("198.51.100.7")  # a renewal within the same wake blocks no second time
    assert rig.asked == ["198.51.100.7", NAME_OF_BROKER, "192.0.2.1"], rig.asked
    rig = Rig()
    rig.look_up(NAME_OF_BROKER)
    assert rig.network.resolved == "192.0.2.1"
    assert not rig.network.forget_address()


def test_a_refused_connection_is_told_apart_also_where_only_the_first_write_shows_it():
    rig = Rig(refuses_connect=True)
    assert failure(rig.connect) == REFUSED
    rig = connected(fail=errno.ECONNRESET)  # the ESP32 port: connecting seemed to succeed
    rig.socket.write(b"hello")
    assert failure(rig.socket.flush) == REFUSED


def test_errors_of_an_open_connection_are_named_whatever_their_sign():
    cases = (
        (-errno.ETIMEDOUT, TIMED_OUT),
        (errno.ETIMEDOUT, TIMED_OUT),
        (-errno.ECONNABORTED, LOST),
        (errno.ECONNRESET, LOST),
        (-errno.ENOMEM, MEMORY),
        (-0x7F00, MEMORY),
        (-0x7280, TLS),
        (-1, LOST),
    )
    for number, kind in cases:
        rig = connected(echo, fail=number, fail_after=2)
        rig.socket.write(b"a")
        assert rig.socket.read(1) == b"a"
        assert failure(rig.socket.read, 1) == kind, number


def test_the_end_of_the_stream_is_a_lost_connection():
    rig = connected(echo, hang_up_after=2)
    rig.socket.write(b"a")
    assert rig.socket.read(1) == b"a"
    assert failure(rig.socket.read, 1) == LOST
    rig = connected(hang_up_after=1)
    rig.socket.write(b"a")
    assert failure(rig.socket.read, 1) == REFUSED  # it hung up before it said anything


def test_a_packet_leaves_whole_and_before_each_read():
    rig = connected(echo)
    for piece in (b"\x30", b"\x05", "to", bytearray(b"pic"), memoryview(b"body")):
        rig.socket.write(piece)
    rig.socket.write(bytearray(b"12345"), 2)
    assert rig.wire.writes == []
    assert rig.socket.read(13) == b"\x30\x05topicbody12"
    assert rig.wire.writes == [13], rig.wire.writes


def test_a_long_packet_leaves_in_pieces_that_each_fit_a_tls_record_of_the_device():
    rig = connected()
    for _ in range(5):
        rig.socket.write(b"x" * 1000)
    rig.network.flush()
    assert rig.wire.writes == [3000, 2000], rig.wire.writes
    rig.socket.write(b"y" * 4000)
    assert sum(rig.wire.writes) == 9000
    assert stream.WRITE_BYTES_MAX < 4096 - 256


def test_close_sends_what_waits_and_closes_once():
    rig = connected()
    rig.socket.write(b"\xe0\x00")
    rig.socket.close()
    rig.socket.close()
    rig.network.drop()
    assert (rig.wire.writes, rig.wire.closed) == ([2], 1)
    assert failure(rig.socket.read, 1) == LOST


def test_a_socket_that_stalls_at_close_is_closed_all_the_same():
    rig = connected(stall_after=0)
    rig.socket.write(b"\xe0\x00")
    assert failure(rig.socket.close) == TIMED_OUT
    assert rig.wire.closed == 1


def test_a_new_socket_gives_up_the_one_before():
    rig = connected()
    rig.socket.write(b"never sent")
    rig.network.socket()
    assert (rig.wire.writes, rig.wire.closed) == ([], 1)


def test_partial_writes_are_offered_again_until_all_is_gone():
    sent = []

    def collect(data):
        sent.append(data)
        return b""

    rig = connected(collect, takes_max=7)
    rig.network.arm(10000)
    data = bytes(range(100))
    rig.socket.write(data)
    rig.socket.flush()
    assert b"".join(sent) == data


def test_setblocking_false_lets_a_read_find_nothing_and_true_never_blocks_for_good():
    rig = connected()
    rig.socket.settimeout(None)
    rig.socket.setblocking(False)
    assert rig.socket.read(1) is None
    rig.socket.setblocking(True)
    assert failure(rig.socket.read, 1) == TIMED_OUT


def test_arrives_waits_for_a_first_byte_and_gives_it_back():
    rig = connected()
    assert not rig.network.arrives(100)
    assert rig.clock.passed_ms <= TIMEOUT_MS - 100 + LATE_MS
    rig.wire.waiting = bytearray(b"abc")
    assert rig.network.arrives(0)
    assert rig.network.arrives(0)
    assert rig.socket.read(3) == b"abc"


def test_nobody_makes_the_device_allocate_what_it_has_not():
    rig = connected()
    assert failure(rig.socket.read, stream.READ_BYTES_MAX + 1) == PROTOCOL
    assert failure(rig.socket.read, 2**40) == PROTOCOL
    assert failure(rig.socket.read, -1) == PROTOCOL
    assert rig.socket.read(0) == b""


def test_a_length_without_an_end_is_refused():
    rig = connected()
    rig.wire.waiting = bytearray(b"\xff" * 100)

    def read_length():
        while rig.socket.read(1)[0] & 0x80:
            pass

    assert failure(read_length) == PROTOCOL
    assert rig.wire.passed == 5


def test_without_a_usable_ca_there_is_no_connection():
    for ca_der in (None, b"", b"-----BEGIN CERTIFICATE-----", b"\x30\x82\x01", b"\x30\x82\x00\x02ab"):
        rig = Rig(secure=None, ca_der=ca_der)
        assert failure(rig.connect) == CERTIFICATE, ca_der
        assert len(rig.wires) == 1
        assert rig.wire.writes == []


def test_no_byte_leaves_without_tls():
    """Whatever the arguments, the stream that is written to is the one that `secure` gave, and that verifies."""
    seen = []

    def secure(raw, ca_der, server_name):
        seen.append((ca_der, server_name))
        return raw

    rig = Rig(secure=secure)
    rig.connect()
    assert seen == [(b"ca", NAME_OF_BROKER)]
    modes = []
    for name in ("deadline", "stream"):
        with open(f"firmware/board/{name}.py") as source:
            modes += [line.strip() for line in source if "CERT_" in line]
    assert modes == ["context.verify_mode = ssl.CERT_REQUIRED"], modes


def converse(rig):
    for _ in range(4):
        rig.socket.write(b"0123456789")
        assert rig.socket.read(10) == b"0123456789"


def test_a_stall_at_every_byte_ends_in_time():
    """Ten bytes out and ten back, four times: stopped after each of the 80."""
    converse(connected(echo))
    for stall_after in range(80):
        rig = connected(echo, stall_after=stall_after)
        assert failure(converse, rig) == TIMED_OUT
        assert rig.wire.passed == stall_after
        assert rig.ended_in_time(), (stall_after, rig.clock.passed_ms)
