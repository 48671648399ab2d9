"""Whatever bytes come in: a ProtocolError or the one meaning that has these bytes, and never another exception."""

from binascii import unhexlify

from protocol.envelope import DIRECTIONS, DOWN, HEADER_BYTES, HMAC_BYTES, MESSAGE_BYTES_MAX, UP, Header, parse, seal
from protocol.errors import ProtocolError
from protocol.identity import MAGIC as IDENTITY_MAGIC
from protocol.identity import decode_identity
from protocol.package import MAGIC as PACKAGE_MAGIC
from protocol.package import parse_head, parse_index
from protocol.record import decode_record
from protocol.topics import parse_up_topic
from tests.protocol.golden import DECODERS, ENCODERS, key, receive, refusal, vectors

NOISE_BYTES = 65536
HEADER = Header(1, 0xC0FFEE, 3, b"device_n", b"server_n")
SHORT = 300  # of a longer message, single bits are tried in its first bytes and its last


def test_every_truncation_of_every_message_is_refused():
    secret = key()
    for vector in vectors("messages.json"):
        data = unhexlify(vector["bytes"])
        for length in range(len(data)):
            found = refusal(receive, data[:length], vector["direction"], secret)
            expected = "hmac" if length >= HEADER_BYTES + HMAC_BYTES else "length"
            assert found == expected, (vector["name"], length, found)


def test_every_flipped_bit_of_every_message_is_refused():
    secret = key()
    for vector in vectors("messages.json"):
        data = bytearray(unhexlify(vector["bytes"]))
        for bit in range(8 * len(data)):
            data[bit // 8] ^= 1 << bit % 8
            found = refusal(receive, bytes(data), vector["direction"], secret)
            assert found in _reasons_of_flip(bit // 8), (vector["name"], bit, found)
            data[bit // 8] ^= 1 << bit % 8


def _reasons_of_flip(offset):
    if offset == 2:
        return ("type", "hmac")  # a flip may make it another type of the same direction
    return (("version", "direction", "", "reserved")[offset] if offset < 4 else "hmac",)


def test_every_truncation_of_a_body_that_is_sealed_is_refused_or_means_its_bytes():
    """As from a client with a defect: authentic, and wrong."""
    for kind, body in _bodies():
        for length in range(len(body)):
            _decode(kind, body[:length])


def test_every_flipped_bit_of_a_body_that_is_sealed_is_refused_or_means_its_bytes():
    for kind, body in _bodies():
        data = bytearray(body)
        for at in range(len(data)):
            if SHORT <= at < len(data) - SHORT:
                continue
            for bit in range(8):
                data[at] ^= 1 << bit
                _decode(kind, bytes(data))
                data[at] ^= 1 << bit


def test_a_byte_more_is_refused_or_means_its_bytes():
    for kind, body in _bodies():
        _decode(kind, body + b"\x00")
        _decode(kind, body + b"\xff" * 32)


def test_64_kb_of_noise_are_refused():
    noise = _noise(1, NOISE_BYTES)
    for direction in (UP, DOWN):
        assert refusal(parse, noise, direction) == "length"
        assert refusal(receive, noise, direction, key()) == "length"
    for decode in (decode_record, parse_head, decode_identity):
        assert refusal(decode, noise) != "accepted"
    assert refusal(parse_index, noise) == "package"


def test_noise_of_every_length_is_refused():
    secret = key()
    noise = _noise(2, MESSAGE_BYTES_MAX + 1)
    for length in range(MESSAGE_BYTES_MAX + 2):
        assert refusal(receive, noise[:length], UP, secret) != "accepted", length


def test_noise_after_a_good_header_is_refused():
    """So that every kind is met, and its HMAC is what refuses it."""
    secret = key()
    for kind, direction in DIRECTIONS.items():
        for length in range(200):
            head = seal(Header(kind, *HEADER[1:]), b"", secret)[:HEADER_BYTES]
            data = head + _noise(3 + length, HMAC_BYTES + length)
            assert refusal(receive, data, direction, secret) == "hmac"


def test_noise_for_a_body_is_refused_or_means_its_bytes():
    for kind in DECODERS:
        for seed in range(300):
            _decode(kind, _noise(seed, seed % 211))


def test_noise_in_files_raises_nothing_else():
    for seed in range(300):
        noise = _noise(seed, seed)
        refusal(decode_record, noise[:32])
        refusal(decode_identity, IDENTITY_MAGIC + b"\x01\x00" + noise)
        refusal(parse_head, PACKAGE_MAGIC + b"\x01\x00" + noise)
        refusal(parse_index, noise)
        refusal(parse_index, b'{"reference":1,"languages":' + bytes([32 + byte % 95 for byte in noise]) + b"}")


def test_noise_in_topics_is_refused():
    for seed in range(300):
        word = "".join([chr(byte) for byte in _noise(seed, seed % 40)])
        for topic in (word, "pet/v1/d/" + word + "/up/batch", "pet/v1/d/00c0ffee/up/" + word, "/" * seed):
            assert refusal(parse_up_topic, topic) == "topic", topic


def test_an_oversized_message_is_refused_before_anything_else():
    secret = key()
    body = bytes(MESSAGE_BYTES_MAX - HEADER_BYTES - HMAC_BYTES)
    largest = seal(HEADER, body, secret)
    assert len(largest) == MESSAGE_BYTES_MAX
    assert len(parse(largest, UP).body) == len(body)
    assert refusal(parse, largest + b"\x00", UP) == "length"


def _bodies():
    for vector in vectors("messages.json"):
        yield vector["header"]["type"], unhexlify(vector["bytes"])[HEADER_BYTES:-HMAC_BYTES]


def _decode(kind, body):
    """Whatever is accepted is encoded to the same bytes: no meaning has two forms."""
    try:
        meaning = DECODERS[kind](body)
    except ProtocolError:
        return
    assert ENCODERS[kind](meaning) == body, (kind, body)


def _noise(seed, length):
    """The same bytes on both interpreters: a linear congruential generator (Numerical Recipes), its high bytes."""
    state = seed
    noise = bytearray(length)
    for at in range(length):
        state = (1664525 * state + 1013904223) & 0xFFFFFFFF
        noise[at] = state >> 24
    return bytes(noise)
