"""Fetches packages chunk by chunk into files. In memory only while there is something to fetch.

Nothing is trusted here: the bytes lie in a file that nobody uses until `firmware.switching` has proven it. Whatever
interrupts the fetching, it goes on where it was, on another connection or another day.
"""

import os
from struct import unpack_from

from protocol.messages import CHUNK_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from firmware.link import Link
    from firmware.outbox import Outbox

CHUNKS_ASKED = 8  # a request: 8 KB for each round trip, and as much is lost at most with the power
FRUITLESS_MAX = 3  # requests in a row that brought nothing
OTHERS_MAX = 50  # replies in a row that are not the chunk asked for
HASH_BYTES = 32
CHUNK_HEAD_BYTES = 36  # hash, chunk, chunks in all
STORED = 1  # the chunk
MISSING = 0  # it did not come in time
LACKING = -1  # the server has no such package


class Fetching:
    """`wait` gives the next reply that counts, None after the time-out (see `Conversation`)."""

    def __init__(self, link: "Link", outbox: "Outbox", wait: "Callable[[], object]") -> None:
        self._link = link
        self._outbox = outbox
        self._wait = wait

    def fetch(self, length: int, digest: bytes, path: str) -> bool:
        """Gather what is missing of this package. False when the server has no such package, or sends nothing.

        Raises LinkError for the network, OSError for the file system; what has come is kept.
        """
        try:
            have = os.stat(path)[6]
        except OSError:
            have = -1
        if have == length:
            return True
        goes_on = 0 <= have < length
        with open(path, "r+b" if goes_on else "wb") as file:
            chunk = have // CHUNK_BYTES if goes_on else 0
            file.seek(chunk * CHUNK_BYTES)  # a chunk that was torn with the power is fetched again
            return self._gather(file, chunk, length, digest)

    def _gather(self, file: "BinaryIO", chunk: int, length: int, digest: bytes) -> bool:
        """From this chunk on."""
        chunks = (length + CHUNK_BYTES - 1) // CHUNK_BYTES
        fruitless = 0
        while chunk < chunks and fruitless < FRUITLESS_MAX:
            first = chunk
            end = min(chunk + CHUNKS_ASKED, chunks)
            self._link.publish(*self._outbox.content_request(digest, chunk, end - chunk))
            outcome = STORED
            while chunk < end and outcome == STORED:
                outcome = self._store(file, chunk, length, digest)
                chunk += 1 if outcome == STORED else 0
            if outcome == LACKING:
                return False
            file.flush()
            fruitless = 0 if chunk > first else fruitless + 1
        return chunk == chunks

    def _store(self, file: "BinaryIO", chunk: int, length: int, digest: bytes) -> int:
        """Straight into the file: nothing of a chunk is in memory while the next one arrives."""
        chunks = (length + CHUNK_BYTES - 1) // CHUNK_BYTES
        for _ in range(OTHERS_MAX):
            body = self._wait()
            if body is None:
                return MISSING
            if not isinstance(body, memoryview) or bytes(body[:HASH_BYTES]) != digest:
                continue
            found = unpack_from("<HH", body, HASH_BYTES)
            data = body[CHUNK_HEAD_BYTES:]
            if found == (0, 0) and not len(data):
                return LACKING
            if found == (chunk, chunks) and len(data) == min(CHUNK_BYTES, length - chunk * CHUNK_BYTES):
                file.write(data)
                return STORED
        return MISSING
