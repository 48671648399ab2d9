"""The link: real umqtt.simple, unmodified, over an in-memory broker in virtual time. Every failure is one LinkError."""

import errno

import umqtt.simple

from firmware import link as link_module
from firmware.board.deadline import Network
from firmware.failures import (
    CLOSED,
    INTERRUPTED,
    LOGIN,
    LOST,
    MEMORY,
    PROTOCOL,
    REFUSED,
    TIMED_OUT,
    LinkError,
)
from firmware.link import Link
from tests.link.wire import (
    CONNECT,
    POLL_MS,
    PUBLISH,
    SUBSCRIBE,
    Broker,
    Clock,
    Wire,
    at_once,
    message,
    plain,
)

TOPIC = b"pet/v1/d/0000002a/down/ack"
FILTER = "pet/v1/d/0000002a/down/+"
UP = "pet/v1/d/0000002a/up/batch"
LATE_MS = 2 * POLL_MS

RECEIVE_MS = 200


def patience(factor):
    """Virtual time, but each look at a silent wire takes a real millisecond: keep the waits short."""
    link_module.OPEN_TIMEOUT_MS = 300 * factor
    link_module.SUBSCRIBE_TIMEOUT_MS = 250 * factor
    link_module.PUBLISH_TIMEOUT_MS = 200 * factor
    link_module.MESSAGE_TIMEOUT_MS = 100 * factor
    link_module.CLOSE_TIMEOUT_MS = 50


patience(1)


class Bench:
    """A link to a broker in memory, and what happened on the way."""

    def __init__(self, broker=None, host="broker.example", keepalive_s=60, **faults):
        self.clock = Clock()
        self.broker = broker or Broker()
        self.faults = faults
        self.wires = []
        self.pressed = False
        network = Network(b"ca", "broker.example", self.clock, self._interrupted, at_once, self._make_socket, plain)
        self.network = network
        self.link = Link(network, umqtt.simple, host, 8883, "0000002a", "0000002a", b"secret", keepalive_s)

    def _interrupted(self):
        return self.pressed

    def _make_socket(self):
        self.wires.append(Wire(self.clock, self.broker, **self.faults))
        return self.wires[-1]

    def converse(self):
        """Everything a sync does. The names of the steps done."""
        done = []
        self.link.open()
        done.append("open")
        self.link.subscribe(FILTER)
        done.append("subscribe")
        self.link.publish(UP, b"payload of a batch")
        done.append("publish")
        assert self.link.receive(RECEIVE_MS) == (UP.encode(), b"payload of a batch")
        done.append("receive")
        return done

    def failure(self, operation=None, *arguments):
        error = raised(operation or self.converse, *arguments)
        assert self.link._client is None, "the client must be thrown away"
        assert self.wires[-1].closed == 1, "and its socket be closed"
        return error.kind


def raised(operation, *arguments):
    error = None
    try:
        operation(*arguments)
    except LinkError as it:
        error = it
    assert error is not None, "nothing was raised"
    assert len(error.words) > len("a word"), error.words
    return error


def test_a_sync_goes_through():
    bench = Bench()
    assert bench.converse() == ["open", "subscribe", "publish", "receive"]
    assert bench.broker.topics == [FILTER.encode()]
    assert bench.broker.published == [(UP.encode(), b"payload of a batch")]
    assert bench.network.resolved == "192.0.2.1"
    bench.link.close()
    assert bench.broker.packets[-1] == 0xE0
    assert bench.wires[0].closed == 1
    bench.link.close()


def test_every_packet_leaves_in_one_write():
    bench = Bench()
    bench.converse()
    bench.link.publish(UP, bytes(3300))
    assert len(bench.wires[0].writes) == 4, bench.wires[0].writes  # CONNECT, SUBSCRIBE, two PUBLISH


def test_receive_takes_what_is_there_even_without_time():
    bench = Bench()
    bench.link.open()
    bench.link.subscribe(FILTER)
    bench.wires[0].waiting = bytearray(message(TOPIC, b"hello"))
    assert bench.link.receive(0) == (TOPIC, b"hello")
    assert bench.link.receive(0) is None


def test_receive_waits_its_time_and_no_longer():
    bench = Bench()
    bench.converse()
    bench.clock.passed_ms = 0
    assert bench.link.receive(500) is None
    assert 500 <= bench.clock.passed_ms <= 500 + LATE_MS
    bench.link.publish(UP, b"the link still works")


def test_a_stall_at_every_byte_of_a_sync_ends_in_time():
    whole = Bench()
    whole.converse()
    limit_ms = max(
        link_module.OPEN_TIMEOUT_MS,
        link_module.SUBSCRIBE_TIMEOUT_MS,
        link_module.PUBLISH_TIMEOUT_MS,
        link_module.MESSAGE_TIMEOUT_MS + RECEIVE_MS,
    )
    kinds = []
    for stall_after in range(whole.wires[0].passed):
        bench = Bench(stall_after=stall_after)
        done = None
        try:
            done = bench.converse()
        except AssertionError:
            done = "nothing was received"  # not a byte of the message came: that is no failure of the link
        except LinkError as error:
            kinds.append(error.kind)
            assert bench.wires[0].closed == 1
        assert bench.clock.passed_ms <= limit_ms + LATE_MS, (stall_after, bench.clock.passed_ms)
        assert done in (None, "nothing was received"), stall_after
    assert set(kinds) == {TIMED_OUT}, kinds
    assert len(kinds) > 150, len(kinds)


def test_a_sync_survives_partial_writes_and_trickling_answers():
    patience(50)
    try:
        bench = Bench(takes_max=11, trickle=True)
        assert len(bench.converse()) == 4
    finally:
        patience(1)


def test_trickling_does_not_extend_the_time_of_an_operation():
    old = link_module.PUBLISH_TIMEOUT_MS
    bench = Bench(broker=Broker(before_puback=message(TOPIC, bytes(400))), trickle=True)
    bench.link.open()
    bench.clock.passed_ms = 0
    assert bench.failure(bench.link.publish, UP, b"x") == TIMED_OUT
    assert old <= bench.clock.passed_ms <= old + LATE_MS, bench.clock.passed_ms


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


def test_a_stored_address_that_fails_costs_one_look_up():
    bench = Bench(host="198.51.100.7", refuses_connect=True)
    assert bench.failure() == REFUSED
    assert [wire.address[0] for wire in bench.wires] == ["198.51.100.7", "192.0.2.1"]
    bench = Bench(host="198.51.100.7", broker=Broker(answers={CONNECT: b"\x20\x02\x00\x05"}))
    assert bench.failure() == LOGIN
    assert len(bench.wires) == 1, "a broker that knows us not is the right machine"


def test_messages_that_come_before_a_puback_are_kept_in_order():
    early = message(TOPIC, b"first") + message(TOPIC, b"second", packet_id=9)
    bench = Bench(broker=Broker(before_puback=early))
    bench.link.open()
    bench.link.publish(UP, b"x")
    assert bench.link.receive(0) == (TOPIC, b"first")
    assert bench.link.receive(0) == (TOPIC, b"second")
    assert bench.link.receive(0) is None
    assert bench.broker.packets.count(0x40) == 1, "the PUBACK of the second was sent"


def test_the_puback_of_a_received_message_does_not_wait_for_the_next_read():
    bench = Bench()
    bench.link.open()
    bench.wires[0].waiting = bytearray(message(TOPIC, b"hello", packet_id=7))
    assert bench.link.receive(RECEIVE_MS) == (TOPIC, b"hello")
    assert bench.broker.packets[-1] == 0x40


def test_a_flood_is_bounded_and_the_newest_survive():
    flood = b""
    for number in range(40):
        flood += message(TOPIC, str(number).encode())
    bench = Bench(broker=Broker(before_puback=flood))
    bench.link.open()
    bench.link.publish(UP, b"x")
    assert len(bench.link._inbox) == link_module.INBOX_MESSAGES_MAX
    assert bench.link._inbox[-1] == (TOPIC, b"39")
    bench = Bench(broker=Broker(before_puback=message(TOPIC, bytes(2900)) * 3))
    bench.link.open()
    bench.link.publish(UP, b"x")
    assert len(bench.link._inbox) == 2


def test_the_client_is_renewed_before_packet_ids_run_out():
    assert link_module.PACKET_IDS_MAX < 65535 - 100
    old = link_module.PACKET_IDS_MAX
    link_module.PACKET_IDS_MAX = 10
    try:
        bench = Bench()
        bench.link.open()
        bench.link.subscribe(FILTER)
        for number in range(35):
            payload = bytes((number,))
            bench.link.publish(UP, payload)
            assert bench.link.receive(RECEIVE_MS) == (UP.encode(), payload)
    finally:
        link_module.PACKET_IDS_MAX = old
    # Two of the ids of each client go to its subscription and to the publish that finds the limit reached.
    assert bench.broker.connects == 4, bench.broker.connects
    assert len(bench.broker.topics) == 4
    assert len(bench.broker.published) == 35
    assert [wire.closed for wire in bench.wires] == [1, 1, 1, 0]


def test_the_defect_that_renewal_avoids_is_real():
    """When this fails, umqtt wraps its packet ids and the renewal can go."""
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


def test_a_quiet_link_pings_before_the_broker_gives_up():
    bench = Bench(keepalive_s=2)
    bench.link.open()
    for _ in range(4):
        assert bench.link.receive(900) is None
    assert bench.broker.packets.count(0xC0) >= 1, "PINGREQ"


def test_a_name_in_another_script_is_counted_in_bytes():
    bench = Bench()
    bench.link = Link(bench.network, umqtt.simple, "broker.example", 8883, "gerät", "gerät", "größe", 60)
    assert len(bench.converse()) == 4
