"""The signed batches of a device as they were received: each checked, then taken apart into its records."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from struct import calcsize
from typing import NamedTuple

from sqlalchemy import Connection, select

from protocol.envelope import BATCH, HEADER_BYTES, UP, parse, verify
from protocol.errors import ProtocolError
from protocol.messages import BATCH_FORMAT, Batch, decode_batch
from protocol.record import RECORD_BYTES
from server.errors import OperatorError
from server.fleet.keys import KeyRing
from server.fleet.tables import DeviceKey
from server.ingest.tables import Evidence

FIRST_RECORD_OFFSET = HEADER_BYTES + calcsize(BATCH_FORMAT)


class SignedBatch(NamedTuple):
    """A row of `evidence`, and what is wrong with it: empty where all is in order."""

    organisation_id: int
    device_id: int
    journal_id: bytes
    first_sequence: int
    digest: bytes
    payload: bytes
    key_epoch: int
    received_at: datetime
    records: tuple[bytes, ...]
    fault: str

    def offset_of(self, sequence: int) -> int:
        """Where in the payload the record of this sequence begins."""
        return FIRST_RECORD_OFFSET + RECORD_BYTES * (sequence - self.first_sequence)


class DeviceKeys:
    """The HMAC keys of one device, unwrapped when they are needed."""

    def __init__(self, connection: Connection, key_ring: KeyRing, organisation_id: int, device_id: int) -> None:
        self._key_ring, self._owner = key_ring, (organisation_id, device_id)
        self._wrapped = dict(
            connection.execute(
                select(DeviceKey.key_epoch, DeviceKey.wrapped_key).where(
                    DeviceKey.organisation_id == organisation_id, DeviceKey.device_id == device_id
                )
            ).all()
        )
        self._keys: dict[int, bytes] = {}

    def key(self, key_epoch: int) -> bytes:
        """Raises ProtocolError where the key of this epoch is not kept, or cannot be opened."""
        if key_epoch not in self._keys:
            wrapped = self._wrapped.get(key_epoch)
            if wrapped is None:
                raise ProtocolError("key-epoch", f"no key of epoch {key_epoch} is kept")
            try:
                self._keys[key_epoch] = self._key_ring.unwrap(wrapped, *self._owner, key_epoch)
            except OperatorError as error:
                raise ProtocolError("key-epoch", str(error)) from None
        return self._keys[key_epoch]


def signed_batches(
    connection: Connection, organisation_id: int, device_id: int, keys: DeviceKeys | None
) -> Iterator[SignedBatch]:
    """All that are kept of a device, in the order in which they came. Without `keys` no HMAC is checked."""
    query = (
        select(Evidence.__table__)
        .where(Evidence.organisation_id == organisation_id, Evidence.device_id == device_id)
        .order_by(Evidence.received_at, Evidence.journal_id, Evidence.first_sequence, Evidence.digest)
    )
    for row in connection.execute(query):
        try:
            batch = _open(row.payload, row.device_id, row.key_epoch, keys)
            fault = _mismatch(row.payload, row.digest, row.journal_id, row.first_sequence, batch)
        except ProtocolError as error:
            yield SignedBatch(**row._asdict(), records=(), fault=error.text)
            continue
        yield SignedBatch(**row._asdict(), records=() if fault else tuple(batch.records), fault=fault)


def _open(payload: bytes, device_id: int, key_epoch: int, keys: DeviceKeys | None) -> Batch:
    envelope = parse(payload, UP)
    if keys is not None:
        verify(payload, keys.key(key_epoch))
    header = envelope.header
    if (header.type, header.device_id, header.key_epoch) != (BATCH, device_id, key_epoch):
        raise ProtocolError("header", "its header names another device, key epoch or kind of message than its row")
    return decode_batch(envelope.body)


def _mismatch(payload: bytes, digest: bytes, journal_id: bytes, first_sequence: int, batch: Batch) -> str:
    if sha256(payload).digest() != digest:
        return "its SHA-256 is not the one in its row"
    if (batch.journal_id, batch.first_sequence) != (journal_id, first_sequence):
        return "it names another journal or first sequence than its row"
    return ""
