"""The questionnaire package against the golden vectors."""

from binascii import crc32, unhexlify
from struct import unpack

from protocol.package import (
    CRC_BYTES,
    HEAD_BYTES,
    INDEX_BYTES_MAX,
    PACKAGE_BYTES_MAX,
    pack_package,
    parse_head,
    parse_index,
    parse_texts,
)
from tests.protocol.golden import refusal, vectors


def test_every_vector_is_packed_to_its_bytes():
    for vector in vectors("packages.json"):
        packed = pack_package(unhexlify(vector["index_bytes"]), unhexlify(vector["pictures"]))
        assert packed == unhexlify(vector["bytes"]), vector["name"]


def test_every_vector_is_read_to_its_index_and_pictures():
    for vector in vectors("packages.json"):
        data = unhexlify(vector["bytes"])
        index_bytes, picture_bytes = parse_head(data[:HEAD_BYTES])
        pictures_at = HEAD_BYTES + index_bytes
        assert len(data) == pictures_at + picture_bytes + CRC_BYTES, vector["name"]
        assert parse_index(data[HEAD_BYTES:pictures_at]) == vector["index"], vector["name"]
        assert data[pictures_at:-CRC_BYTES] == unhexlify(vector["pictures"]), vector["name"]
        assert unpack("<I", data[-CRC_BYTES:])[0] == crc32(data[:-CRC_BYTES]), vector["name"]


def test_heads_are_refused_for_their_reason():
    for vector in vectors("packages.json", "refused_heads"):
        assert refusal(parse_head, unhexlify(vector["bytes"])) == vector["reason"], vector["name"]


def test_indices_are_refused_for_their_reason():
    for vector in vectors("packages.json", "refused_indices"):
        assert refusal(parse_index, unhexlify(vector["bytes"])) == vector["reason"], vector["name"]


def test_texts_are_read_to_their_list():
    for vector in vectors("packages.json", "texts"):
        assert parse_texts(unhexlify(vector["index_bytes"])) == vector["texts"], vector["name"]


def test_texts_are_refused_for_their_reason():
    for vector in vectors("packages.json", "refused_texts"):
        assert refusal(parse_texts, unhexlify(vector["bytes"])) == vector["reason"], vector["name"]


def test_every_truncated_index_is_refused():
    index = unhexlify(vectors("packages.json")[0]["index_bytes"])
    for length in range(len(index)):
        assert refusal(parse_index, index[:length]) == "package", length


def test_a_flipped_bit_of_the_index_raises_nothing_else():
    """Not every flip is refused here, a digit may turn into another: the CRC of the whole finds those."""
    index = bytearray(unhexlify(vectors("packages.json")[0]["index_bytes"]))
    for bit in range(8 * len(index)):
        index[bit // 8] ^= 1 << bit % 8
        assert refusal(parse_index, bytes(index)) in ("package", "accepted"), bit
        index[bit // 8] ^= 1 << bit % 8


def test_the_largest_package_is_packed_and_no_larger_one():
    index = bytes(INDEX_BYTES_MAX)
    room = PACKAGE_BYTES_MAX - HEAD_BYTES - INDEX_BYTES_MAX - CRC_BYTES
    largest = pack_package(index, bytes(room))
    assert len(largest) == PACKAGE_BYTES_MAX
    assert parse_head(largest[:HEAD_BYTES]) == (INDEX_BYTES_MAX, room)
    for parts in ((index, bytes(room + 1)), (index + b" ", b"")):
        try:
            pack_package(*parts)
        except ValueError:
            continue
        raise AssertionError("packed")
