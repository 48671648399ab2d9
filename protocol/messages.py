"""The bodies of the six messages, between header and HMAC. docs/protocol.md section 4 has their tables."""

from collections import namedtuple
from struct import calcsize, unpack

from protocol.bodies import SEQUENCE_MAX, count_of, head_of
from protocol.errors import ProtocolError
from protocol.packing import pack_fields
from protocol.record import RECORD_BYTES, sequence_of
from protocol.status import Status as Status  # noqa: PLC0414 - the sixth body
from protocol.status import decode_status as decode_status  # noqa: PLC0414
from protocol.status import encode_status as encode_status  # noqa: PLC0414

TYPE_CHECKING = False
if TYPE_CHECKING:
    from protocol.bodies import Bytes

HASH_BYTES = 32
BATCH_RECORDS_MAX = 100  # 3,255 bytes with header and HMAC: under envelope.MESSAGE_BYTES_MAX
ITEMS_MAX = 32  # a desired state stays under 1,500 bytes
CHUNK_BYTES = 1024  # the device holds one beside its TLS buffers
CHUNKS_MAX = 16  # of one request: as much as a broker may have to keep for a slow device
SETTINGS_BYTES_MAX = 4096  # two CAs and some networks
APPLICATION_BYTES_MAX = 262144  # of 1 MB that also holds two unpacked applications and the packages

BATCH_FORMAT = "<8sIB"  # journal_id, first sequence, records
ACK_FORMAT = "<8sIII"  # journal_id, stored_through, resend_from (0 = nothing), server time
DESIRED_FORMAT = "<IIB"  # server time, revision, items
ITEM_FORMAT = "<BHII32s"  # kind, number, revision, bytes, SHA-256 of the whole package
REQUEST_FORMAT = "<32sHB"  # SHA-256 of the package, first chunk, chunks
CHUNK_FORMAT = "<32sHH"  # SHA-256 of the package, chunk, chunks in all

ITEM_QUESTIONNAIRE = 1
ITEM_SETTINGS = 2
ITEM_APPLICATION = 3
ITEM_TEXTS = 4

COUNTER_BOOTS = 1
COUNTER_SYNC_FAILURES = 2
COUNTER_BURNED_SLOTS = 3
COUNTER_PRESSES = 4
COUNTER_CONTENT_REFUSED = 5
COUNTER_SETTINGS_REFUSED = 6
COUNTER_CONTENT_REASON = 7  # of the last refusal: reason + 256 * item kind + 65,536 * item number

REFUSED_DAMAGED = 1  # its bytes do not have its hash, time and again
REFUSED_UNUSABLE = 2  # whole, but not what its kind should be
REFUSED_LARGE = 3  # longer than its kind may be
REFUSED_NO_ROOM = 4  # the device's file system is full; tried again at the next sync
REFUSED_NO_ACK = 5  # settings through which no ack came

Item = namedtuple("Item", ("kind", "number", "revision", "length", "digest"))
Desired = namedtuple("Desired", ("server_time", "revision", "items"))
Batch = namedtuple("Batch", ("journal_id", "first_sequence", "records"))
Ack = namedtuple("Ack", ("journal_id", "stored_through", "resend_from", "server_time"))
ContentRequest = namedtuple("ContentRequest", ("digest", "first_chunk", "chunks"))
ContentChunk = namedtuple("ContentChunk", ("digest", "chunk", "all_chunks", "data"))


def encode_desired(desired: Desired) -> bytes:
    """At most ITEMS_MAX items."""
    count = count_of("items", len(desired.items), ITEMS_MAX)
    body = pack_fields("desired", DESIRED_FORMAT, (desired.server_time, desired.revision, count))
    for item in desired.items:
        body += pack_fields("item", ITEM_FORMAT, item)
    return body


def desired_head(body: "Bytes") -> "tuple[int, int]":
    """(server time, revision), the items not looked at: a device that holds this revision needs no more.

    Raises ProtocolError `length`.
    """
    (server_time, revision, count), rest = head_of(DESIRED_FORMAT, body, "desired")
    if count > ITEMS_MAX or len(rest) != count * calcsize(ITEM_FORMAT):
        raise ProtocolError("length", "%d items do not fill the desired message" % count)
    return server_time, revision


def decode_desired(body: bytes) -> Desired:
    """Raises ProtocolError `length`. Items of an unknown kind are kept: the device passes over them."""
    server_time, revision = desired_head(body)
    size = calcsize(ITEM_FORMAT)
    start = calcsize(DESIRED_FORMAT)
    items = tuple([Item(*unpack(ITEM_FORMAT, body[at : at + size])) for at in range(start, len(body), size)])
    return Desired(server_time, revision, items)


def encode_batch(journal_id: bytes, first_sequence: int, records: "list[bytes]") -> bytes:
    """`records`: 0 to 100 records of 32 bytes, as on flash, their sequences running on from `first_sequence`.

    A batch without records says "nothing waits" and proves, like any other, that the nonces arrived.
    """
    count = count_of("records", len(records), BATCH_RECORDS_MAX)
    for record in records:
        if len(record) != RECORD_BYTES:
            raise ValueError("a record of %d bytes in the batch" % len(record))
    _check_sequences(first_sequence, records)
    return begin_batch(journal_id, first_sequence, count) + b"".join(records)


def begin_batch(journal_id: bytes, first_sequence: int, count: int) -> bytes:
    """What stands before the `count` records of a batch."""
    return pack_fields("batch", BATCH_FORMAT, (journal_id, first_sequence, count))


def decode_batch(body: bytes) -> Batch:
    """Raises ProtocolError `length`, or `sequence` where the records do not run on from the first sequence.

    The records' own CRC and ranges are not judged here: a bad one is quarantined, the rest is good.
    """
    (journal_id, first_sequence, count), rest = head_of(BATCH_FORMAT, body, "batch")
    if count > BATCH_RECORDS_MAX or len(rest) != count * RECORD_BYTES:
        raise ProtocolError("length", "%d records do not fill the batch" % count)
    records = [rest[at : at + RECORD_BYTES] for at in range(0, len(rest), RECORD_BYTES)]
    _check_sequences(first_sequence, records)
    return Batch(journal_id, first_sequence, tuple(records))


def encode_ack(ack: Ack) -> bytes:
    """`resend_from` is 0 unless the server asks for records that it has lost."""
    return pack_fields("ack", ACK_FORMAT, ack)


def decode_ack(body: "Bytes") -> Ack:
    """Raises ProtocolError `length`."""
    return Ack(*_whole(ACK_FORMAT, body, "ack"))


def encode_content_request(request: ContentRequest) -> bytes:
    """Ask for `chunks` chunks of the package with this hash, from `first_chunk` on (0 is the first).

    The server sends CHUNKS_MAX of them at most.
    """
    _check_request(request)
    return pack_fields("content request", REQUEST_FORMAT, request)


def decode_content_request(body: bytes) -> ContentRequest:
    """Raises ProtocolError `length` or `range`."""
    request = ContentRequest(*_whole(REQUEST_FORMAT, body, "content request"))
    _check_request(request)
    return request


def encode_content_chunk(chunk: ContentChunk) -> bytes:
    """All chunks but the last hold CHUNK_BYTES, the last holds at least one byte.

    Chunk 0 of 0, without bytes, says that there is no such package for this device.
    """
    _check_chunk(chunk)
    return pack_fields("content chunk", CHUNK_FORMAT, tuple(chunk[:3])) + bytes(chunk.data)


def decode_content_chunk(body: bytes) -> ContentChunk:
    """Raises ProtocolError `length` or `range`."""
    fixed, data = head_of(CHUNK_FORMAT, body, "content chunk")
    chunk = ContentChunk(*(fixed + (data,)))
    _check_chunk(chunk)
    return chunk


def _check_sequences(first_sequence: int, records: "list[bytes]") -> None:
    if first_sequence < 1 or first_sequence + len(records) > SEQUENCE_MAX + 1:
        raise ProtocolError(
            "sequence",
            "%d records from %d: sequences are 1 to %d" % (len(records), first_sequence, SEQUENCE_MAX),
        )
    for index, record in enumerate(records):
        if sequence_of(record) != first_sequence + index:
            raise ProtocolError("sequence", "record %d of the batch has another sequence" % index)


def _check_request(request: ContentRequest) -> None:
    if request.chunks < 1:
        raise ProtocolError("range", "a content request for %d chunks" % request.chunks)


def _check_chunk(chunk: ContentChunk) -> None:
    if chunk.chunk == chunk.all_chunks == len(chunk.data) == 0:
        return
    if chunk.chunk >= chunk.all_chunks:
        raise ProtocolError("range", "chunk %d of %d" % (chunk.chunk, chunk.all_chunks))
    is_last = chunk.chunk == chunk.all_chunks - 1
    if not 1 <= len(chunk.data) <= CHUNK_BYTES or (not is_last and len(chunk.data) != CHUNK_BYTES):
        raise ProtocolError("length", "a chunk of %d bytes" % len(chunk.data))


def _whole(layout: str, body: "Bytes", what: str) -> "tuple":  # type: ignore[type-arg]
    fixed, rest = head_of(layout, body, what)
    if rest:
        raise ProtocolError("length", "%d bytes too many in the %s" % (len(rest), what))
    return fixed
