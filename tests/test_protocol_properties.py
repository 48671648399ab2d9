"""What holds for every value and for any bytes: encoding and decoding undo each other, and nothing else happens."""

import hmac
from contextlib import suppress
from hashlib import sha256
from zlib import crc32

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol import messages
from protocol.envelope import ACK, BATCH, CONTENT_CHUNK, CONTENT_REQUEST, DESIRED, STATUS, Header, hmac_sha256, seal
from protocol.errors import ProtocolError
from protocol.identity import Identity, decode_identity, encode_identity
from protocol.instants import INSTANT_MAX, from_unix, to_unix
from protocol.package import HEAD_BYTES, pack_package, parse_head
from protocol.record import Record, check_record, decode_record, encode_record, tombstone
from protocol.status import COUNTERS_MAX
from protocol.topics import device_name, parse_up_topic, up_topic
from tests.protocol.golden import DECODERS, ENCODERS, receive


def holds_for(*strategies):
    """As `given`, on a machine of any speed."""
    unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    return lambda test: unhurried(given(*strategies)(test))


u8 = st.integers(0, 0xFF)
u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
eight_bytes = st.binary(min_size=8, max_size=8)
digests = st.binary(min_size=32, max_size=32)
keys = st.binary(min_size=32, max_size=32)
versions = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=32)
words = st.text(min_size=1, max_size=12)  # as JSON, a character may take twelve bytes
clocks = st.one_of(st.just((0, 0)), st.tuples(st.integers(1, 0xFFFFFFFF), st.integers(1, 3)))

records = st.builds(
    Record, u8, u16, u16, u32, u16, u32, u32,
    st.integers(0, 31), st.integers(0, 7), st.integers(0, 31), st.integers(0, 7), u8,
    st.tuples(*[st.integers(0, 15)] * 12),
)  # fmt: skip
wild_numbers = st.integers(-2, 1 << 33)
wild_records = st.builds(Record, *[wild_numbers] * 12, st.lists(st.integers(-1, 16), max_size=13).map(tuple))


@st.composite
def statuses(draw):
    clock, quality = draw(clocks)
    last = draw(st.integers(0, messages.SEQUENCE_MAX))
    return messages.Status(
        draw(u16), draw(u32), clock, quality, draw(eight_bytes),
        draw(st.integers(0, last)), last, draw(st.integers(1, last + 1)),
        draw(u32), draw(u16), draw(u32), draw(u32), draw(versions), draw(versions),
        tuple(draw(st.lists(st.tuples(u8, u32), max_size=COUNTERS_MAX))),
    )  # fmt: skip


@st.composite
def batches(draw):
    count = draw(st.integers(0, messages.BATCH_RECORDS_MAX))
    first = draw(st.integers(1, messages.SEQUENCE_MAX + 1 - count))
    return messages.Batch(draw(eight_bytes), first, tuple(tombstone(first + at) for at in range(count)))


@st.composite
def chunks(draw):
    all_chunks = draw(st.integers(1, 0xFFFF))
    chunk = draw(st.integers(0, all_chunks - 1))
    size = draw(st.integers(1, messages.CHUNK_BYTES)) if chunk == all_chunks - 1 else messages.CHUNK_BYTES
    return messages.ContentChunk(draw(digests), chunk, all_chunks, bytes(size))


items = st.builds(messages.Item, u8, u16, u32, u32, digests)
BODIES = {
    STATUS: statuses(),
    DESIRED: st.builds(messages.Desired, u32, u32, st.lists(items, max_size=messages.ITEMS_MAX).map(tuple)),
    BATCH: batches(),
    ACK: st.builds(messages.Ack, eight_bytes, u32, u32, u32),
    CONTENT_REQUEST: st.builds(messages.ContentRequest, digests, u16, st.integers(1, 255)),
    CONTENT_CHUNK: chunks(),
}
DIRECTION = {STATUS: 1, DESIRED: 2, BATCH: 1, ACK: 2, CONTENT_REQUEST: 1, CONTENT_CHUNK: 2}
bodies = st.sampled_from(sorted(BODIES)).flatmap(lambda kind: st.tuples(st.just(kind), BODIES[kind]))


@holds_for(records)
def test_a_record_is_decoded_to_what_was_encoded(record):
    assert decode_record(encode_record(record)) == record


@holds_for(wild_records)
def test_a_record_is_encoded_whole_or_not_at_all(record):
    try:
        data = encode_record(record)
    except ValueError:
        return
    padded = record.answers + (0,) * (12 - len(record.answers))
    assert decode_record(data) == record._replace(answers=padded)


@holds_for(st.binary(min_size=28, max_size=28))
def test_any_28_bytes_with_their_crc_are_one_record(payload):
    data = payload + crc32(payload).to_bytes(4, "little")
    record = decode_record(data)
    assert encode_record(record) == data
    with suppress(ProtocolError):
        check_record(record)


@holds_for(bodies, u32, u16, eight_bytes, eight_bytes, keys)
def test_a_message_is_received_as_it_was_sealed(body, device_id, key_epoch, device_nonce, server_nonce, key):
    kind, meaning = body
    header = Header(kind, device_id, key_epoch, device_nonce, server_nonce)
    data = seal(header, ENCODERS[kind](meaning), key)
    assert receive(data, DIRECTION[kind], key) == (header, meaning)


@holds_for(st.sampled_from(sorted(DECODERS)), st.binary(max_size=256))
def test_any_body_is_refused_or_has_one_meaning(kind, body):
    try:
        meaning = DECODERS[kind](body)
    except ProtocolError:
        return
    assert ENCODERS[kind](meaning) == body


@holds_for(bodies, st.data())
def test_a_message_with_any_byte_changed_is_refused(body, data):
    kind, meaning = body
    sealed = bytearray(seal(Header(kind, 1, 1, bytes(8), bytes(8)), ENCODERS[kind](meaning), bytes(32)))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    try:
        receive(bytes(sealed), DIRECTION[kind], bytes(32))
    except ProtocolError:
        return
    raise AssertionError(f"byte {at} made no difference")


@holds_for(st.binary(max_size=64), st.binary(max_size=4096))
def test_hmac_is_the_one_of_the_standard_library(key, data):
    assert hmac_sha256(key, data) == hmac.new(key, data, sha256).digest()


@holds_for(words, st.integers(1, 0xFFFFFFFF), st.integers(1, 0xFFFF), keys, words)
def test_an_identity_is_read_as_it_was_written(serial, device_id, key_epoch, key, password):
    identity = Identity(serial, device_id, key_epoch, key, password)
    assert decode_identity(encode_identity(identity)) == identity


@holds_for(st.binary(max_size=16384), st.binary(max_size=1000))
def test_a_package_is_as_long_as_its_head_says(index, pictures):
    data = pack_package(index, pictures)
    assert parse_head(data[:HEAD_BYTES]) == (len(index), len(pictures))
    assert len(data) == HEAD_BYTES + len(index) + len(pictures) + 4


@holds_for(u32)
def test_a_topic_is_parsed_to_its_device(device_id):
    assert parse_up_topic(up_topic(device_id, BATCH)) == (device_id, "batch")
    assert len(device_name(device_id)) == 8


@holds_for(st.text(max_size=40))
def test_any_other_topic_is_refused(text):
    for topic in (text, f"pet/v1/d/{text}/up/batch"):
        try:
            device_id, word = parse_up_topic(topic)
        except ProtocolError:
            continue
        assert topic == f"pet/v1/d/{device_name(device_id)}/up/{word}"


@holds_for(st.integers(1, INSTANT_MAX))
def test_an_instant_survives_unix_time(instant):
    assert from_unix(to_unix(instant)) == instant
