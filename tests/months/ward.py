"""The server's end over months: ledger, anchors and time, over many connections. It shows the oracle what it takes.

Its rules are those of docs/protocol.md; its broker and its database are not to be trusted, so it does not trust them.
"""

from protocol.envelope import BATCH, STATUS, UP, parse, verify
from protocol.errors import ProtocolError
from protocol.messages import decode_batch, decode_status
from protocol.record import KIND_TOMBSTONE, RECORD_BYTES, decode_record
from tests.months.board import IDENTITY
from tests.server_end import ServerEnd

CONNECTIONS_MAX = 8  # that it remembers
RECORDS_MAX = 12000


class Ward(ServerEnd):
    """`true_s()`: server time. `oracle`: told of every record that goes into custody, and of every restore."""

    def __init__(self, true_s, oracle, sampler):
        super().__init__(IDENTITY)
        self.true_s = true_s
        self.oracle = oracle
        self._sampler = sampler
        self._nonces = {}  # device nonce -> server nonce
        self._statuses = {}  # server nonce -> (status, server time, its error then), until proven
        self._order = []
        self.error_s = 0  # of its own clock
        self.highest = 0  # that was ever in custody
        self.kept = bytearray(RECORD_BYTES * RECORDS_MAX)

    def restart(self):
        """It forgets its connections; the ledger is in the database."""
        self._nonces = {}
        self._statuses = {}
        self._order = []

    def take(self, topic, payload):
        """The answers; none for what does not count."""
        self.server_time = self.true_s() + self.error_s
        try:
            header, body = parse(payload, UP)
            verify(payload, self.identity.hmac_key)
            if header.type == STATUS:
                return self._greet(header, decode_status(body))
            if header.type == BATCH:
                return self._take_batch(header, decode_batch(body))
        except ProtocolError as refused:
            self.oracle.fail("the device said what the protocol does not know: %s" % refused)
        return []

    def _greet(self, header, status):
        if header.device_nonce not in self._nonces:
            nonce = bytes([1 + self._sampler.below(255) for _ in range(8)])
            self._nonces[header.device_nonce] = nonce
            self._statuses[nonce] = status, self.server_time, self.error_s
            self._order.append(header.device_nonce)
            if len(self._order) > CONNECTIONS_MAX:
                self._nonces.pop(self._order.pop(0), None)
        self._use(header.device_nonce)
        before = self.stored_through
        replies = self.greet(status)
        for lost in range(before + 1, self.stored_through + 1):
            self.oracle.gap(lost)
        return replies

    def _take_batch(self, header, batch):
        if self._nonces.get(header.device_nonce) != header.server_nonce:
            self.device_nonce, self.server_nonce = header.device_nonce, header.server_nonce
        else:
            self._use(header.device_nonce)
            proven = self._statuses.pop(header.server_nonce, None)
            if proven:
                self.oracle.anchor(*proven)
        self.journal_id = batch.journal_id
        return [self.store(batch)]

    def _use(self, device_nonce):
        self.device_nonce, self.server_nonce = device_nonce, self._nonces[device_nonce]

    def store(self, batch):
        for sequence, data in enumerate(batch.records, batch.first_sequence):
            if sequence == self.stored_through + 1:
                self.into_custody(sequence, data)
            elif sequence <= self.stored_through and not self._is_known(sequence, data):
                self.oracle.fail("conflict: sequence %d came again with other bytes" % sequence)
        return self.ack()

    def _is_known(self, sequence, data):
        """Whether these bytes, or nothing but a gap, are what is there; a tombstone changes nothing."""
        return self._of(sequence) in (data, bytes(RECORD_BYTES)) or decode_record(data).kind == KIND_TOMBSTONE

    def into_custody(self, sequence, data):
        record = decode_record(data)
        self.stored_through = sequence
        self.highest = max(self.highest, sequence)
        if record.kind == KIND_TOMBSTONE:
            self.oracle.gap(sequence)
        else:
            self.kept[RECORD_BYTES * sequence : RECORD_BYTES * (sequence + 1)] = data
            self.oracle.stored(sequence, record, self.server_time - self.error_s)

    def ack_beyond(self):
        """A server that is wrong about what there is."""
        return self.ack(stored_through=self.stored_through + 1000)

    def restore(self, through):
        """The database comes back from an older backup."""
        for sequence in range(through + 1, self.stored_through + 1):
            self.kept[RECORD_BYTES * sequence : RECORD_BYTES * (sequence + 1)] = bytes(RECORD_BYTES)
            self.oracle.forgotten(sequence)
        self.stored_through = through

    def record(self, sequence):
        return decode_record(self._of(sequence))

    def _of(self, sequence):
        return bytes(self.kept[RECORD_BYTES * sequence : RECORD_BYTES * (sequence + 1)])
