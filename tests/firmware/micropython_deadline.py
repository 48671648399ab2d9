"""The deadline under umqtt, in virtual time: silence, presses, name look-ups, refusals, a stall at every byte."""

import errno

from firmware.board.deadline import Network
from firmware.link_error import CERTIFICATE, INTERRUPTED, NAME, REFUSED, TIMED_OUT
from tests.link.rig import ADDRESS, LATE_MS, NAME_OF_BROKER, TIMEOUT_MS, Rig, connected, echo, failure
from tests.link.wire import LOOK_UP_MS, plain


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


def test_without_a_usable_ca_there_is_no_connection():
    for authorities in ([], [b""], [b"-----BEGIN CERTIFICATE-----"], [b"\x30\x82\x01"], [b"\x30\x82\x00\x02ab"]):
        rig = Rig(secure=None, authorities=authorities)
        assert failure(rig.connect) == CERTIFICATE, authorities
        assert len(rig.wires) == 1
        assert rig.wire.writes == []


def test_no_byte_leaves_without_tls():
    """Whatever the arguments, the stream that is written to is the one that `secure` gave, and that verifies."""
    seen = []

    def secure(raw, authorities, server_name):
        seen.append((authorities, server_name))
        return raw

    rig = Rig(secure=secure)
    rig.connect()
    assert seen == [((b"ca",), NAME_OF_BROKER)]
    modes = []
    for name in ("deadline", "joining", "stream"):
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
