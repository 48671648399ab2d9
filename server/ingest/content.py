"""Content requests: chunks of what a device should hold, for that device only. Nothing is written to answer one."""

import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, select

from protocol.messages import CHUNK_BYTES, CHUNKS_MAX, ITEM_SETTINGS, ContentRequest
from server.errors import OperatorError
from server.fleet.composition import SETTINGS_PURPOSE
from server.fleet.keys import KeyRing
from server.fleet.rollout_tables import Content, DesiredItem
from server.ingest.check import Authentic
from server.ingest.connections import find_connections, is_confirmed_by, key_of
from server.ingest.incoming import Refusal

CACHE_BYTES_MAX = 4 << 20  # some versions of everything that a fleet fetches on the day of a roll-out
REASON_NONCE = "content-nonce"
REASON_LOST = "content-lost"
REASON_NOT_DESIRED = "content-not-desired"
REASON_UNREADABLE = "content-unreadable"

logger = logging.getLogger("pet.ingest")

ContentKey = tuple[int, bytes]  # organisation, digest
Chunk = tuple[bytes, int, int, bytes]  # as a ContentChunk


class Chunks(NamedTuple):
    """A request and what it gets."""

    message: Authentic
    chunks: Sequence[Chunk]


class Cache:
    """The contents that were asked for last. They never change: their hash names them."""

    def __init__(self) -> None:
        self._contents: OrderedDict[ContentKey, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, key: ContentKey) -> bytes | None:
        """The content, if it is here."""
        data = self._contents.get(key)
        if data is not None:
            self._contents.move_to_end(key)
        return data

    def put(self, key: ContentKey, data: bytes) -> None:
        """Keep it, in the place of those that nobody has asked for the longest."""
        if key in self._contents:
            return
        self._contents[key] = data
        self._bytes += len(data)
        while self._bytes > CACHE_BYTES_MAX:
            _, old = self._contents.popitem(last=False)
            self._bytes -= len(old)


_cache = Cache()


def find_chunks(
    connection: Connection, key_ring: KeyRing, messages: Iterable[Authentic]
) -> tuple[list[Chunks], list[Refusal]]:
    """What the content requests among the messages get, and those that get none."""
    requests = [message for message in messages if isinstance(message.body, ContentRequest)]
    if not requests:
        return [], []
    met = find_connections(connection, requests)
    lengths = _desired(connection, requests)
    answers: list[Chunks] = []
    refusals: list[Refusal] = []
    for request in requests:
        assert isinstance(request.body, ContentRequest)
        if not is_confirmed_by(request, met.get(key_of(request))):
            refusals.append(
                Refusal(request.message, REASON_NONCE, "the request belongs to no known connection", request.named)
            )
            continue
        fault = _fault(request, lengths)
        data = None if fault else _content(connection, key_ring, request)
        if data is None:
            reason, text = fault or (
                REASON_UNREADABLE,
                "the content was wrapped by another key file",
            )
            refusals.append(Refusal(request.message, reason, text, request.named))
            answers.append(Chunks(request, [(request.body.digest, 0, 0, b"")]))
        else:
            answers.append(Chunks(request, _cut(request.body, data)))
    return answers, refusals


def _fault(request: Authentic, desired: set[tuple[int, int, bytes]]) -> tuple[str, str] | None:
    device, body = request.device, request.body
    assert isinstance(body, ContentRequest)
    if device.is_lost:
        return REASON_LOST, f"device {device.device_id:08x} is lost, and gets no content"
    if (device.organisation_id, device.device_id, body.digest) not in desired:
        return REASON_NOT_DESIRED, f"{body.digest.hex()} is not what device {device.device_id:08x} should hold"
    return None


def _desired(connection: Connection, requests: Sequence[Authentic]) -> set[tuple[int, int, bytes]]:
    rows = connection.execute(
        select(DesiredItem.organisation_id, DesiredItem.device_id, DesiredItem.digest).where(
            DesiredItem.device_id.in_({request.device.device_id for request in requests})
        )
    )
    return {(row.organisation_id, row.device_id, row.digest) for row in rows}


def _content(connection: Connection, key_ring: KeyRing, request: Authentic) -> bytes | None:
    assert isinstance(request.body, ContentRequest)
    organisation_id = request.device.organisation_id
    key = (organisation_id, request.body.digest)
    data = _cache.get(key)
    if data is not None:
        return data
    row = connection.execute(
        select(Content.kind, Content.bytes).where(
            and_(Content.organisation_id == organisation_id, Content.digest == request.body.digest)
        )
    ).one()
    data = row.bytes
    if row.kind == ITEM_SETTINGS:
        try:
            data = key_ring.unwrap_secret(data, organisation_id, SETTINGS_PURPOSE)
        except OperatorError:
            return None
    _cache.put(key, data)
    return data


def _cut(request: ContentRequest, data: bytes) -> list[Chunk]:
    """The chunks asked for, so many as a request gets; those beyond the end are not there to be sent."""
    count = -(-len(data) // CHUNK_BYTES)
    numbers = range(request.first_chunk, min(request.first_chunk + min(request.chunks, CHUNKS_MAX), count))
    return [
        (request.digest, number, count, data[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]) for number in numbers
    ]
