"""What a broker, a patient or the network may do to a link: every failure is one LinkError, and nothing grows."""

import errno
import sys

from firmware import failures
from firmware import link as link_module
from firmware.link_error import CLOSED, INTERRUPTED, LOGIN, LOST, MEMORY, PROTOCOL, REFUSED, TIMED_OUT
from tests.link.rig import FILTER, RECEIVE_MS, TOPIC, UP, Bench, patience, raised
from tests.link.wire import CONNECT, PUBLISH, SUBSCRIBE, Broker, message

patience(1)


def test_a_press_ends_any_step_and_the_next_sync_works():
    for step, arguments in (("open", ()), ("subscribe", (FILTER,)), ("publish", (UP, b"x")), ("receive", (100,))):
        bench = Bench(broker=Broker(before_puback=message(TOPIC, b"x")))
        bench.link.open()
        passed_ms = bench.clock.passed_ms
        bench.pressed = True
        assert bench.failure(getattr(bench.link, step), *arguments) == INTERRUPTED, step
        assert bench.clock.passed_ms == passed_ms, step
        bench.pressed = False
        bench.broker.before_puback = b""
        assert len(bench.converse()) == 4


def test_refusals_of_the_broker_are_told_apart():
    cases = ((1, PROTOCOL), (2, LOGIN), (3, REFUSED), (4, LOGIN), (5, LOGIN), (77, PROTOCOL))
    for code, kind in cases:
        answer = b"\x20\x02\x00" + bytes((code,))
        assert Bench(broker=Broker(answers={CONNECT: answer})).failure() == kind, code
    bench = Bench(broker=Broker(answers={SUBSCRIBE: b"\x90\x03\x00\x01\x80"}))
    assert bench.failure() == LOGIN


def test_nonsense_from_the_broker_is_a_link_error_wherever_it_comes():
    nonsense = (
        b"\x30\x05\x00\x09a",
        b"\x90\x03\x00\x77\x01",
        b"\x40\x03\x00\x01\x00",
        b"\x30\xff\xff\xff\x7f\x00\x01t",
        b"\x30\x80\x80\x80\x80\x80\x01",
        b"\x30\x02\xff\xff",
        b"\x34\x09\x00\x01t\x00\x01hello",
        b"\xd0\x01\x00",
        bytes(100),
        b"\xff" * 100,
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    )
    for noise in nonsense:
        for kind in (CONNECT, SUBSCRIBE, PUBLISH):
            bench = Bench(broker=Broker(answers={kind: noise}))
            assert bench.failure() in (PROTOCOL, TIMED_OUT), noise
        bench = Bench()
        bench.link.open()
        bench.wires[0].waiting = bytearray(noise)
        assert bench.failure(bench.link.receive, RECEIVE_MS) in (PROTOCOL, TIMED_OUT), noise


def test_a_packet_that_nobody_asked_for_ends_a_receive():
    bench = Bench()
    bench.link.open()
    bench.wires[0].waiting = bytearray(b"\x40\x02\x00\x09")
    assert bench.failure(bench.link.receive, RECEIVE_MS) == PROTOCOL


def test_errors_of_the_socket_come_out_as_link_errors():
    for number, kind in ((-errno.ECONNABORTED, LOST), (errno.ECONNRESET, LOST), (-errno.ENOMEM, MEMORY)):
        bench = Bench(fail=number, fail_after=60)
        assert bench.failure() == kind
    assert Bench(fail=errno.ECONNRESET).failure() == REFUSED
    assert Bench(refuses_connect=True).failure() == REFUSED
    assert Bench(hang_up_after=60).failure() == LOST


class NoRoom:
    """In place of a module for which there is no memory."""

    def __getattr__(self, name):
        raise MemoryError(name)


def test_a_failure_for_whose_words_there_is_no_memory_is_a_link_error_all_the_same():
    sys.modules["firmware.failures"] = NoRoom()
    try:
        assert Bench(fail=-errno.ENOMEM, fail_after=60).failure() == MEMORY
    finally:
        sys.modules["firmware.failures"] = failures


def test_a_stored_address_that_fails_costs_one_look_up():
    bench = Bench(host="198.51.100.7", refuses_connect=True)
    assert bench.failure() == REFUSED
    assert [wire.address[0] for wire in bench.wires] == ["198.51.100.7", "192.0.2.1"]
    bench = Bench(host="198.51.100.7", broker=Broker(answers={CONNECT: b"\x20\x02\x00\x05"}))
    assert bench.failure() == LOGIN
    assert len(bench.wires) == 1, "a broker that knows us not is the right machine"


def test_a_flood_is_bounded_and_the_newest_survive():
    flood = b""
    for number in range(40):
        flood += message(TOPIC, str(number).encode())
    bench = Bench(broker=Broker(before_puback=flood))
    bench.link.open()
    bench.link.publish(UP, b"x")
    assert len(bench.link._inbox) == link_module.INBOX_MESSAGES_MAX
    assert bench.link._inbox[-1] == (TOPIC, b"39")
    bench = Bench(broker=Broker(before_puback=message(TOPIC, bytes(1450)) * 3))
    bench.link.open()
    bench.link.publish(UP, b"x")
    assert len(bench.link._inbox) == 2


def test_the_defect_that_beginning_anew_avoids_is_real():
    """When this fails, umqtt wraps its packet ids and beginning anew can go."""
    bench = Bench()
    bench.link.open()
    bench.link._client.pid = 65535
    old = link_module.PACKET_IDS_MAX
    link_module.PACKET_IDS_MAX = 1 << 20
    try:
        assert bench.failure(bench.link.publish, UP, b"x") == TIMED_OUT
    finally:
        link_module.PACKET_IDS_MAX = old


def test_a_link_that_is_not_open_says_so():
    bench = Bench()
    link = bench.link
    for operation, arguments in ((link.publish, (UP, b"x")), (link.subscribe, (FILTER,)), (link.receive, (10,))):
        assert raised(operation, *arguments).kind == CLOSED
