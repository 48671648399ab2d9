"""The bodies of the six messages, between header and HMAC. docs/protocol.md section 4 has their tables."""

from collections import namedtuple
from struct import calcsize, unpack

from protocol.errors import ProtocolError
from protocol.packing import pack_fields
from protocol.record import RECORD_BYTES, check_clock, sequence_of

JOURNAL_ID_BYTES = 8
HASH_BYTES = 32
BATCH_RECORDS_MAX = 100  # 3,255 bytes with header and HMAC: under envelope.MESSAGE_BYTES_MAX
VERSION_BYTES_MAX = 32  # as much as a page shows in a column
COUNTERS_MAX = 16  # a status stays under 256 bytes
ITEMS_MAX = 32  # a desired state stays under 1,500 bytes
CHUNK_BYTES = 1024  # the device holds one beside its TLS buffers
SEQUENCE_MAX = 0xFFFFFFFE  # so that "one beyond the last" is a sequence too

# session, seconds, clock, quality; journal_id, acked_through, last, oldest readable; desired revision held;
# battery (0 = not measured), free slots, all slots
STATUS_FORMAT = "<HIIB8sIIIIHII"
COUNTER_FORMAT = "<BI"  # counter, value
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

Status = namedtuple(
    "Status",
    (
        "session",
        "seconds",
        "clock",
        "quality",
        "journal_id",
        "acked_through",
        "last_sequence",
        "oldest_readable",
        "desired_revision",
        "battery_mv",
        "free_slots",
        "all_slots",
        "application",
        "base",
        "counters",
    ),
)
Item = namedtuple("Item", ("kind", "number", "revision", "length", "digest"))
Desired = namedtuple("Desired", ("server_time", "revision", "items"))
Batch = namedtuple("Batch", ("journal_id", "first_sequence", "records"))
Ack = namedtuple("Ack", ("journal_id", "stored_through", "resend_from", "server_time"))
ContentRequest = namedtuple("ContentRequest", ("digest", "first_chunk", "chunks"))
ContentChunk = namedtuple("ContentChunk", ("digest", "chunk", "all_chunks", "data"))


def encode_status(status: Status) -> bytes:
    """`counters` is a sequence of (counter, value), at most COUNTERS_MAX; versions are printable ASCII."""
    _check_status(status)
    body = pack_fields("status", STATUS_FORMAT, tuple(status[:12]))
    body += _text(status.application) + _text(status.base)
    body += bytes([_count("counters", len(status.counters), COUNTERS_MAX)])
    for counter in status.counters:
        body += pack_fields("counter", COUNTER_FORMAT, counter)
    return body


def decode_status(body: bytes) -> Status:
    """Raises ProtocolError `length` or `range`."""
    fixed, rest = _head(STATUS_FORMAT, body, "status")
    application, rest = _read_text(rest, "application version")
    base, rest = _read_text(rest, "base version")
    size = calcsize(COUNTER_FORMAT)
    if not rest or rest[0] > COUNTERS_MAX or len(rest) != 1 + size * rest[0]:
        raise ProtocolError("length", "the status' counters do not fill the message")
    counters = tuple([unpack(COUNTER_FORMAT, rest[at : at + size]) for at in range(1, len(rest), size)])
    status = Status(*(fixed + (application, base, counters)))
    _check_status(status)
    return status


def encode_desired(desired: Desired) -> bytes:
    """At most ITEMS_MAX items."""
    count = _count("items", len(desired.items), ITEMS_MAX)
    body = pack_fields("desired", DESIRED_FORMAT, (desired.server_time, desired.revision, count))
    for item in desired.items:
        body += pack_fields("item", ITEM_FORMAT, item)
    return body


def decode_desired(body: bytes) -> Desired:
    """Raises ProtocolError `length`. Items of an unknown kind are kept: the device passes over them."""
    (server_time, revision, count), rest = _head(DESIRED_FORMAT, body, "desired")
    size = calcsize(ITEM_FORMAT)
    if count > ITEMS_MAX or len(rest) != count * size:
        raise ProtocolError("length", "%d items do not fill the desired message" % count)
    items = tuple([Item(*unpack(ITEM_FORMAT, rest[at : at + size])) for at in range(0, len(rest), size)])
    return Desired(server_time, revision, items)


def encode_batch(journal_id: bytes, first_sequence: int, records: "list[bytes]") -> bytes:
    """`records`: 0 to 100 records of 32 bytes, as on flash, their sequences running on from `first_sequence`.

    A batch without records says "nothing waits" and proves, like any other, that the nonces arrived.
    """
    count = _count("records", len(records), BATCH_RECORDS_MAX)
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
    (journal_id, first_sequence, count), rest = _head(BATCH_FORMAT, body, "batch")
    if count > BATCH_RECORDS_MAX or len(rest) != count * RECORD_BYTES:
        raise ProtocolError("length", "%d records do not fill the batch" % count)
    records = [rest[at : at + RECORD_BYTES] for at in range(0, len(rest), RECORD_BYTES)]
    _check_sequences(first_sequence, records)
    return Batch(journal_id, first_sequence, tuple(records))


def encode_ack(ack: Ack) -> bytes:
    """`resend_from` is 0 unless the server asks for records that it has lost."""
    return pack_fields("ack", ACK_FORMAT, ack)


def decode_ack(body: bytes) -> Ack:
    """Raises ProtocolError `length`."""
    return Ack(*_whole(ACK_FORMAT, body, "ack"))


def encode_content_request(request: ContentRequest) -> bytes:
    """Ask for `chunks` chunks of the package with this hash, from `first_chunk` on (0 is the first)."""
    _check_request(request)
    return pack_fields("content request", REQUEST_FORMAT, request)


def decode_content_request(body: bytes) -> ContentRequest:
    """Raises ProtocolError `length` or `range`."""
    request = ContentRequest(*_whole(REQUEST_FORMAT, body, "content request"))
    _check_request(request)
    return request


def encode_content_chunk(chunk: ContentChunk) -> bytes:
    """All chunks but the last hold CHUNK_BYTES, the last holds at least one byte."""
    _check_chunk(chunk)
    return pack_fields("content chunk", CHUNK_FORMAT, tuple(chunk[:3])) + bytes(chunk.data)


def decode_content_chunk(body: bytes) -> ContentChunk:
    """Raises ProtocolError `length` or `range`."""
    fixed, data = _head(CHUNK_FORMAT, body, "content chunk")
    chunk = ContentChunk(*(fixed + (data,)))
    _check_chunk(chunk)
    return chunk


def _check_status(status: Status) -> None:
    check_clock(status.clock, status.quality)
    last = status.last_sequence
    if last > SEQUENCE_MAX or status.acked_through > last or not 1 <= status.oldest_readable <= last + 1:
        raise ProtocolError("range", "the status names sequences that its journal does not have")


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
    if chunk.chunk >= chunk.all_chunks:
        raise ProtocolError("range", "chunk %d of %d" % (chunk.chunk, chunk.all_chunks))
    is_last = chunk.chunk == chunk.all_chunks - 1
    if not 1 <= len(chunk.data) <= CHUNK_BYTES or (not is_last and len(chunk.data) != CHUNK_BYTES):
        raise ProtocolError("length", "a chunk of %d bytes" % len(chunk.data))


def _count(what: str, count: int, highest: int) -> int:
    if count > highest:
        raise ValueError("%d %s, at most %d fit in the message" % (count, what, highest))
    return count


def _head(layout: str, body: bytes, what: str) -> "tuple[tuple, bytes]":  # type: ignore[type-arg]
    size = calcsize(layout)
    if len(body) < size:
        raise ProtocolError("length", "the %s has %d bytes, at least %d are needed" % (what, len(body), size))
    return unpack(layout, body[:size]), body[size:]


def _whole(layout: str, body: bytes, what: str) -> "tuple":  # type: ignore[type-arg]
    fixed, rest = _head(layout, body, what)
    if rest:
        raise ProtocolError("length", "%d bytes too many in the %s" % (len(rest), what))
    return fixed


def _text(text: str) -> bytes:
    data = text.encode()
    if len(data) > VERSION_BYTES_MAX or not _is_printable(data):
        raise ValueError("a version has at most %d printable ASCII characters: %s" % (VERSION_BYTES_MAX, text))
    return bytes([len(data)]) + data


def _read_text(data: bytes, what: str) -> "tuple[str, bytes]":
    if not data or data[0] > VERSION_BYTES_MAX or len(data) < 1 + data[0]:
        raise ProtocolError("length", "the %s is cut short" % what)
    text = data[1 : 1 + data[0]]
    if not _is_printable(text):
        raise ProtocolError("range", "the %s holds a byte that is not printable ASCII" % what)
    return text.decode(), data[1 + data[0] :]


def _is_printable(data: bytes) -> bool:
    return not data or (min(data) >= 32 and max(data) < 127)
