"""CRC-32 and HMAC-SHA-256, which every other vector rests on: printed in a standard, or made by CPython's own."""

from binascii import crc32, unhexlify

from protocol.envelope import hmac_sha256, same_bytes
from tests.protocol.golden import hexadecimal, vectors


def test_crc32_is_the_one_of_the_vectors():
    for vector in vectors("digests.json", "crc32"):
        assert crc32(unhexlify(vector["data"])) == vector["crc32"], vector


def test_hmac_is_the_one_of_the_vectors():
    for vector in vectors("digests.json", "hmac_sha256"):
        digest = hmac_sha256(unhexlify(vector["key"]), unhexlify(vector["data"]))
        assert hexadecimal(digest) == vector["hmac_sha256"], vector["name"]


def test_a_key_longer_than_a_block_is_refused():
    try:
        hmac_sha256(bytes(65), b"")
    except ValueError as error:
        assert "64" in str(error)
    else:
        raise AssertionError("accepted")


def test_bytes_are_compared_over_their_whole_length():
    assert same_bytes(b"", b"")
    assert same_bytes(b"abcd", b"abcd")
    for other in (b"bbcd", b"abcc", b"abc", b"abcde", b""):
        assert not same_bytes(b"abcd", other), other
