"""The MQTT shell: the broker's messages onto a bounded queue, replies and PUBACKs back. It decides nothing.

paho's thread only enqueues. When the queue is full it blocks there: TCP then holds the broker back, and memory
stays bounded. The writer never waits for paho. A PUBACK belongs to the connection that its message came by: after a
reconnect the same packet number may name another message, so the PUBACKs of earlier connections are dropped.
"""

import logging
import queue
import secrets
import ssl
import sys
import threading
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from protocol.envelope import MESSAGE_BYTES_MAX
from protocol.topics import ALL_UP
from server.errors import OperatorError
from server.ingest.incoming import IncomingMessage, Reply
from server.settings import Settings, read_secret

QUEUE_MESSAGES_MAX = 1000  # at most 3.6 MB; a second's work
KEEPALIVE_S = 120  # a loop that is held back sends no pings
SESSION_EXPIRY_S = 86400  # the broker's memory only saves devices a resend; nothing relies on it
QUEUE_POLL_S = 0.5  # how soon a blocked thread notices that it is to stop
CLIENT_ID = "pet-ingest"
# Whoever knows the name of a shared subscription can join it and so make messages vanish, and whoever knows a client id
# can take it: Mosquitto's rules stop neither. So both names end in something that only ingest can know.
SECRET_DIGITS = 16
AT_MOST_ONCE, AT_LEAST_ONCE = 0, 1

logger = logging.getLogger("pet.ingest")


class Received(NamedTuple):
    """A message, and what its PUBACK needs."""

    message: IncomingMessage
    packet_id: int
    generation: int


class Receiver:
    """One connection to the broker at a time, made again for ever."""

    def __init__(self, settings: Settings) -> None:
        self.received: queue.Queue[Received] = queue.Queue(QUEUE_MESSAGES_MAX)
        self._settings = settings
        self._stopping = threading.Event()
        self._generation = 0
        self._generation_lock = threading.Lock()
        self._client = self._make_client()

    def start(self) -> None:
        """Connect, and keep connecting; what is in the way is logged."""
        self._client.connect_async(
            self._settings.broker_host,
            self._settings.broker_port,
            keepalive=KEEPALIVE_S,
            clean_start=bool(self._settings.ingest_group),
            properties=self._connect_properties(),
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect. Messages without a PUBACK are delivered again, to this worker or another."""
        self._stopping.set()
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, reply: Reply) -> None:
        """Hand a reply to paho's thread. Should it be lost, its device sends again."""
        self._client.publish(reply.topic, reply.payload, qos=AT_MOST_ONCE)

    def acknowledge(self, received: Received) -> None:
        """Send the PUBACK, unless the message came by a connection that is no more."""
        with self._generation_lock:
            if received.generation == self._generation:
                self._client.ack(received.packet_id, AT_LEAST_ONCE)

    def _make_client(self) -> Client:
        settings = self._settings
        password = read_secret(settings.broker_password_file, "PET_BROKER_PASSWORD_FILE")
        self._secret_name = sha256(password.encode()).hexdigest()[:SECRET_DIGITS]
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{CLIENT_ID}-{secrets.token_hex(4) if settings.ingest_group else self._secret_name}",
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        client.username_pw_set(settings.broker_user, password)
        try:
            client.tls_set_context(ssl.create_default_context(cafile=str(settings.broker_ca_file)))
        except (OSError, ssl.SSLError) as error:
            raise OperatorError(
                f"PET_BROKER_CA_FILE names {settings.broker_ca_file}, which holds no certificate that can be "
                f"read ({error.strerror or error})."
            ) from None
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _connect_properties(self) -> Properties:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        if not self._settings.ingest_group:
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
        return properties

    def _on_connect(
        self, client: Client, _userdata: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        if reason.is_failure:
            logger.error("the broker refuses this worker: %s", reason)
            return
        group = self._settings.ingest_group
        shared = f"$share/{group}-{self._secret_name}/{ALL_UP}"
        client.subscribe(shared if group else ALL_UP, qos=AT_LEAST_ONCE)

    def _on_connect_fail(self, _client: Client, _userdata: Any) -> None:
        logger.warning("no connection to the broker: %s; trying again", sys.exc_info()[1])

    def _on_subscribe(
        self, _client: Client, _userdata: Any, _packet_id: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        if reasons[0].is_failure:
            logger.error("the broker lets this worker hear nothing: %s; are its access rules written?", reasons[0])
        else:
            logger.info("ready: subscribed to %s", ALL_UP)

    def _on_disconnect(
        self, _client: Client, _userdata: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        with self._generation_lock:
            self._generation += 1
        if not self._stopping.is_set():
            logger.warning("the connection to the broker ended: %s; connecting again", reason)

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        # What is too long is refused by its first bytes; the rest of it need not wait in memory.
        payload = bytes(message.payload[: MESSAGE_BYTES_MAX + 1])
        incoming = IncomingMessage(message.topic, payload, datetime.now(UTC))
        received = Received(incoming, message.mid, self._generation)
        while not self._stopping.is_set():
            try:
                self.received.put(received, timeout=QUEUE_POLL_S)
            except queue.Full:
                continue
            return
