"""Cursors: where a page of rows ended, as one opaque word that fits its own question only."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterable
from hashlib import sha256

from server.api.conditional import normalised
from server.api.problems import ProblemError, in_query, wrong_fields

CURSOR_CHARACTERS_MAX = 300
PAGING = ("cursor", "limit", "format")  # of the same question on its next page, these may differ
CHECK_BYTES = 12


def make_cursor(items: Iterable[tuple[str, str]], place: list[int | str]) -> str:
    """The cursor after `place`, the key of the last row of a page of the question `items`."""
    body = json.dumps(place, separators=(",", ":")).encode()
    return urlsafe_b64encode(_check(items, body) + body).decode().rstrip("=")


def read_cursor(items: Iterable[tuple[str, str]], kinds: tuple[type, ...]) -> list[int | str] | None:
    """The place that the question's own cursor names, of these types; None without one. Raises ProblemError.

    It holds a place in an order, never a right: what the viewer may see is asked again for every page. The check
    catches a cursor that was cut, invented or taken along to another question.
    """
    items = list(items)
    given = [value for name, value in items if name == "cursor"]
    if not given:
        return None
    wrong = ProblemError(
        wrong_fields(in_query("cursor", "does not belong to this question. Begin without one, and follow links.next."))
    )
    try:
        raw = urlsafe_b64decode(given[0] + "=" * (-len(given[0]) % 4))
        check, body = raw[:CHECK_BYTES], raw[CHECK_BYTES:]
        place = json.loads(body)
    except (Error, ValueError, RecursionError):
        raise wrong from None
    fits = len(given) == 1 and isinstance(place, list) and tuple(map(type, place)) == kinds
    if not fits or check != _check(items, body):
        raise wrong
    return list(place)


def _check(items: Iterable[tuple[str, str]], body: bytes) -> bytes:
    question = normalised((name, value) for name, value in items if name not in PAGING)
    return sha256(repr(question).encode() + body).digest()[:CHECK_BYTES]
