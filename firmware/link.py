"""One MQTT connection to the broker: umqtt.simple, unmodified, with a deadline for each operation and one error.

A PUBACK is the broker's word, not the server's: what was published is not in anybody's custody (docs/protocol.md).
After any failure the client is thrown away, because a packet may have been cut in the middle; `open` makes a new one.
"""

from firmware.link_error import CLOSED, MEMORY, PROTOCOL, LinkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.board.deadline import Network

SUBSCRIBE_TIMEOUT_MS = 10000
PUBLISH_TIMEOUT_MS = 10000  # until the PUBACK
MESSAGE_TIMEOUT_MS = 5000  # the rest of a message whose first byte has arrived
CLOSE_TIMEOUT_MS = 1000  # courtesy only
PACKET_IDS_MAX = 60000  # umqtt counts on beyond 65,535, and then waits for ever for an id that cannot come back
INBOX_MESSAGES_MAX = 8
INBOX_BYTES_MAX = 3000  # one content chunk or desired state and some acks; the heap has no room for more
TOPIC_BYTES_MAX = 122  # of a subscription: umqtt 1.3.4 writes the packet's length in one byte

PUBLISH = 0x30
PINGRESP = 0xD0


class Link:
    """`network` is put in place of umqtt's socket module. `host`: the broker's name, or its stored numeric address."""

    def __init__(
        self,
        network: "Network",
        mqtt_module: "Any",
        host: str,
        port: int,
        client_id: "str | bytes",
        user: "str | bytes",
        password: "str | bytes",
        keepalive_s: int,
    ) -> None:
        mqtt_module.socket = network
        self._network = network
        self._mqtt = mqtt_module
        self._host = host
        self._port = port
        # umqtt counts the characters of a str as if they were its bytes.
        self._names = (_bytes(client_id), _bytes(user), _bytes(password))
        self._keepalive_s = keepalive_s
        self._client: Any = None
        self._inbox: list[tuple[bytes, bytes]] = []

    def open(self) -> None:
        """Connect, up to the CONNACK. Raises LinkError.

        Takes at most joining.OPEN_TIMEOUT_MS; when a stored address fails, one name look-up and that time once more.
        """
        self._drop()
        self._inbox = []
        from firmware.board.joining import connect  # in memory only until the connection stands

        client_id, user, password = self._names
        self._client = connect(
            self._network,
            self._mqtt.MQTTClient,
            (client_id, self._host, self._port, user, password, self._keepalive_s),
            self._keep,
            self._do,
        )

    def subscribe(self, topic: "str | bytes") -> None:
        """Ask for the messages of a topic. Raises LinkError; a broker may also accept it and send nothing.

        QoS 0: within one connection nothing is lost, and no message costs a packet in return.
        """
        name = _bytes(topic)
        assert len(name) <= TOPIC_BYTES_MAX
        self._do(SUBSCRIBE_TIMEOUT_MS, "subscribing", self._open_client().subscribe, name, 0)

    def publish(self, topic: "str | bytes", payload: "bytes | bytearray | memoryview") -> None:
        """QoS 1; returns when the broker has acknowledged. Raises LinkError; then it may or may not have arrived.

        `payload` may lie in the network's own buffer, from ROOM_BYTES on.
        """
        client = self._open_client()
        if client.pid >= PACKET_IDS_MAX:
            client.pid = 0  # each is acknowledged before the next, so any may be used again
        self._do(PUBLISH_TIMEOUT_MS, "publishing", client.publish, _bytes(topic), payload, False, 1)

    def receive(self, timeout_ms: int) -> "tuple[bytes, bytes] | None":
        """The next message, (topic, payload); None when none came in time. Raises LinkError.

        Takes at most `timeout_ms`, and MESSAGE_TIMEOUT_MS more when a message has begun to arrive.
        """
        if not self._inbox:
            self._do(timeout_ms + MESSAGE_TIMEOUT_MS, "receiving", self._await_message)
        return self._inbox.pop(0) if self._inbox else None

    def lend(self, length: int) -> bytearray:
        """A buffer of so many bytes in place of the network's, which is given up: `publish` has nothing longer now."""
        self._network.unsent = bytearray(length)
        return self._network.unsent

    def close(self) -> None:
        """Say goodbye if that is possible, and close. Never raises; a link that is not open stays so."""
        client = self._client
        try:
            if client:
                self._do(CLOSE_TIMEOUT_MS, "closing", client.disconnect)
        except LinkError:
            pass
        self._drop()

    def _await_message(self) -> None:
        """Until the inbox has something, or only MESSAGE_TIMEOUT_MS are left. What was begun is read to its end."""
        client = self._open_client()
        if self._keepalive_s and self._network.quiet_ms() > self._keepalive_s * 500:
            client.ping()
        while not self._inbox and self._network.arrives(MESSAGE_TIMEOUT_MS):
            packet = client.check_msg()
            # umqtt leaves the body of any other packet unread, so that nothing after it would make sense.
            if packet is not None and packet & 0xF0 not in (PUBLISH, PINGRESP):
                raise LinkError(PROTOCOL, "the broker sent a packet of type 0x%02x that nobody asked for" % packet)
        self._network.flush()

    def _keep(self, topic: bytes, payload: bytes) -> None:
        """The callback of umqtt, also while a PUBACK is awaited. The oldest gives way: a replayed message comes
        before the answer to what was just asked, and everything that matters is asked for again.
        """
        self._inbox.append((topic, payload))
        while len(self._inbox) > 1 and self._inbox_is_over_full():
            self._inbox.pop(0)

    def _inbox_is_over_full(self) -> bool:
        size = 0
        for topic, payload in self._inbox:
            size += len(topic) + len(payload)
        return size > INBOX_BYTES_MAX or len(self._inbox) > INBOX_MESSAGES_MAX

    def _open_client(self) -> "Any":
        if self._client is None:
            raise LinkError(CLOSED, "the link is not open")
        return self._client

    def _do(self, timeout_ms: int, doing: str, operation: "Callable[..., object]", *arguments: object) -> None:
        """One operation of umqtt under one deadline. Any failure is a LinkError and the end of the client."""
        self._network.arm(timeout_ms)
        try:
            operation(*arguments)
        except LinkError:
            self._drop()
            raise
        except (self._mqtt.MQTTException, AssertionError, IndexError, ValueError, OSError, MemoryError) as error:
            self._drop()
            raise self._failure(error, doing) from None

    def _failure(self, error: Exception, doing: str) -> LinkError:
        try:  # the words are loaded only now: the error may be that there is no room for anything
            from firmware.failures import of_broker, of_nonsense, of_socket
        except MemoryError:
            return LinkError(MEMORY, "not enough memory left while %s" % doing)
        if isinstance(error, self._mqtt.MQTTException):
            return of_broker(error.args[0], doing)
        if isinstance(error, (AssertionError, IndexError, ValueError)):
            return of_nonsense(error, doing)
        return of_socket(error, doing, True)

    def _drop(self) -> None:
        self._client = None
        self._network.drop()


def _bytes(text: "str | bytes") -> bytes:
    return text.encode() if isinstance(text, str) else text
