"""What umqtt reads from and writes to: whole packets, partial writes, endings, and limits for a hostile peer."""

import errno

from firmware.board import stream
from firmware.handing import BUFFER_BYTES
from firmware.link_error import LOST, MEMORY, PROTOCOL, REFUSED, TIMED_OUT, TLS
from tests.link.rig import LATE_MS, TIMEOUT_MS, connected, echo, failure


def test_trickling_bytes_do_not_extend_the_deadline():
    rig = connected(trickle=True)
    rig.wire.waiting = bytearray(1000)
    assert failure(rig.socket.read, 1000) == TIMED_OUT
    assert 0 < rig.wire.passed < 20
    assert rig.ended_in_time(), rig.clock.passed_ms


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
    rig.network.unsent = bytearray(3328)  # the longest that a batch may need
    for _ in range(5):
        rig.socket.write(b"x" * 1000)
    rig.network.flush()
    assert rig.wire.writes == [3000, 2000], rig.wire.writes
    rig.socket.write(b"y" * 4000)
    assert sum(rig.wire.writes) == 9000
    assert BUFFER_BYTES <= 3328 < 4096 - 256


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
