"""Cursors: where a page of rows ended, as one opaque word that fits its own question only."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Iterable
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from server.api.conditional import normalised
from server.api.problems import ProblemError, in_query, wrong_fields

CURSOR_CHARACTERS_MAX = 300
PAGING = ("cursor", "limit", "format")  # of the same question on its next page, these may differ
CHECK_BYTES = 12
NUMBER_MAX, LONG_MAX = 2**31 - 1, 2**63 - 1  # PostgreSQL's integer and bigint

Kind = Callable[[Any], Any]  # reads one part of a place as JSON has it; raises ValueError


def make_cursor(items: Iterable[tuple[str, str]], place: list[int | str]) -> str:
    """The cursor after `place`, the key of the last row of a page of the question `items`."""
    body = json.dumps(place, separators=(",", ":")).encode()
    return urlsafe_b64encode(_check(items, body) + body).decode().rstrip("=")


def read_cursor(items: Iterable[tuple[str, str]], *kinds: Kind) -> list[Any] | None:
    """The place that the question's own cursor names, read as these kinds; None without one. Raises ProblemError.

    It holds a place in an order, never a right: what the viewer may see is asked again for every page. The check
    catches a cursor that was cut, or taken along to another question. It is no signature: whoever reads this can
    make one, so each part is read as carefully as any other parameter.
    """
    items = list(items)
    given = [value for name, value in items if name == "cursor"]
    if not given:
        return None
    try:
        return [kind(part) for kind, part in zip(kinds, _parts(items, given), strict=True)]
    except (Error, ValueError, RecursionError):
        detail = "does not belong to this question. Begin without one, and follow links.next."
        raise ProblemError(wrong_fields(in_query("cursor", detail))) from None


def number_part(part: Any) -> int:
    """A number of a row, for a column of type integer."""
    return _whole(part, NUMBER_MAX)


def long_part(part: Any) -> int:
    """A number for a column of type bigint."""
    return _whole(part, LONG_MAX)


def word_part(part: Any) -> str:
    """Text that a column can hold."""
    if type(part) is not str or "\x00" in part:
        raise ValueError("is no text")
    part.encode()  # half of a surrogate pair is no character: UnicodeEncodeError is a ValueError
    return part


def instant_part(part: Any) -> datetime:
    """An instant with its offset from UTC."""
    found = datetime.fromisoformat(word_part(part))
    if found.utcoffset() is None:
        raise ValueError("has no offset from UTC")
    return found


def day_part(part: Any) -> date:
    """A day of the calendar."""
    return date.fromisoformat(word_part(part))


def bytes_part(part: Any) -> bytes:
    """Bytes, as hex digits."""
    return bytes.fromhex(word_part(part))


def _whole(part: Any, most: int) -> int:
    if type(part) is not int or not 0 <= part <= most:
        raise ValueError("is no number of a row")
    return part


def _parts(items: list[tuple[str, str]], given: list[str]) -> list[Any]:
    """Of the one cursor given. Raises ValueError."""
    raw = urlsafe_b64decode(given[0] + "=" * (-len(given[0]) % 4))
    check, body = raw[:CHECK_BYTES], raw[CHECK_BYTES:]
    parts = json.loads(body)
    if len(given) > 1 or check != _check(items, body) or not isinstance(parts, list):
        raise ValueError("is no place of this question")
    return parts


def _check(items: Iterable[tuple[str, str]], body: bytes) -> bytes:
    question = normalised((name, value) for name, value in items if name not in PAGING)
    return sha256(repr(question).encode() + body).digest()[:CHECK_BYTES]
