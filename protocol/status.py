"""The body of a status: what a device says of itself at the beginning of a connection, and only then."""

from collections import namedtuple
from struct import calcsize, unpack

from protocol.bodies import SEQUENCE_MAX, count_of, head_of
from protocol.errors import ProtocolError
from protocol.packing import pack_fields
from protocol.record import check_clock

VERSION_BYTES_MAX = 32  # as much as a page shows in a column
COUNTERS_MAX = 16  # a status stays under 256 bytes

# session, seconds, clock, quality; journal_id, acked_through, last, oldest readable; desired revision held;
# battery (0 = not measured), free slots, all slots
STATUS_FORMAT = "<HIIB8sIIIIHII"
COUNTER_FORMAT = "<BI"  # counter, value

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


def encode_status(status: Status) -> bytes:
    """`counters` is a sequence of (counter, value), at most COUNTERS_MAX; versions are printable ASCII."""
    _check_status(status)
    body = pack_fields("status", STATUS_FORMAT, tuple(status[:12]))
    body += _text(status.application) + _text(status.base)
    body += bytes([count_of("counters", len(status.counters), COUNTERS_MAX)])
    for counter in status.counters:
        body += pack_fields("counter", COUNTER_FORMAT, counter)
    return body


def decode_status(body: bytes) -> Status:
    """Raises ProtocolError `length` or `range`."""
    fixed, rest = head_of(STATUS_FORMAT, body, "status")
    application, rest = _read_text(rest, "application version")
    base, rest = _read_text(rest, "base version")
    size = calcsize(COUNTER_FORMAT)
    if not rest or rest[0] > COUNTERS_MAX or len(rest) != 1 + size * rest[0]:
        raise ProtocolError("length", "the status' counters do not fill the message")
    counters = tuple([unpack(COUNTER_FORMAT, rest[at : at + size]) for at in range(1, len(rest), size)])
    status = Status(*(fixed + (application, base, counters)))
    _check_status(status)
    return status


def _check_status(status: Status) -> None:
    check_clock(status.clock, status.quality)
    last = status.last_sequence
    if last > SEQUENCE_MAX or status.acked_through > last or not 1 <= status.oldest_readable <= last + 1:
        raise ProtocolError("range", "the status names sequences that its journal does not have")


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
