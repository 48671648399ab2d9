"""The wire written out a second time, byte by byte and without `protocol`, so that the vectors can find it wrong."""

import hmac
import zlib
from hashlib import sha256

KEY = bytes(range(1, 33))
OTHER_KEY = bytes(range(101, 133))
DEVICE_ID = 0x00C0FFEE
KEY_EPOCH = 3
DEVICE_NONCE = bytes.fromhex("d1d2d3d4d5d6d7d8")
SERVER_NONCE = bytes.fromhex("5152535455565758")
NO_NONCE = bytes(8)
JOURNAL_ID = bytes.fromhex("4a4f55524e414c21")
DIGEST = sha256(b"a questionnaire package").digest()
UP, DOWN = 1, 2
TYPES = {"status": 1, "desired": 2, "batch": 3, "ack": 4, "content request": 5, "content chunk": 6}


def little(value, size):
    """An unsigned number, least significant byte first."""
    return value.to_bytes(size, "little")


def with_crc(data):
    """The bytes and their CRC-32 (IEEE 802.3, as in zip and PNG)."""
    return data + little(zlib.crc32(data), 4)


def record(fields):
    """The 32 bytes of a record."""
    nibbles = [*fields["answers"], *[0] * (12 - len(fields["answers"]))]
    answers = bytes(nibbles[at] + 16 * nibbles[at + 1] for at in range(0, 12, 2))
    return with_crc(
        little(fields["kind"], 1)
        + little(fields["flags"], 2)
        + little(fields["questionnaire"], 2)
        + little(fields["sequence"], 4)
        + little(fields["session"], 2)
        + little(fields["seconds"], 4)
        + little(fields["clock"], 4)
        + little(fields["language"] + 32 * fields["quality"], 1)
        + little(fields["team"] + 32 * fields["stage"], 1)
        + little(fields["duration"], 1)
        + answers
    )


def header(message_type, direction, version=1, reserved=0, device_id=DEVICE_ID, key_epoch=KEY_EPOCH):
    """The 26 bytes before the body; a status does not know the server's nonce yet."""
    server_nonce = NO_NONCE if message_type == TYPES["status"] else SERVER_NONCE
    return (
        bytes([version, direction, message_type, reserved])
        + little(device_id, 4)
        + little(key_epoch, 2)
        + DEVICE_NONCE
        + server_nonce
    )


def seal(header_and_body, key=KEY):
    """The message: header, body, the first half of their HMAC."""
    return header_and_body + hmac.new(key, header_and_body, sha256).digest()[:16]


def text(value):
    """A version: its length, its ASCII bytes."""
    return bytes([len(value)]) + value.encode("ascii")


def status(fields):
    return (
        little(fields["session"], 2)
        + little(fields["seconds"], 4)
        + little(fields["clock"], 4)
        + little(fields["quality"], 1)
        + bytes.fromhex(fields["journal_id"])
        + little(fields["acked_through"], 4)
        + little(fields["last_sequence"], 4)
        + little(fields["oldest_readable"], 4)
        + little(fields["desired_revision"], 4)
        + little(fields["battery_mv"], 2)
        + little(fields["free_slots"], 4)
        + little(fields["all_slots"], 4)
        + text(fields["application"])
        + text(fields["base"])
        + little(len(fields["counters"]), 1)
        + b"".join(little(counter, 1) + little(value, 4) for counter, value in fields["counters"])
    )


def desired(fields):
    items = b"".join(
        little(item["kind"], 1)
        + little(item["number"], 2)
        + little(item["revision"], 4)
        + little(item["length"], 4)
        + bytes.fromhex(item["digest"])
        for item in fields["items"]
    )
    return little(fields["server_time"], 4) + little(fields["revision"], 4) + little(len(fields["items"]), 1) + items


def batch(fields):
    return (
        bytes.fromhex(fields["journal_id"])
        + little(fields["first_sequence"], 4)
        + little(len(fields["records"]), 1)
        + b"".join(bytes.fromhex(one) for one in fields["records"])
    )


def ack(fields):
    return (
        bytes.fromhex(fields["journal_id"])
        + little(fields["stored_through"], 4)
        + little(fields["resend_from"], 4)
        + little(fields["server_time"], 4)
    )


def content_request(fields):
    return bytes.fromhex(fields["digest"]) + little(fields["first_chunk"], 2) + little(fields["chunks"], 1)


def content_chunk(fields):
    return (
        bytes.fromhex(fields["digest"])
        + little(fields["chunk"], 2)
        + little(fields["all_chunks"], 2)
        + bytes.fromhex(fields["data"])
    )
