"""The `pet_id` area: who a device is and its keys, raw on its own flash sector, protected by a CRC.

Layout: magic "PETI" (4), schema (1), zero (1), length of the payload (2), payload (JSON, UTF-8), CRC-32 of
all before (4), then 0xFF to the end of the sector.
"""

from binascii import crc32, hexlify, unhexlify
from collections import namedtuple
from json import dumps, loads
from struct import pack, unpack

from protocol.envelope import KEY_BYTES
from protocol.errors import ProtocolError

MAGIC = b"PETI"
SCHEMA = 1
AREA_BYTES = 4096
IDENTITY_BYTES_MAX = 512  # of the area; a device reads no more of it
HEAD_BYTES = 8
CRC_BYTES = 4
PAYLOAD_BYTES_MAX = IDENTITY_BYTES_MAX - HEAD_BYTES - CRC_BYTES

Identity = namedtuple("Identity", ("serial", "device_id", "key_epoch", "hmac_key", "mqtt_password"))


def encode_identity(identity: Identity) -> bytes:
    """An Identity to the 4,096 bytes of its area. `hmac_key` is 32 bytes, `mqtt_password` text.

    Raises ProtocolError `identity` (a ValueError) for what no device could use, ValueError for too much.
    """
    _check(identity)
    payload = dumps(
        {
            "serial": identity.serial,
            "device_id": identity.device_id,
            "key_epoch": identity.key_epoch,
            "hmac_key": hexlify(identity.hmac_key).decode(),
            "mqtt_password": identity.mqtt_password,
        }
    ).encode()
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise ValueError("an identity of %d bytes, at most %d fit" % (len(payload), PAYLOAD_BYTES_MAX))
    data = MAGIC + pack("<BBH", SCHEMA, 0, len(payload)) + payload
    data += pack("<I", crc32(data))
    return data + b"\xff" * (AREA_BYTES - len(data))


def decode_identity(area: bytes) -> Identity:
    """The area's bytes to an Identity.

    Raises ProtocolError `blank`, `identity` or `crc`; none of its texts holds a secret.
    """
    if len(area) < HEAD_BYTES:
        raise ProtocolError("identity", "the pet_id area has %d bytes, expected %d" % (len(area), AREA_BYTES))
    if area[:HEAD_BYTES] == b"\xff" * HEAD_BYTES:
        raise ProtocolError("blank", "this device has no identity yet: provision it")
    magic, schema, zero, length = unpack("<4sBBH", area[:HEAD_BYTES])
    if magic != MAGIC or schema != SCHEMA or zero != 0:
        raise ProtocolError("identity", "the pet_id area holds something else, or a schema unknown to this version")
    end = HEAD_BYTES + length
    if end + CRC_BYTES > len(area) or crc32(area[:end]) != unpack("<I", area[end : end + CRC_BYTES])[0]:
        raise ProtocolError("crc", "the pet_id area is damaged: provision this device again")
    identity = _read(area[HEAD_BYTES:end])
    _check(identity)
    return identity


def _read(payload: bytes) -> Identity:
    try:
        fields = loads(payload.decode())
        return Identity(
            fields["serial"],
            fields["device_id"],
            fields["key_epoch"],
            unhexlify(fields["hmac_key"]),
            fields["mqtt_password"],
        )
    except (ValueError, KeyError, TypeError, RuntimeError):  # RuntimeError: nested too deeply
        raise ProtocolError("identity", "the pet_id area lacks a field: provision this device again") from None


def _check(identity: Identity) -> None:
    for name, value in (("serial", identity.serial), ("mqtt_password", identity.mqtt_password)):
        if not isinstance(value, str) or not value:
            raise ProtocolError("identity", "the identity's %s is not text" % name)
    for name, number, highest in (
        ("device_id", identity.device_id, 0xFFFFFFFF),
        ("key_epoch", identity.key_epoch, 0xFFFF),
    ):
        if not isinstance(number, int) or not 1 <= number <= highest:
            raise ProtocolError("identity", "the identity's %s is not a number from 1 to %d" % (name, highest))
    if not isinstance(identity.hmac_key, bytes) or len(identity.hmac_key) != KEY_BYTES:
        raise ProtocolError("identity", "the identity's hmac_key does not have %d bytes" % KEY_BYTES)
