"""What reading and writing the bodies of messages have in common."""

from struct import calcsize, unpack

from protocol.errors import ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Bytes = TypeVar("Bytes", bytes, memoryview)

SEQUENCE_MAX = 0xFFFFFFFE  # so that "one beyond the last" is a sequence too


def head_of(layout: str, body: "Bytes", what: str) -> "tuple[tuple, Bytes]":  # type: ignore[type-arg]
    size = calcsize(layout)
    if len(body) < size:
        raise ProtocolError("length", "the %s has %d bytes, at least %d are needed" % (what, len(body), size))
    return unpack(layout, body[:size]), body[size:]


def count_of(what: str, count: int, highest: int) -> int:
    if count > highest:
        raise ValueError("%d %s, at most %d fit in the message" % (count, what, highest))
    return count
