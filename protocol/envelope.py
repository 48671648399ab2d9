"""The envelope of every message: who, which way, which kind, which connection, and the HMAC over all of it.

Direction and type are under the HMAC, so no message passes for another; the nonces are too, so none passes
for one of another connection.
"""

from collections import namedtuple
from hashlib import sha256
from struct import calcsize, unpack

from protocol import PROTOCOL_VERSION
from protocol.errors import ProtocolError
from protocol.packing import pack_fields

UP = 1  # device to server
DOWN = 2  # server to device

STATUS = 1
DESIRED = 2
BATCH = 3
ACK = 4
CONTENT_REQUEST = 5
CONTENT_CHUNK = 6
DIRECTIONS = {STATUS: UP, DESIRED: DOWN, BATCH: UP, ACK: DOWN, CONTENT_REQUEST: UP, CONTENT_CHUNK: DOWN}

# version, direction, type, zero; device_id, key epoch; device nonce, server nonce
HEADER_FORMAT = "<BBBBIH8s8s"
HEADER_BYTES = calcsize(HEADER_FORMAT)
NONCE_BYTES = 8
NO_NONCE = b"\x00" * NONCE_BYTES
HMAC_BYTES = 16
HMAC_BLOCK_BYTES = 64  # of SHA-256
KEY_BYTES = 32
MESSAGE_BYTES_MAX = 3600  # with the MQTT and TLS framing one packet stays under 4 KB, the device's TLS buffer

Header = namedtuple("Header", ("type", "device_id", "key_epoch", "device_nonce", "server_nonce"))
Envelope = namedtuple("Envelope", ("header", "body"))


def seal(header: Header, body: bytes, key: bytes) -> bytes:
    """Header and body to the bytes of a message, with their HMAC under `key` (32 bytes).

    Raises ValueError for what does not fit.
    """
    message = begin(header)
    message.extend(body)
    return bytes(finish(message, key))


def begin(header: Header) -> bytearray:
    """A message that begins with this header, its body to be added: a device cannot hold it twice."""
    if header.type not in DIRECTIONS:
        raise ValueError("there is no message of type %d" % header.type)
    lead = (PROTOCOL_VERSION, DIRECTIONS[header.type], header.type, 0)
    return bytearray(pack_fields("header", HEADER_FORMAT, lead + tuple(header[1:])))


def finish(message: bytearray, key: bytes) -> bytearray:
    """Add the HMAC under `key` to header and body. Raises ValueError for what does not fit."""
    if len(key) != KEY_BYTES:
        raise ValueError("no message is sealed with a key of %d bytes" % len(key))
    if len(message) + HMAC_BYTES > MESSAGE_BYTES_MAX:
        raise ValueError("a message of %d bytes is over the limit of %d" % (len(message), MESSAGE_BYTES_MAX))
    message.extend(hmac_sha256(key, message)[:HMAC_BYTES])
    return message


def parse(data: "bytes | memoryview", direction: int) -> Envelope:
    """The envelope in the bytes, its HMAC not yet checked: only to learn whose key to check it with.

    The body of a memoryview is one too: nothing is copied.

    Raises ProtocolError `length`, `version`, `reserved`, `direction` or `type`.
    """
    if len(data) > MESSAGE_BYTES_MAX:
        raise ProtocolError("length", "%d bytes, at most %d are allowed" % (len(data), MESSAGE_BYTES_MAX))
    if len(data) < HEADER_BYTES + HMAC_BYTES:
        raise ProtocolError("length", "%d bytes, too few for a header and an HMAC" % len(data))
    version, found, kind, zero, device_id, epoch, device_nonce, server_nonce = unpack(
        HEADER_FORMAT, data[:HEADER_BYTES]
    )
    if version != PROTOCOL_VERSION:
        raise ProtocolError("version", "protocol version %d, expected %d" % (version, PROTOCOL_VERSION))
    if zero != 0:
        raise ProtocolError("reserved", "byte 3 of the header is %d, expected 0" % zero)
    if found != direction:
        raise ProtocolError("direction", "direction %d, expected %d" % (found, direction))
    if DIRECTIONS.get(kind) != direction:
        raise ProtocolError("type", "message type %d does not travel in direction %d" % (kind, direction))
    header = Header(kind, device_id, epoch, device_nonce, server_nonce)
    return Envelope(header, data[HEADER_BYTES:-HMAC_BYTES])


def verify(data: "bytes | memoryview", key: bytes) -> None:
    """Raise ProtocolError `hmac` unless the message was sealed with this key."""
    if not same_bytes(hmac_sha256(key, data[:-HMAC_BYTES])[:HMAC_BYTES], data[-HMAC_BYTES:]):
        raise ProtocolError("hmac", "the message was not signed with this device's key of that epoch")


def hmac_sha256(key: bytes, message: "bytes | bytearray | memoryview") -> bytes:
    """HMAC-SHA256 (RFC 2104), 32 bytes, of a key of at most 64. MicroPython has no module for it."""
    if len(key) > HMAC_BLOCK_BYTES:
        raise ValueError("a key has at most %d bytes" % HMAC_BLOCK_BYTES)
    inner = sha256(_pad(key, 0x36))
    inner.update(message)
    outer = sha256(_pad(key, 0x5C))
    outer.update(inner.digest())
    return outer.digest()


def same_bytes(left: "bytes | memoryview", right: "bytes | memoryview") -> bool:
    """Whether both are equal, in a time that does not tell where they differ."""
    if len(left) != len(right):
        return False
    difference = 0
    for index in range(len(left)):
        difference |= left[index] ^ right[index]
    return difference == 0


def _pad(key: bytes, value: int) -> bytes:
    return bytes([byte ^ value for byte in key]) + bytes([value]) * (HMAC_BLOCK_BYTES - len(key))
