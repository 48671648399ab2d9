"""The server's end of a connection, small enough for a test: one device's key, one ledger, real seals."""

from protocol.envelope import (
    ACK,
    BATCH,
    CONTENT_CHUNK,
    CONTENT_REQUEST,
    DESIRED,
    STATUS,
    UP,
    Header,
    parse,
    seal,
    verify,
)
from protocol.messages import (
    CHUNK_BYTES,
    CHUNKS_MAX,
    Ack,
    ContentChunk,
    Desired,
    decode_batch,
    decode_content_request,
    decode_status,
    encode_ack,
    encode_content_chunk,
    encode_desired,
)
from protocol.record import KIND_TOMBSTONE, decode_record
from protocol.topics import down_topic, up_topic


class ServerEnd:
    """`records`: what is in custody, by sequence; `gaps`: the sequences that are known to be lost."""

    def __init__(self, identity, server_time=200000000):
        self.identity = identity
        self.server_time = server_time
        self.server_nonce = b"\x00SERVER\x00"
        self.device_nonce = b""
        self.journal_id = b""
        self.stored_through = 0
        self.records = {}
        self.gaps = set()
        self.status = None
        self.revision = 0  # of what is desired
        self.items = ()
        self.packages = {}  # by their SHA-256
        self.requests = []  # (first chunk, chunks) of each content request
        self.proven = False  # a message has carried our nonce

    def take(self, topic, message):
        """What the device says: the answers to it, as (topic, message)."""
        header, body = parse(message, UP)
        verify(message, self.identity.hmac_key)
        assert (header.device_id, header.key_epoch) == (self.identity.device_id, self.identity.key_epoch)
        assert topic == up_topic(header.device_id, header.type)
        if header.type == STATUS:
            assert header.server_nonce == b"\x00" * 8
            self.device_nonce = header.device_nonce
            return self.greet(decode_status(body))
        assert (header.device_nonce, header.server_nonce) == (self.device_nonce, self.server_nonce)
        self.proven = True
        if header.type == CONTENT_REQUEST:
            return self.send(decode_content_request(body))
        assert header.type == BATCH
        return [self.store(decode_batch(body))]

    def greet(self, status):
        self.status = status
        self.journal_id = status.journal_id
        resend_from = 0
        if self.stored_through < status.acked_through:
            for lost in range(self.stored_through + 1, status.oldest_readable):
                self.gaps.add(lost)
                self.stored_through = lost
            resend_from = self.stored_through + 1
        return [self.desired(), self.ack(resend_from)]

    def store(self, batch):
        assert batch.journal_id == self.journal_id
        for sequence, data in enumerate(batch.records, batch.first_sequence):
            record = decode_record(data)
            if sequence == self.stored_through + 1:
                self.stored_through = sequence
                if record.kind == KIND_TOMBSTONE:
                    self.gaps.add(sequence)
                else:
                    self.records[sequence] = data
            elif sequence <= self.stored_through and record.kind != KIND_TOMBSTONE:
                assert self.records.get(sequence, data) == data, "conflict"
        return self.ack()

    def send(self, request):
        """The chunks asked for; of a package that we have not, the word that says so."""
        self.requests.append((request.first_chunk, request.chunks))
        data = self.packages.get(bytes(request.digest))
        if data is None:
            return [self.sealed(CONTENT_CHUNK, encode_content_chunk(ContentChunk(request.digest, 0, 0, b"")))]
        chunks = -(-len(data) // CHUNK_BYTES)
        replies = []
        for chunk in range(request.first_chunk, min(chunks, request.first_chunk + min(request.chunks, CHUNKS_MAX))):
            part = data[chunk * CHUNK_BYTES : (chunk + 1) * CHUNK_BYTES]
            replies.append(
                self.sealed(CONTENT_CHUNK, encode_content_chunk(ContentChunk(request.digest, chunk, chunks, part)))
            )
        return replies

    def restore(self, through):
        """The database comes back from an older backup."""
        self.stored_through = through
        self.records = {sequence: data for sequence, data in self.records.items() if sequence <= through}

    def desired(self, **changes):
        return self.sealed(DESIRED, encode_desired(Desired(self.server_time, self.revision, self.items)), **changes)

    def ack(self, resend_from=0, stored_through=None, journal_id=None, **changes):
        if stored_through is None:
            stored_through = self.stored_through
        ack = Ack(journal_id or self.journal_id, stored_through, resend_from, self.server_time)
        return self.sealed(ACK, encode_ack(ack), **changes)

    def sealed(self, kind, body, key=None, device_id=None, key_epoch=None, device_nonce=None, server_nonce=None):
        """A message to the device, with whatever is said put in place of what belongs there: (topic, message).

        The topic is bytes, as umqtt hands it on."""
        identity = self.identity
        header = Header(
            kind,
            device_id or identity.device_id,
            key_epoch or identity.key_epoch,
            device_nonce or self.device_nonce,
            server_nonce or self.server_nonce,
        )
        return down_topic(identity.device_id, kind).encode(), seal(header, body, key or identity.hmac_key)
