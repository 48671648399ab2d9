"""The channel by which a Mosquitto with dynamic security is told its accounts: `$CONTROL/dynamic-security/v1`."""

import json
import queue
import secrets
import ssl
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from server.errors import OperatorError
from server.settings import Settings, read_secret

CONTROL_TOPIC = "$CONTROL/dynamic-security/v1"
ANSWER_TOPIC = f"{CONTROL_TOPIC}/response"
ANSWER_TIMEOUT_S = 10.0  # of a broker on the same machine or network: only one that hangs takes longer
MESSAGE_BYTES_MAX = 6000  # the broker takes packets of 8,192 bytes (deploy/mosquitto): one command is below 800
AT_LEAST_ONCE = 1

Command = dict[str, Any]
Answer = dict[str, Any]
Ask = Callable[[Sequence[Command]], list[Answer]]


class BrokerError(OperatorError):
    """The broker cannot be told anything just now; in words why."""


class Control:
    """One connection. Use it as a context manager; `ask` is its one method."""

    def __init__(self, host: str, port: int, ca_file: str, user: str, password: str) -> None:
        self._address = (host, port)
        self._said: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._ended = False
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"pet-accounts-{secrets.token_hex(8)}",
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        self._client.username_pw_set(user, password)
        self._client.tls_set_context(ssl.create_default_context(cafile=ca_file))
        self._client.on_connect = lambda _client, _data, _flags, reason, _properties: self._say("connected", reason)
        self._client.on_subscribe = lambda _client, _data, _id, reasons, _properties: self._say("heard", reasons[0])
        self._client.on_message = self._on_message
        self._client.on_disconnect = lambda _client, _data, _flags, reason, _properties: self._end(reason)

    def __enter__(self) -> Self:
        """Connect; BrokerError says what is in the way."""
        try:
            self._client.connect(*self._address)
        except OSError as error:
            cause = error.strerror or str(error)  # of a certificate that is not believed there is no number to tell
            raise BrokerError(
                f"the broker at {self._address[0]}:{self._address[1]} does not answer: {cause}. Does it run, and are "
                "PET_BROKER_HOST, PET_BROKER_PORT and PET_BROKER_CA_FILE right?"
            ) from None
        self._client.loop_start()
        try:
            self._expect("connected", "let PET_BROKER_USER in")
            self._client.subscribe(ANSWER_TOPIC, AT_LEAST_ONCE)
            self._expect("heard", "let PET_BROKER_USER manage accounts: `pet broker init` says who may")
        except BrokerError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def connected(self) -> bool:
        """Whether the connection still stands."""
        return not self._ended

    def ask(self, commands: Sequence[Command]) -> list[Answer]:
        """The answer to each: its data, or `error` in it. Raises BrokerError where there is none."""
        answers: list[Answer] = []
        for part in _parts(commands):
            # Every connection that manages accounts hears all answers: ours are told by this word.
            mark = secrets.token_hex(8)
            marked = [command | {"correlationData": mark} for command in part]
            self._client.publish(CONTROL_TOPIC, json.dumps({"commands": marked}), AT_LEAST_ONCE)
            answers += self._answers(mark, len(part))
        return answers

    def _answers(self, mark: str, count: int) -> list[Answer]:
        ours: list[Answer] = []
        while len(ours) < count:
            said = self._next("is its plugin for dynamic security loaded?")
            for each in said:
                if each.get("correlationData") == mark:
                    error = {"error": each["error"]} if "error" in each else {}
                    ours.append(each.get("data", {}) | error)
        return ours

    def _expect(self, word: str, what: str) -> None:
        reason = self._next(f"it neither did nor did not {what}", word)
        if reason.is_failure:
            raise BrokerError(f"the broker does not {what} ({reason}).")

    def _next(self, what: str, word: str = "answer") -> Any:
        try:
            kind, said = self._said.get(timeout=ANSWER_TIMEOUT_S)
        except queue.Empty:
            raise BrokerError(f"the broker has said nothing for {ANSWER_TIMEOUT_S:.0f} s: {what}") from None
        if kind != word:
            raise BrokerError(f"the connection to the broker ended: {said}.")
        return said

    def _say(self, word: str, what: Any) -> None:
        self._said.put((word, what))

    def _end(self, reason: Any) -> None:
        self._ended = True
        self._say("ended", reason)

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            self._say("answer", json.loads(message.payload)["responses"])
        except (ValueError, KeyError, TypeError):
            self._say("answer", [])


def control_of(settings: Settings) -> Control:
    """The connection that the settings name, under the server's own account."""
    password = read_secret(settings.broker_password_file, "PET_BROKER_PASSWORD_FILE")
    try:
        return Control(
            settings.broker_host, settings.broker_port, str(settings.broker_ca_file), settings.broker_user, password
        )
    except (OSError, ssl.SSLError) as error:
        raise OperatorError(
            f"PET_BROKER_CA_FILE names {settings.broker_ca_file}, which cannot be used: {error}."
        ) from None


def _parts(commands: Sequence[Command]) -> Iterator[list[Command]]:
    """In messages that the broker takes."""
    part: list[Command] = []
    size = 0
    for command in commands:
        length = len(json.dumps(command)) + 2
        if part and size + length > MESSAGE_BYTES_MAX:
            yield part
            part, size = [], 0
        part.append(command)
        size += length
    if part:
        yield part
