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
PRESSED = [False]


def nobody(data):
    return b""


def echo(data):
    return data


def make(peer=nobody, look_up=at_once, secure=plain, ca_der=b"ca", **faults):
    """(network, socket, wire, clock); the socket is connected, the operation armed anew."""
    PRESSED[0] = False
    clock = Clock()
    wires = []

    def make_socket():
        wires.append(Wire(clock, peer, **faults))
        return wires[-1]

    network = Network(ca_der, NAME_OF_BROKER, clock, lambda: PRESSED[0], look_up, make_socket, secure)
    network.arm(TIMEOUT_MS)
    return network, network.socket(), wires, clock


def connected(peer=nobody, **faults):
    network, sock, wires, clock = make(peer, **faults)
    sock.connect(network.getaddrinfo(NAME_OF_BROKER, 8883)[0][-1])
    network.arm(TIMEOUT_MS)
    clock.passed_ms = 0
    return network, sock, wires[0], clock


def failure(operation, *arguments):
    """(kind, words) of the LinkError that must come."""
    try:
        operation(*arguments)
    except LinkError as error:
        assert str(error) == error.words and len(error.words) > 10, error.words
        return error.kind
    raise AssertionError("nothing was raised")


def test_a_silent_peer_ends_a_read_at_the_deadline():
    network, sock, wire, clock = connected()
    assert failure(sock.read, 1) == TIMED_OUT
    assert TIMEOUT_MS <= clock.passed_ms <= TIMEOUT_MS + LATE_MS, clock.passed_ms


def test_a_peer_that_takes_nothing_ends_a_flush_at_the_deadline():
    network, sock, wire, clock = connected(stall_after=3)
    sock.write(b"hello")
    assert failure(sock.flush) == TIMED_OUT
    assert wire.passed == 3
    assert TIMEOUT_MS <= clock.passed_ms <= TIMEOUT_MS + LATE_MS, clock.passed_ms


def test_trickling_bytes_do_not_extend_the_deadline():
    network, sock, wire, clock = connected(trickle=True)
    wire.waiting = bytearray(1000)
    assert failure(sock.read, 1000) == TIMED_OUT
    assert 0 < wire.passed < 20
    assert TIMEOUT_MS <= clock.passed_ms <= TIMEOUT_MS + LATE_MS, clock.passed_ms


def test_a_peer_that_never_pauses_does_not_extend_it_either():
    network, sock, wire, clock = connected()
    wire.waiting = bytearray(1000)

    def read_on():
        while True:
            sock.read(1)
            clock.passed_ms += 1

    assert failure(read_on) == TIMED_OUT
    assert clock.passed_ms <= TIMEOUT_MS + LATE_MS


def test_what_nobody_armed_has_no_time():
    network, sock, wires, clock = make()
    network = Network(b"ca", NAME_OF_BROKER, clock, lambda: False, at_once, lambda: Wire(clock, nobody), plain)
    assert failure(network.socket().connect, ("192.0.2.1", 8883)) == TIMED_OUT


def test_a_press_ends_whatever_is_waiting():
    network, sock, wire, clock = connected()
    PRESSED[0] = True
    assert failure(sock.read, 1) == INTERRUPTED
    assert failure(sock.write, b"x" * 4000) == INTERRUPTED
    assert failure(network.arrives, 0) == INTERRUPTED
    network, sock, wires, clock = make()
    PRESSED[0] = True
    assert failure(sock.connect, ("192.0.2.1", 8883)) == INTERRUPTED
    assert clock.passed_ms == 0


def test_a_slow_name_look_up_uses_up_the_deadline():
    clocks = []

    def slow(host, port):
        clocks[0].passed_ms += LOOK_UP_MS
        return at_once(host, port)

    network, sock, wires, clock = make(look_up=slow)
    clocks.append(clock)
    assert failure(network.getaddrinfo, NAME_OF_BROKER, 8883) == TIMED_OUT
    assert wires == []


def test_a_name_that_is_not_found_is_told_apart():
    def unknown(host, port):
        raise OSError("[addrinfo error -2]")

    network, sock, wires, clock = make(look_up=unknown)
    assert failure(network.getaddrinfo, NAME_OF_BROKER, 8883) == NAME
    network, sock, wires, clock = make(look_up=lambda host, port: [])
    assert failure(network.getaddrinfo, NAME_OF_BROKER, 8883) == NAME


def test_a_stored_address_is_used_until_it_fails_and_the_new_one_is_handed_back():
    asked = []

    def look_up(host, port):
        asked.append(host)
        return at_once(host, port)

    network, sock, wires, clock = make(look_up=look_up)
    network.getaddrinfo("198.51.100.7", 8883)
    assert network.resolved == "198.51.100.7" and network.forget_address()
    network.getaddrinfo("198.51.100.7", 8883)
    assert network.resolved == "192.0.2.1"
    network.getaddrinfo("198.51.100.7", 8883)  # a renewal within the same wake blocks no second time
    assert asked == ["198.51.100.7", NAME_OF_BROKER, "192.0.2.1"], asked
    network, sock, wires, clock = make()
    network.getaddrinfo(NAME_OF_BROKER, 8883)
    assert network.resolved == "192.0.2.1" and not network.forget_address()


def test_a_refused_connection_is_told_apart_also_where_only_the_first_write_shows_it():
    network, sock, wires, clock = make(refuses_connect=True)
    assert failure(sock.connect, ("192.0.2.1", 8883)) == REFUSED
    network, sock, wire, clock = connected(fail=errno.ECONNRESET)  # the ESP32 port: connecting seemed to succeed
    sock.write(b"hello")
    assert failure(sock.flush) == REFUSED


def test_errors_of_an_open_connection_are_named_whatever_their_sign():
    cases = (
        (-errno.ETIMEDOUT, TIMED_OUT),
        (errno.ETIMEDOUT, TIMED_OUT),
        (-errno.ECONNABORTED, LOST),
        (errno.ECONNRESET, LOST),
        (-errno.ENOMEM, MEMORY),
        (-0x7280, TLS),
        (-1, LOST),
    )
    for number, kind in cases:
        network, sock, wire, clock = connected(echo, fail=number, fail_after=2)
        sock.write(b"a")
        assert sock.read(1) == b"a"
        assert failure(sock.read, 1) == kind, number


def test_the_end_of_the_stream_is_a_lost_connection():
    network, sock, wire, clock = connected(echo, hang_up_after=2)
    sock.write(b"a")
    assert sock.read(1) == b"a"
    assert failure(sock.read, 1) == LOST
    network, sock, wire, clock = connected(hang_up_after=1)
    sock.write(b"a")
    assert failure(sock.read, 1) == REFUSED  # it hung up before it said anything


def test_a_packet_leaves_whole_and_before_each_read():
    network, sock, wire, clock = connected(echo)
    for piece in (b"\x30", b"\x05", "to", bytearray(b"pic"), memoryview(b"body")):
        sock.write(piece)
    sock.write(bytearray(b"12345"), 2)
    assert wire.writes == []
    assert sock.read(13) == b"\x30\x05topicbody12"
    assert wire.writes == [13], wire.writes


def test_a_long_packet_leaves_in_pieces_that_each_fit_a_tls_record_of_the_device():
    network, sock, wire, clock = connected()
    for _ in range(5):
        sock.write(b"x" * 1000)
    network.flush()
    assert wire.writes == [3000, 2000], wire.writes
    sock.write(b"y" * 4000)
    assert sum(wire.writes) == 9000
    assert stream.WRITE_BYTES_MAX < 4096 - 256


def test_close_sends_what_waits_and_closes_once():
    network, sock, wire, clock = connected()
    sock.write(b"\xe0\x00")
    sock.close()
    sock.close()
    network.drop()
    assert wire.writes == [2] and wire.closed == 1
    assert failure(sock.read, 1) == LOST


def test_a_socket_that_stalls_at_close_is_closed_all_the_same():
    network, sock, wire, clock = connected(stall_after=0)
    sock.write(b"\xe0\x00")
    assert failure(sock.close) == TIMED_OUT
    assert wire.closed == 1


def test_a_new_socket_gives_up_the_one_before():
    network, sock, wire, clock = connected()
    sock.write(b"never sent")
    network.socket()
    assert wire.closed == 1 and wire.writes == []


def test_partial_writes_are_offered_again_until_all_is_gone():
    sent = []

    def collect(data):
        sent.append(data)
        return b""

    network, sock, wire, clock = connected(collect, takes_max=7)
    network.arm(10000)
    data = bytes(range(100))
    sock.write(data)
    sock.flush()
    assert b"".join(sent) == data


def test_setblocking_false_lets_a_read_find_nothing_and_true_never_blocks_for_good():
    network, sock, wire, clock = connected()
    sock.settimeout(None)
    sock.setblocking(False)
    assert sock.read(1) is None
    sock.setblocking(True)
    assert failure(sock.read, 1) == TIMED_OUT


def test_arrives_waits_for_a_first_byte_and_gives_it_back():
    network, sock, wire, clock = connected()
    assert not network.arrives(100)
    assert clock.passed_ms <= TIMEOUT_MS - 100 + LATE_MS
    wire.waiting = bytearray(b"abc")
    assert network.arrives(0) and network.arrives(0)
    assert sock.read(3) == b"abc"


def test_nobody_makes_the_device_allocate_what_it_has_not():
    network, sock, wire, clock = connected()
    assert failure(sock.read, stream.READ_BYTES_MAX + 1) == PROTOCOL
    assert failure(sock.read, 2**40) == PROTOCOL
    assert failure(sock.read, -1) == PROTOCOL
    assert sock.read(0) == b""


def test_a_length_without_an_end_is_refused():
    network, sock, wire, clock = connected()
    wire.waiting = bytearray(b"\xff" * 100)

    def read_length():
        while sock.read(1)[0] & 0x80:
            pass

    assert failure(read_length) == PROTOCOL
    assert wire.passed == 5


def test_without_a_usable_ca_there_is_no_connection():
    for ca_der in (None, b"", b"-----BEGIN CERTIFICATE-----", b"\x30\x82\x01", b"\x30\x82\x00\x02ab"):
        network, sock, wires, clock = make(secure=None, ca_der=ca_der)
        assert failure(sock.connect, ("192.0.2.1", 8883)) == CERTIFICATE, ca_der
        assert [wire.writes for wire in wires] == [[]]


def test_no_byte_leaves_without_tls():
    """Whatever the arguments, the stream that is written to is the one that `secure` gave, and that verifies."""
    seen = []

    def secure(raw, ca_der, server_name):
        seen.append((ca_der, server_name))
        return raw

    network, sock, wires, clock = make(secure=secure)
    sock.connect(("192.0.2.1", 8883))
    assert seen == [(b"ca", NAME_OF_BROKER)]
    modes = []
    for name in ("deadline", "stream"):
        with open("firmware/board/%s.py" % name) as source:
            modes += [line.strip() for line in source if "CERT_" in line]
    assert modes == ["context.verify_mode = ssl.CERT_REQUIRED"], modes


def test_a_stall_at_every_byte_ends_in_time():
    """Ten bytes out and ten back, four times: stopped after each of the 80."""
    for stall_after in range(80):
        network, sock, wire, clock = connected(echo, stall_after=stall_after)

        def converse():
            for _ in range(4):
                sock.write(b"0123456789")
                assert sock.read(10) == b"0123456789"

        assert failure(converse) == TIMED_OUT
        assert wire.passed == stall_after
        assert TIMEOUT_MS <= clock.passed_ms <= TIMEOUT_MS + LATE_MS, (stall_after, clock.passed_ms)
