"""The six messages against the golden vectors: meaning to bytes, bytes to meaning, and every refusal."""

from binascii import unhexlify

from protocol.envelope import (
    BATCH,
    HEADER_BYTES,
    HMAC_BYTES,
    MESSAGE_BYTES_MAX,
    Envelope,
    Header,
    begin,
    finish,
    parse,
    seal,
    verify,
)
from protocol.messages import ContentChunk, ContentRequest, begin_batch, encode_content_chunk, encode_content_request
from tests.protocol.golden import (
    DECODERS,
    ENCODERS,
    everything,
    key,
    message_meant,
    receive,
    refusal,
    vectors,
)

HEADER = Header(4, 0xC0FFEE, 3, b"device_n", b"server_n")


def test_every_vector_is_received_with_its_meaning():
    secret = key()
    for vector in vectors("messages.json"):
        data = unhexlify(vector["bytes"])
        assert receive(data, vector["direction"], secret) == message_meant(vector), vector["name"]


def test_every_meaning_is_sealed_to_its_bytes():
    secret = key()
    for vector in vectors("messages.json"):
        header, body = message_meant(vector)
        assert seal(header, ENCODERS[header.type](body), secret) == unhexlify(vector["bytes"]), vector["name"]


def test_a_message_built_piece_by_piece_is_the_same():
    secret = key()
    for vector in vectors("messages.json"):
        header, body = message_meant(vector)
        if header.type == BATCH:
            message = begin(header)
            message.extend(begin_batch(body.journal_id, body.first_sequence, len(body.records)))
            for record in body.records:
                message.extend(record)
            assert finish(message, secret) == unhexlify(vector["bytes"]), vector["name"]


def test_what_was_received_is_sealed_to_the_same_bytes():
    secret = key()
    for vector in vectors("messages.json"):
        data = unhexlify(vector["bytes"])
        header, body = receive(data, vector["direction"], secret)
        assert seal(header, ENCODERS[header.type](body), secret) == data, vector["name"]


def test_the_envelope_names_its_parts():
    for vector in vectors("messages.json"):
        data = unhexlify(vector["bytes"])
        header, _ = message_meant(vector)
        assert parse(data, vector["direction"]) == Envelope(header, data[HEADER_BYTES:-HMAC_BYTES])
        assert parse(data, vector["direction"]).header.type == vector["header"]["type"]


def test_what_is_refused_is_refused_for_its_reason():
    secret = key()
    for vector in vectors("messages.json", "refused"):
        data = unhexlify(vector["bytes"])
        assert refusal(receive, data, vector["direction"], secret) == vector["reason"], vector["name"]


def test_all_six_messages_have_vectors():
    kinds = {vector["header"]["type"] for vector in vectors("messages.json")}
    assert kinds == set(DECODERS)


def test_no_vector_is_longer_than_a_message_may_be():
    for vector in vectors("messages.json"):
        assert len(vector["bytes"]) // 2 <= MESSAGE_BYTES_MAX, vector["name"]


def test_no_message_passes_for_one_of_the_other_direction_or_under_another_key():
    secret = key()
    for vector in vectors("messages.json"):
        data = unhexlify(vector["bytes"])
        assert refusal(parse, data, 3 - vector["direction"]) == "direction", vector["name"]
        assert refusal(verify, data, bytes(32)) == "hmac", vector["name"]
        assert refusal(verify, data, secret) == "accepted", vector["name"]


def test_what_nobody_would_understand_is_not_sealed():
    secret = key()
    for header in (
        HEADER,
        Header(7, *HEADER[1:]),
        Header(4, 1 << 32, *HEADER[2:]),
        Header(4, 1, 1 << 16, *HEADER[3:]),
        Header(4, 1, 1, b"short", HEADER[4]),
        Header(4, 1, 1, HEADER[3], b"far too long"),
    ):
        expected = "sealed" if header is HEADER else "refused"
        assert _sealed(header, b"", secret) == expected, header
    assert _sealed(HEADER, b"", secret[:31]) == "refused"
    room = MESSAGE_BYTES_MAX - HEADER_BYTES - HMAC_BYTES
    assert _sealed(HEADER, bytes(room), secret) == "sealed"
    assert _sealed(HEADER, bytes(room + 1), secret) == "refused"


def test_a_body_that_the_other_end_would_refuse_is_not_encoded():
    by_name = {vector["name"]: message_meant(vector) for vector in vectors("messages.json")}
    status = by_name["a status"][1]
    desired = by_name["a questionnaire desired"][1]
    batch = by_name["two records and a tombstone"][1]
    for kind, body in (
        (1, _with(status, 0, 65536)),
        (1, _with(status, 5, 45)),
        (1, _with(status, 7, 0)),
        (1, _with(status, 12, "a" * 33)),
        (1, _with(status, 12, "caf\xe9")),
        (1, _with(status, 14, ((1, 1),) * 17)),
        (1, _with(status, 14, ((256, 1),))),
        (2, _with(desired, 2, desired.items * 33)),
        (2, _with(desired, 2, (_with(desired.items[0], 4, b"short"),))),
        (3, _with(batch, 0, b"short")),
        (3, _with(batch, 1, 41)),
        (3, _with(batch, 1, 0)),
        (3, _with(batch, 2, (batch.records[0][:31],))),
        (3, _with(batch, 2, batch.records * 34)),
        (4, _with(by_name["an ack"][1], 1, -1)),
        (5, ContentRequest(b"short", 0, 1)),
        (5, ContentRequest(bytes(32), 0, 0)),
        (6, ContentChunk(bytes(32), 0, 1, bytes(1025))),
        (6, ContentChunk(bytes(32), 0, 2, bytes(1023))),
        (6, ContentChunk(bytes(32), 1, 1, b"x")),
        (6, ContentChunk(bytes(31), 0, 1, b"x")),
    ):
        try:
            ENCODERS[kind](body)
        except ValueError:
            continue
        raise AssertionError("encoded: %s" % (body,))


def test_requests_and_chunks_reach_their_limits():
    assert encode_content_request(ContentRequest(bytes(32), 0xFFFF, 255))
    assert encode_content_chunk(ContentChunk(bytes(32), 0xFFFE, 0xFFFF, b"x"))


def test_the_key_of_the_vectors_is_given():
    assert len(key()) == 32
    assert everything("messages.json")["key"] == "".join(["%02x" % byte for byte in range(1, 33)])


def _with(values, at, value):
    """The named tuple with one value replaced."""
    return type(values)(*values[:at], value, *values[at + 1 :])


def _sealed(header, body, secret):
    try:
        seal(header, body, secret)
    except ValueError:
        return "refused"
    return "sealed"
