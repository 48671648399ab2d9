"""The rigs of the MicroPython tests: the adapter over wires in memory, and a link over a broker in memory."""

import umqtt.simple

from firmware import link as link_module
from firmware.board import joining
from firmware.board.deadline import Network
from firmware.link import Link
from firmware.link_error import LinkError
from tests.link.wire import POLL_MS, Broker, Clock, Wire, at_once, plain

TIMEOUT_MS = 150
LATE_MS = 2 * POLL_MS  # a deadline is noticed within a look or two
NAME_OF_BROKER = "broker.example"
PORT = 8883
ADDRESS = ("192.0.2.1", PORT)
TOPIC = b"pet/v1/d/0000002a/down/ack"
FILTER = "pet/v1/d/0000002a/down/+"
UP = "pet/v1/d/0000002a/up/batch"
RECEIVE_MS = 200


def nobody(_):
    return b""


def echo(data):
    return data


class Rig:
    """A network over wires in memory. `connected` gives one whose socket is connected, the operation armed anew."""

    def __init__(self, peer=nobody, secure=plain, authorities=(b"ca",), **faults):
        self.clock = Clock()
        self.wires = []
        self.asked = []
        self.found = at_once
        self.look_up_ms = 0
        self.pressed = False
        self.faults = faults
        self.peer = peer
        self.network = Network(
            authorities, NAME_OF_BROKER, self.clock, lambda: self.pressed, self._look_up, self._make_socket, secure
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


def patience(factor):
    """Virtual time, but each look at a silent wire takes a real millisecond: keep the waits short."""
    joining.OPEN_TIMEOUT_MS = 300 * factor
    link_module.SUBSCRIBE_TIMEOUT_MS = 250 * factor
    link_module.PUBLISH_TIMEOUT_MS = 200 * factor
    link_module.MESSAGE_TIMEOUT_MS = 100 * factor
    link_module.CLOSE_TIMEOUT_MS = 50


class Bench:
    """A link to a broker in memory, and what happened on the way."""

    def __init__(self, broker=None, host="broker.example", keepalive_s=60, **faults):
        self.clock = Clock()
        self.broker = broker or Broker()
        self.faults = faults
        self.wires = []
        self.pressed = False
        network = Network([b"ca"], "broker.example", self.clock, self._interrupted, at_once, self._make_socket, plain)
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
    """The LinkError that must come."""
    error = None
    try:
        operation(*arguments)
    except LinkError as it:
        error = it
    assert error is not None, "nothing was raised"
    assert str(error) == error.words
    assert len(error.words) > len("a word"), error.words
    return error


def failure(operation, *arguments):
    return raised(operation, *arguments).kind
