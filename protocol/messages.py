"""The bodies of the six messages, between header and HMAC. docs/protocol.md section 4 has their tables."""

from collections import namedtuple
from struct import calcsize, pack, unpack

from protocol.errors import ProtocolError
from protocol.record import RECORD_BYTES, sequence_of

BATCH_RECORDS_MAX = 100
JOURNAL_ID_BYTES = 8
HASH_BYTES = 32
VERSION_BYTES_MAX = 32
COUNTERS_MAX = 16
ITEMS_MAX = 32
CHUNK_BYTES = 1024

# session, seconds, clock, quality; journal_id, acked_through, last, oldest readable; desired revision held;
# battery (0 = not measured), free slots, all slots
STATUS_FORMAT = "<HIIB8sIIIIHII"
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
    """`counters` is a sequence of (counter, value); versions are ASCII text."""
    body = pack(STATUS_FORMAT, *status[:12]) + _text(status.application) + _text(status.base)
    body += pack("<B", len(status.counters))
    for counter, value in status.counters:
        body += pack("<BI", counter, value)
    return body


def decode_status(body: bytes) -> Status:
    """Raises ProtocolError `length` or `range`."""
    fixed, rest = _head(STATUS_FORMAT, body, "status")
    application, rest = _read_text(rest, "application version")
    base, rest = _read_text(rest, "base version")
    if not rest or rest[0] > COUNTERS_MAX or len(rest) != 1 + 5 * rest[0]:
        raise ProtocolError("length", "the status' counters do not fill the message")
    counters = tuple([unpack("<BI", rest[at : at + 5]) for at in range(1, len(rest), 5)])
    status = Status(*fixed, application, base, counters)
    if status.acked_through > status.last_sequence or status.oldest_readable > status.last_sequence + 1:
        raise ProtocolError("range", "the status names sequences beyond its journal's last")
    return status


def encode_desired(desired: Desired) -> bytes:
    """At most ITEMS_MAX items."""
    body = pack(DESIRED_FORMAT, desired.server_time, desired.revision, len(desired.items))
    for item in desired.items:
        body += pack(ITEM_FORMAT, *item)
    return body


def decode_desired(body: bytes) -> Desired:
    """Raises ProtocolError `length`."""
    (server_time, revision, count), rest = _head(DESIRED_FORMAT, body, "desired")
    size = calcsize(ITEM_FORMAT)
    if count > ITEMS_MAX or len(rest) != count * size:
        raise ProtocolError("length", "%d items do not fill the desired message" % count)
    items = tuple([Item(*unpack(ITEM_FORMAT, rest[at : at + size])) for at in range(0, len(rest), size)])
    return Desired(server_time, revision, items)


def encode_batch(journal_id: bytes, first_sequence: int, records: "list[bytes]") -> bytes:
    """`records`: 0 to 100 records of 32 bytes, as on flash, their sequences running on from `first_sequence`.

    A batch without records says "nothing waits" and proves, like any other, that the connection's nonces arrived.
    """
    if len(records) > BATCH_RECORDS_MAX:
        raise ValueError("%d records, at most %d fit in a batch" % (len(records), BATCH_RECORDS_MAX))
    return pack(BATCH_FORMAT, journal_id, first_sequence, len(records)) + b"".join(records)


def decode_batch(body: bytes) -> Batch:
    """Raises ProtocolError `length`, or `sequence` where the records do not run on from the first sequence.

    The records' own CRC and ranges are not judged here: a bad one is quarantined, the rest of the batch is good.
    """
    (journal_id, first_sequence, count), rest = _head(BATCH_FORMAT, body, "batch")
    if count > BATCH_RECORDS_MAX or len(rest) != count * RECORD_BYTES:
        raise ProtocolError("length", "%d records do not fill the batch" % count)
    if first_sequence == 0 or first_sequence + count > 0xFFFFFFFF:
        raise ProtocolError("sequence", "sequences run from 1; this batch begins with %d" % first_sequence)
    records = [rest[at : at + RECORD_BYTES] for at in range(0, len(rest), RECORD_BYTES)]
    for index, record in enumerate(records):
        if sequence_of(record) != first_sequence + index:
            raise ProtocolError("sequence", "record %d of the batch has another sequence" % index)
    return Batch(journal_id, first_sequence, tuple(records))


def encode_ack(ack: Ack) -> bytes:
    """`resend_from` is 0 unless the server asks for records that it has lost."""
    return pack(ACK_FORMAT, *ack)


def decode_ack(body: bytes) -> Ack:
    """Raises ProtocolError `length`."""
    return Ack(*_whole(ACK_FORMAT, body, "ack"))


def encode_content_request(request: ContentRequest) -> bytes:
    """Ask for `chunks` chunks of the package with this hash, from `first_chunk` on (0 is the first)."""
    return pack(REQUEST_FORMAT, *request)


def decode_content_request(body: bytes) -> ContentRequest:
    """Raises ProtocolError `length`."""
    return ContentRequest(*_whole(REQUEST_FORMAT, body, "content request"))


def encode_content_chunk(chunk: ContentChunk) -> bytes:
    """All chunks but the last hold CHUNK_BYTES."""
    if len(chunk.data) > CHUNK_BYTES:
        raise ValueError("a chunk holds at most %d bytes" % CHUNK_BYTES)
    return pack(CHUNK_FORMAT, chunk.digest, chunk.chunk, chunk.all_chunks) + chunk.data


def decode_content_chunk(body: bytes) -> ContentChunk:
    """Raises ProtocolError `length` or `range`."""
    fixed, data = _head(CHUNK_FORMAT, body, "content chunk")
    chunk = ContentChunk(*fixed, data)
    if chunk.chunk >= chunk.all_chunks:
        raise ProtocolError("range", "chunk %d of %d" % (chunk.chunk, chunk.all_chunks))
    is_last = chunk.chunk == chunk.all_chunks - 1
    if len(data) > CHUNK_BYTES or (not is_last and len(data) != CHUNK_BYTES) or not data:
        raise ProtocolError("length", "a chunk of %d bytes" % len(data))
    return chunk


def _head(layout: str, body: bytes, what: str) -> "tuple[tuple, bytes]":  # type: ignore[type-arg]
    size = calcsize(layout)
    if len(body) < size:
        raise ProtocolError("length", "the %s is %d bytes, at least %d belong there" % (what, len(body), size))
    return unpack(layout, body[:size]), body[size:]


def _whole(layout: str, body: bytes, what: str) -> "tuple":  # type: ignore[type-arg]
    fixed, rest = _head(layout, body, what)
    if rest:
        raise ProtocolError("length", "%d bytes too many in the %s" % (len(rest), what))
    return fixed


def _text(text: str) -> bytes:
    data = text.encode()
    if len(data) > VERSION_BYTES_MAX:
        raise ValueError("a version has at most %d bytes: %s" % (VERSION_BYTES_MAX, text))
    return bytes([len(data)]) + data


def _read_text(data: bytes, what: str) -> "tuple[str, bytes]":
    if not data or data[0] > VERSION_BYTES_MAX or len(data) < 1 + data[0]:
        raise ProtocolError("length", "the %s is cut short" % what)
    raw = data[1 : 1 + data[0]]
    for byte in raw:
        if not 32 <= byte < 127:
            raise ProtocolError("range", "the %s holds a byte that is not printable" % what)
    return raw.decode(), data[1 + data[0] :]
