"""The pet_id area against the golden vectors: who a device is, or why it cannot know."""

from binascii import unhexlify

from protocol.identity import (
    AREA_BYTES,
    IDENTITY_BYTES_MAX,
    Identity,
    decode_identity,
    encode_identity,
)
from tests.protocol.golden import everything, meant, refusal, vectors

GOOD = Identity("PET-0042", 1, 1, bytes(32), "password")


def test_every_vector_is_read_to_its_identity():
    for vector in vectors("identity.json"):
        expected = Identity(**meant(vector["fields"]))
        assert decode_identity(_area(vector)) == expected, vector["name"]
        assert decode_identity(_area(vector)[:IDENTITY_BYTES_MAX]) == expected, vector["name"]


def test_every_identity_is_read_back_from_what_is_written():
    """Not compared byte by byte: JSON has no order of members, and MicroPython keeps none."""
    for vector in vectors("identity.json"):
        identity = Identity(**meant(vector["fields"]))
        area = encode_identity(identity)
        assert len(area) == AREA_BYTES == everything("identity.json")["area_bytes"]
        assert decode_identity(area) == identity, vector["name"]


def test_what_is_refused_is_refused_for_its_reason():
    for vector in vectors("identity.json", "refused"):
        assert refusal(decode_identity, _area(vector)) == vector["reason"], vector["name"]


def test_every_truncation_is_refused():
    for vector in vectors("identity.json"):
        data = unhexlify(vector["bytes"])
        for length in range(len(data)):
            assert refusal(decode_identity, data[:length]) in ("crc", "identity"), (vector["name"], length)


def test_every_flipped_bit_is_refused():
    data = bytearray(unhexlify(vectors("identity.json")[0]["bytes"]))
    for bit in range(8 * len(data)):
        data[bit // 8] ^= 1 << bit % 8
        assert refusal(decode_identity, bytes(data)) in ("crc", "identity"), bit
        data[bit // 8] ^= 1 << bit % 8


def test_no_refusal_tells_a_secret():
    for vector in vectors("identity.json", "refused"):
        try:
            decode_identity(_area(vector))
        except ValueError as error:
            assert "correct horse" not in str(error), vector["name"]
            assert "0102030405" not in str(error), vector["name"]


def test_what_no_device_could_use_is_not_written():
    for at, value in ((0, ""), (1, 0), (1, 1 << 32), (1, "1"), (2, 65536), (3, bytes(31)), (4, ""), (4, "p" * 512)):
        identity = Identity(*GOOD[:at], value, *GOOD[at + 1 :])
        try:
            encode_identity(identity)
        except ValueError:
            continue
        raise AssertionError("written: %s" % (identity,))
    assert decode_identity(encode_identity(GOOD)) == GOOD


def _area(vector):
    data = unhexlify(vector["bytes"])
    return data + b"\xff" * (AREA_BYTES - len(data))
