"""Is it authentic, and may this device speak? HMAC, then key epoch, then the device's state, then the body."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from protocol.envelope import BATCH, STATUS, UP, Envelope, Header, parse, verify
from protocol.errors import ProtocolError
from protocol.messages import Batch, ContentRequest, Status, decode_batch, decode_content_request, decode_status
from protocol.topics import WORDS, parse_up_topic
from server.errors import OperatorError
from server.fleet.keys import KeyRing
from server.fleet.tables import ACTIVE, LOST, Device, DeviceKey, Organisation
from server.ingest.incoming import IncomingMessage, JournalKey, Refusal

NOBODY = -1


class KnownDevice(NamedTuple):
    """What the fleet knows of a device."""

    organisation_id: int
    device_id: int
    state: str
    enrolled_at: datetime
    key_epoch: int
    timezone: str

    @property
    def is_lost(self) -> bool:
        """Whether what it sends is to be kept apart."""
        return self.state == LOST


class Authentic(NamedTuple):
    """A message that its device sealed with its current key, and that the device may send."""

    message: IncomingMessage
    header: Header
    device: KnownDevice
    key: bytes
    body: Status | Batch | ContentRequest

    @property
    def named(self) -> tuple[int, int]:
        """Organisation and number of its device."""
        return self.device.organisation_id, self.device.device_id

    @property
    def batch(self) -> Batch:
        """Its body, of a message that is a batch."""
        assert isinstance(self.body, Batch)
        return self.body

    @property
    def journal(self) -> JournalKey:
        """The journal that a status or batch speaks of. A journal belongs to its device and organisation."""
        assert not isinstance(self.body, ContentRequest)
        return JournalKey(self.device.organisation_id, self.device.device_id, self.body.journal_id)


def check_messages(
    connection: Connection, key_ring: KeyRing, messages: Iterable[IncomingMessage]
) -> tuple[list[Authentic], list[Refusal]]:
    """Both in the order of the messages."""
    parsed = [(message, _parsed(message)) for message in messages]
    register = _Register(connection, key_ring, {_number(message, read) for message, read in parsed})
    authentic: list[Authentic] = []
    refusals: list[Refusal] = []
    for message, read in parsed:
        try:
            if isinstance(read, ProtocolError):
                raise read
            authentic.append(register.check(message, read))
        except ProtocolError as error:
            named = register.named(_number(message, read))
            refusals.append(Refusal(message, error.reason, error.text, named))
    return authentic, refusals


def _parsed(message: IncomingMessage) -> Envelope | ProtocolError:
    try:
        return _parse(message)
    except ProtocolError as error:
        return error


def _number(message: IncomingMessage, read: Envelope | ProtocolError) -> int:
    """Of the device that it came from, for the broker lets each publish on its own topics only; -1 for nobody's."""
    if not isinstance(read, ProtocolError):
        return int(read.header.device_id)
    try:
        return parse_up_topic(message.topic)[0]
    except ProtocolError:
        return NOBODY


def _parse(message: IncomingMessage) -> Envelope:
    device_id, word = parse_up_topic(message.topic)
    envelope = parse(message.payload, UP)
    if envelope.header.device_id != device_id:
        raise ProtocolError("topic", "the message names another device than its topic")
    if WORDS[envelope.header.type] != word:
        raise ProtocolError("topic", f"message type {envelope.header.type} does not belong on this topic")
    return envelope


class _Register:
    """The devices and keys that one transaction needs, read at once."""

    def __init__(self, connection: Connection, key_ring: KeyRing, device_ids: set[int]) -> None:
        self._key_ring = key_ring
        self._devices = known_devices(connection, device_ids)
        self._wrapped = _wrapped_keys(connection, device_ids)
        self._keys: dict[tuple[int, int], bytes] = {}

    def check(self, message: IncomingMessage, envelope: Envelope) -> Authentic:
        """Raises ProtocolError with the reason of the refusal."""
        header = envelope.header
        device = self._devices.get(header.device_id)
        if device is None:
            raise ProtocolError("unknown-device", "no device of this number is enrolled")
        key = self._key(device, header.key_epoch)
        verify(message.payload, key)
        if header.key_epoch != device.key_epoch:
            raise ProtocolError("key-epoch", f"sealed under epoch {header.key_epoch}, now is {device.key_epoch}")
        if device.state not in (ACTIVE, LOST):
            raise ProtocolError(f"device-{device.state}", f"the device is {device.state}")
        return Authentic(message, header, device, key, _body(envelope))

    def named(self, device_id: int) -> tuple[int, int] | None:
        """Organisation and number, if there is such a device."""
        device = self._devices.get(device_id)
        return device and (device.organisation_id, device.device_id)

    def _key(self, device: KnownDevice, key_epoch: int) -> bytes:
        known = self._keys.get((device.device_id, key_epoch))
        if known is not None:
            return known
        wrapped = self._wrapped.get((device.device_id, key_epoch))
        if wrapped is None:
            raise ProtocolError("unknown-key-epoch", f"the device never had a key epoch {key_epoch}")
        try:
            key = self._key_ring.unwrap(wrapped, device.organisation_id, device.device_id, key_epoch)
        except OperatorError as error:
            raise ProtocolError("key-unreadable", str(error)) from None
        self._keys[device.device_id, key_epoch] = key
        return key


def _body(envelope: Envelope) -> Status | Batch | ContentRequest:
    if envelope.header.type == STATUS:
        return decode_status(envelope.body)
    if envelope.header.type == BATCH:
        return decode_batch(envelope.body)
    return decode_content_request(envelope.body)


def known_devices(connection: Connection, device_ids: set[int]) -> dict[int, KnownDevice]:
    """The devices of these numbers, as far as they are enrolled.

    They stay as they are until the transaction ends: whoever moves, loses or reinstates one of them waits for it, and
    then sees what it has stored.
    """
    rows = connection.execute(
        select(
            Device.organisation_id,
            Device.device_id,
            Device.state,
            Device.enrolled_at,
            Device.key_epoch,
            Organisation.timezone,
        )
        .join(Organisation, Organisation.organisation_id == Device.organisation_id)
        .where(Device.device_id.in_(device_ids))
        .order_by(Device.organisation_id, Device.device_id)
        .with_for_update(read=True, of=Device)
    )
    return {row.device_id: KnownDevice(*row) for row in rows}


def _wrapped_keys(connection: Connection, device_ids: set[int]) -> dict[tuple[int, int], bytes]:
    rows = connection.execute(
        select(DeviceKey.device_id, DeviceKey.key_epoch, DeviceKey.wrapped_key).where(
            DeviceKey.device_id.in_(device_ids)
        )
    )
    return {(row.device_id, row.key_epoch): row.wrapped_key for row in rows}
