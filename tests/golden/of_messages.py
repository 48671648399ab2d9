"""Vectors of messages: each of the six, typical and extreme, and every way in which one is refused."""

from tests.golden import by_hand
from tests.golden.by_hand import DIGEST, DOWN, JOURNAL_ID, KEY, OTHER_KEY, TYPES, UP, header, record, seal
from tests.golden.of_records import PLAIN, TOMBSTONE

BODIES = {
    "status": by_hand.status,
    "desired": by_hand.desired,
    "batch": by_hand.batch,
    "ack": by_hand.ack,
    "content request": by_hand.content_request,
    "content chunk": by_hand.content_chunk,
}
DIRECTIONS = {"status": UP, "desired": DOWN, "batch": UP, "ack": DOWN, "content request": UP, "content chunk": DOWN}
STATUS = {
    "session": 5,
    "seconds": 7200,
    "clock": 185331600,
    "quality": 3,
    "journal_id": JOURNAL_ID.hex(),
    "acked_through": 41,
    "last_sequence": 44,
    "oldest_readable": 1,
    "desired_revision": 12,
    "battery_mv": 3712,
    "free_slots": 32300,
    "all_slots": 32508,
    "application": "0.1.0",
    "base": "1.26.1 ESP32_GENERIC",
    "counters": [[1, 9], [2, 3]],
}
EMPTY_JOURNAL = {"acked_through": 0, "last_sequence": 0, "oldest_readable": 1}
LONGEST = {
    **dict.fromkeys(("session", "battery_mv"), 0xFFFF),
    **dict.fromkeys(("seconds", "clock", "desired_revision", "free_slots", "all_slots"), 0xFFFFFFFF),
    **dict.fromkeys(("acked_through", "last_sequence"), 0xFFFFFFFE),
    "oldest_readable": 0xFFFFFFFF,
    "application": "a" * 32,
    "base": "~ " * 16,
    "counters": [[counter, 0xFFFFFFFF] for counter in range(240, 256)],
}
ITEM = {"kind": 1, "number": 7, "revision": 2, "length": 5120, "digest": DIGEST.hex()}
DESIRED = {"server_time": 185331605, "revision": 13, "items": [ITEM]}
ACK = {"journal_id": JOURNAL_ID.hex(), "stored_through": 44, "resend_from": 0, "server_time": 185331606}
REQUEST = {"digest": DIGEST.hex(), "first_chunk": 2, "chunks": 3}
CHUNK = {"digest": DIGEST.hex(), "chunk": 4, "all_chunks": 5, "data": (b"PETQ" * 16).hex()}
FULL = bytes(at * 7 % 256 for at in range(1024))


def _records(first, count):
    return [record({**PLAIN, "sequence": sequence}).hex() for sequence in range(first, first + count)]


def _batch(first, records):
    return {"journal_id": JOURNAL_ID.hex(), "first_sequence": first, "records": records}


BATCH = _batch(42, [*_records(42, 2), record(TOMBSTONE).hex()])
DAMAGED = "00" * 5 + (43).to_bytes(4, "little").hex() + "ee" * 23


def valid():
    """Each is opened to its fields and sealed to its bytes under KEY."""
    yield _vector("a status", "status", STATUS)
    yield _vector("the status of a new device", "status", {**STATUS, **EMPTY_JOURNAL, "clock": 0, "quality": 0})
    yield _vector("a status without counters", "status", {**STATUS, "counters": [], "application": "", "base": ""})
    yield _vector("the longest status", "status", {**STATUS, **LONGEST})
    yield _vector("nothing desired", "desired", {**DESIRED, "revision": 0, "items": []})
    yield _vector("a questionnaire desired", "desired", DESIRED)
    kinds = [{**ITEM, "kind": kind, "number": kind - 1} for kind in (1, 2, 3, 4, 200)]
    yield _vector("every kind of item, and one of a later version", "desired", {**DESIRED, "items": kinds})
    yield _vector("the longest desired state", "desired", {**DESIRED, "items": [ITEM] * 32})
    yield _vector("two records and a tombstone", "batch", BATCH)
    yield _vector("an empty batch: nothing waits", "batch", _batch(45, []))
    yield _vector("the first record", "batch", _batch(1, _records(1, 1)))
    yield _vector("the longest batch", "batch", _batch(42, _records(42, 100)))
    yield _vector("the last sequences", "batch", _batch(0xFFFFFFFD, _records(0xFFFFFFFD, 2)))
    yield _vector("a damaged record among good ones", "batch", _batch(42, [*_records(42, 1), DAMAGED]))
    yield _vector("an ack", "ack", ACK)
    yield _vector("an ack that asks again", "ack", {**ACK, "stored_through": 20, "resend_from": 21})
    yield _vector("a content request", "content request", REQUEST)
    yield _vector("the last chunk", "content chunk", CHUNK)
    yield _vector("a whole chunk", "content chunk", {**CHUNK, "chunk": 0, "data": FULL.hex()})
    yield _vector("no such package", "content chunk", {**CHUNK, "chunk": 0, "all_chunks": 0, "data": ""})
    for name, changes in (
        ("the highest device_id", {"device_id": 0xFFFFFFFF}),
        ("the highest key epoch", {"key_epoch": 0xFFFF}),
    ):
        yield _vector(name, "ack", ACK, **changes)


def refused():
    """Each fails when it is received in `direction` by an end that holds KEY."""
    ack = seal(header(TYPES["ack"], DOWN) + by_hand.ack(ACK))
    yield _refused("no bytes", "length", DOWN, b"")
    yield _refused("one byte less than header and HMAC", "length", DOWN, ack[:26] + ack[-15:])
    yield _refused("one byte too many for any message", "length", DOWN, ack + bytes(3601 - len(ack)))
    yield _refused("an ack sent up", "direction", UP, ack)
    yield _refused("another key", "hmac", DOWN, seal(ack[:-16], OTHER_KEY))
    yield _refused("the second half of the HMAC", "hmac", DOWN, ack[:-16] + _second_half(ack[:-16]))
    yield _refused("the last byte cut off", "hmac", DOWN, ack[:-1])
    yield _refused("a byte added", "hmac", DOWN, ack + b"\x00")
    for offset in (4, 8, 10, 18, 26, len(ack) - 1):
        yield _refused(f"one bit of byte {offset} flipped", "hmac", DOWN, _flipped(ack, offset))
    for name, reason, direction, head in (
        ("protocol version 0", "version", DOWN, header(TYPES["ack"], DOWN, version=0)),
        ("protocol version 2", "version", DOWN, header(TYPES["ack"], DOWN, version=2)),
        ("a reserved byte in use", "reserved", DOWN, header(TYPES["ack"], DOWN, reserved=1)),
        ("direction 3", "direction", DOWN, header(TYPES["ack"], 3)),
        ("an ack that says it goes up", "type", UP, header(TYPES["ack"], UP)),
        ("a status that says it goes down", "type", DOWN, header(TYPES["status"], DOWN)),
        ("type 0", "type", DOWN, header(0, DOWN)),
        ("type 7", "type", UP, header(7, UP)),
    ):
        yield _refused(name, reason, direction, seal(head + by_hand.ack(ACK)))
    for name, reason, kind, body in _refused_bodies():
        direction = DIRECTIONS[kind]
        yield _refused(name, reason, direction, seal(header(TYPES[kind], direction) + body))


def _refused_bodies():
    def status(**changes):
        return by_hand.status({**STATUS, **changes})

    def batch(first, records):
        return by_hand.batch(_batch(first, records))

    def chunk(**changes):
        return by_hand.content_chunk({**CHUNK, **changes})

    whole = status()
    yield "a status cut in its fixed part", "length", "status", whole[:44]
    yield "a status cut in a version", "length", "status", whole[:48]
    yield "a version of 33 characters", "length", "status", status(application="a" * 33)
    yield "a line break in a version", "range", "status", status(base="1.26\n")
    yield "the character 127 in a version", "range", "status", status(base="1.26\x7f")
    yield "a status without its number of counters", "length", "status", status(counters=[])[:-1]
    yield "a counter cut short", "length", "status", whole[:-1]
    yield "a byte after the counters", "length", "status", whole + b"\x00"
    yield "seventeen counters", "length", "status", status(counters=[[1, 1]] * 17)
    yield "acked beyond the last", "range", "status", status(acked_through=45)
    yield "oldest readable 0", "range", "status", status(oldest_readable=0)
    yield "oldest readable two beyond the last", "range", "status", status(oldest_readable=46)
    yield "a sequence beyond all sequences", "range", "status", status(last_sequence=0xFFFFFFFF)
    yield "a status with clock quality 4", "range", "status", status(quality=4)
    yield "a status whose clock is unset and is server time", "range", "status", status(clock=0)
    yield "a desired state cut short", "length", "desired", by_hand.desired(DESIRED)[:-1]
    yield "thirty-three items", "length", "desired", by_hand.desired({**DESIRED, "items": [ITEM] * 33})
    yield "a hundred and one records", "length", "batch", batch(42, _records(42, 101))
    yield "fewer records than it says", "length", "batch", batch(42, _records(42, 2))[:-32]
    yield "half a record", "length", "batch", batch(42, _records(42, 2))[:-16]
    yield "a batch from sequence 0", "sequence", "batch", batch(0, _records(0, 1))
    yield "an empty batch from sequence 0", "sequence", "batch", batch(0, [])
    yield "a record of another sequence", "sequence", "batch", batch(42, [*_records(42, 1), *_records(44, 1)])
    yield "sequences that do not fit", "sequence", "batch", batch(0xFFFFFFFF, _records(0xFFFFFFFF, 1))
    yield "an ack cut short", "length", "ack", by_hand.ack(ACK)[:-1]
    yield "an ack with a byte more", "length", "ack", by_hand.ack(ACK) + b"\x00"
    yield "a request cut short", "length", "content request", by_hand.content_request(REQUEST)[:-1]
    yield "a request for no chunk", "range", "content request", by_hand.content_request({**REQUEST, "chunks": 0})
    yield "a chunk beyond the last", "range", "content chunk", chunk(chunk=5)
    yield "no chunks in all", "range", "content chunk", chunk(chunk=0, all_chunks=0)
    yield "an empty chunk", "length", "content chunk", chunk(data="")
    yield "a short chunk that is not the last", "length", "content chunk", chunk(chunk=3)
    yield "a chunk of 1,025 bytes", "length", "content chunk", chunk(data=(FULL + b"\x00").hex())


def _vector(name, kind, fields, **changes):
    head = {"device_id": by_hand.DEVICE_ID, "key_epoch": by_hand.KEY_EPOCH, **changes}
    lead = header(TYPES[kind], DIRECTIONS[kind], **changes)
    data = seal(lead + BODIES[kind](fields))
    nonces = {"device_nonce": lead[10:18].hex(), "server_nonce": lead[18:26].hex()}
    return {
        "name": name,
        "message": kind,
        "direction": DIRECTIONS[kind],
        "header": {"type": TYPES[kind], **head, **nonces},
        "fields": fields,
        "bytes": data.hex(),
    }


def _refused(name, reason, direction, data):
    return {"name": name, "direction": direction, "bytes": data.hex(), "reason": reason}


def _flipped(data, offset):
    return bytes([*data[:offset], data[offset] ^ 1, *data[offset + 1 :]])


def _second_half(message):
    return by_hand.hmac.new(KEY, message, by_hand.sha256).digest()[16:]
