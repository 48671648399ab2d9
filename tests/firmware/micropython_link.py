"""The link: real umqtt.simple, unmodified, over an in-memory broker in virtual time."""

import umqtt.simple

from firmware import link as link_module
from firmware.board import joining
from firmware.handing import BUFFER_BYTES, ROOM_BYTES
from firmware.link import Link
from firmware.link_error import TIMED_OUT, LinkError
from tests.link.rig import FILTER, LATE_MS, RECEIVE_MS, TOPIC, UP, Bench, patience
from tests.link.wire import Broker, message

patience(1)


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
    bench.link.lend(BUFFER_BYTES)
    bench.link.publish(UP, bytes(BUFFER_BYTES - ROOM_BYTES))
    assert len(bench.wires[0].writes) == 4, bench.wires[0].writes  # CONNECT, SUBSCRIBE, two PUBLISH


def test_a_batch_made_in_the_networks_own_buffer_leaves_unharmed():
    bench = Bench()
    bench.link.open()
    buffer = bench.link.lend(BUFFER_BYTES)
    assert buffer is bench.network.unsent
    for length in (0, 1, 55, BUFFER_BYTES - ROOM_BYTES):
        message = memoryview(buffer)[ROOM_BYTES : ROOM_BYTES + length]
        expected = bytes([(number * 7 + length) & 255 for number in range(length)])
        message[:] = expected
        bench.link.publish(UP, message)
        assert bench.broker.published[-1] == (UP.encode(), expected)


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
        joining.OPEN_TIMEOUT_MS,
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


def test_packet_ids_begin_anew_before_they_run_out():
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
        assert bench.link._client.pid <= 10
    finally:
        link_module.PACKET_IDS_MAX = old
    assert bench.broker.connects == 1
    assert len(bench.broker.published) == 35


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
