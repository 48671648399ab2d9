"""The golden vectors, read alike by both interpreters from the project's root, and what the tests do with them."""

from binascii import hexlify, unhexlify
from json import load

from protocol.envelope import (
    ACK,
    BATCH,
    CONTENT_CHUNK,
    CONTENT_REQUEST,
    DESIRED,
    STATUS,
    Header,
    parse,
    verify,
)
from protocol.errors import ProtocolError
from protocol.messages import (
    Ack,
    Batch,
    ContentChunk,
    ContentRequest,
    Desired,
    Item,
    Status,
    decode_ack,
    decode_batch,
    decode_content_chunk,
    decode_content_request,
    decode_desired,
    decode_status,
    encode_ack,
    encode_batch,
    encode_content_chunk,
    encode_content_request,
    encode_desired,
    encode_status,
)
from protocol.record import Record

BYTE_FIELDS = ("journal_id", "digest", "data", "device_nonce", "server_nonce", "hmac_key")
DECODERS = {
    STATUS: decode_status,
    DESIRED: decode_desired,
    BATCH: decode_batch,
    ACK: decode_ack,
    CONTENT_REQUEST: decode_content_request,
    CONTENT_CHUNK: decode_content_chunk,
}
ENCODERS = {
    STATUS: encode_status,
    DESIRED: encode_desired,
    BATCH: lambda batch: encode_batch(*batch),
    ACK: encode_ack,
    CONTENT_REQUEST: encode_content_request,
    CONTENT_CHUNK: encode_content_chunk,
}
MEANINGS = {
    STATUS: Status,
    DESIRED: Desired,
    BATCH: Batch,
    ACK: Ack,
    CONTENT_REQUEST: ContentRequest,
    CONTENT_CHUNK: ContentChunk,
}


def vectors(file, rows="vectors"):
    """The rows of a file such as records.json, never none."""
    found = everything(file)[rows]
    assert found, file
    return found


def everything(file):
    """A whole file."""
    with open("tests/golden/" + file) as opened:
        return load(opened)


def key():
    """The key that messages.json is sealed with."""
    return unhexlify(everything("messages.json")["key"])


def meant(fields):
    """Fields as JSON holds them to the values they stand for: bytes out of hexadecimal, tuples out of lists."""
    return {name: _meant(name, value) for name, value in fields.items()}


def _meant(name, value):
    if name in BYTE_FIELDS:
        return unhexlify(value)
    if name == "records":
        return tuple([unhexlify(record) for record in value])
    if name == "items":
        return tuple([Item(**meant(item)) for item in value])
    if name == "counters":
        return tuple([tuple(counter) for counter in value])
    return tuple(value) if name == "answers" else value


def record_meant(vector):
    """The Record of a vector of records.json."""
    return Record(**meant(vector["fields"]))


def message_meant(vector):
    """(Header, body) of a vector of messages.json."""
    header = Header(**meant(vector["header"]))
    return header, MEANINGS[header.type](**meant(vector["fields"]))


def receive(data, direction, secret):
    """(Header, body) as an end takes it in: the envelope, then the HMAC, then the body. Raises ProtocolError."""
    header, body = parse(data, direction)
    verify(data, secret)
    return header, DECODERS[header.type](body)


def refusal(call, *arguments):
    """The reason of the ProtocolError that the call must raise, and its text; any other exception is a failure."""
    try:
        call(*arguments)
    except ProtocolError as error:
        assert error.text, error.reason
        assert str(error) == error.text
        return error.reason
    return "accepted"


def hexadecimal(data):
    return hexlify(data).decode()
