"""The `pet_id` area: who a device is and its keys, raw on its own flash sector, protected by a CRC.

Layout: magic "PETI" (4), schema (1), zero (1), length of the payload (2), payload (JSON, UTF-8), CRC-32 of all before (4),
then 0xFF to the end of the sector.
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
HEAD_BYTES = 8

Identity = namedtuple("Identity", ("serial", "device_id", "key_epoch", "hmac_key", "mqtt_password"))


def encode_identity(identity: Identity) -> bytes:
    """An Identity to the 4,096 bytes of its area. `hmac_key` is 32 bytes, `mqtt_password` text."""
    payload = dumps(
        {
            "serial": identity.serial,
            "device_id": identity.device_id,
            "key_epoch": identity.key_epoch,
            "hmac_key": hexlify(identity.hmac_key).decode(),
            "mqtt_password": identity.mqtt_password,
        }
    ).encode()
    data = MAGIC + pack("<BBH", SCHEMA, 0, len(payload)) + payload
    data += pack("<I", crc32(data))
    return data + b"\xff" * (AREA_BYTES - len(data))


def decode_identity(area: bytes) -> Identity:
    """The area's bytes to an Identity. Raises ProtocolError `blank`, `identity` or `crc`; none of its texts holds a secret."""
    if area[:HEAD_BYTES] == b"\xff" * HEAD_BYTES:
        raise ProtocolError("blank", "this device has no identity yet: provision it")
    if area[:4] != MAGIC or area[4] != SCHEMA:
        raise ProtocolError("identity", "the pet_id area holds something else, or a schema this version cannot read")
    end = HEAD_BYTES + unpack("<H", area[6:HEAD_BYTES])[0]
    if end + 4 > len(area) or crc32(area[:end]) != unpack("<I", area[end : end + 4])[0]:
        raise ProtocolError("crc", "the pet_id area is damaged: provision this device again")
    try:
        fields = loads(area[HEAD_BYTES:end].decode())
        identity = Identity(
            fields["serial"],
            fields["device_id"],
            fields["key_epoch"],
            unhexlify(fields["hmac_key"]),
            fields["mqtt_password"],
        )
    except (ValueError, KeyError, TypeError):
        raise ProtocolError("identity", "the pet_id area lacks a field: provision this device again")
    if len(identity.hmac_key) != KEY_BYTES:
        raise ProtocolError("identity", "the pet_id area holds a key of the wrong length")
    return identity
