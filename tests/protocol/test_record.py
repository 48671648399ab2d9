"""Records against the golden vectors, in both directions, and what is refused of them."""

from binascii import crc32, unhexlify
from struct import calcsize

from protocol.record import (
    FORMAT,
    FORMAT_WITHOUT_CRC,
    LAYOUT,
    PAYLOAD_BYTES,
    RECORD_BYTES,
    Record,
    check_record,
    crc_is_good,
    decode_record,
    encode_payload,
    encode_record,
    record_crc,
    sequence_of,
    tombstone,
)
from tests.protocol.golden import record_meant, refusal, vectors

PLAIN = Record(1, 0, 7, 42, 5, 3600, 185328000, 0, 3, 0, 0, 11, (1, 2, 3))
TOO_LARGE = {
    "kind": 256,
    "flags": 65536,
    "questionnaire": 65536,
    "sequence": 1 << 32,
    "session": 65536,
    "seconds": 1 << 32,
    "clock": 1 << 32,
    "language": 32,
    "quality": 8,
    "team": 32,
    "stage": 8,
    "duration": 256,
    "answers": (0,) * 13,
}


def test_every_vector_is_decoded_to_its_meaning():
    for vector in vectors("records.json"):
        assert decode_record(unhexlify(vector["bytes"])) == record_meant(vector), vector["name"]


def test_every_meaning_is_encoded_to_its_bytes():
    for vector in vectors("records.json"):
        assert encode_record(record_meant(vector)) == unhexlify(vector["bytes"]), vector["name"]


def test_every_vector_passes_the_check():
    for vector in vectors("records.json"):
        check_record(record_meant(vector))


def test_what_is_refused_is_refused_for_its_reason():
    for vector in vectors("records.json", "refused"):
        data = unhexlify(vector["bytes"])
        found = refusal(decode_record, data)
        if found == "accepted":
            found = refusal(check_record, decode_record(data))
        assert found == vector["reason"], vector["name"]


def test_sequence_and_crc_are_read_without_decoding():
    for vector in vectors("records.json"):
        data = unhexlify(vector["bytes"])
        assert sequence_of(data) == vector["fields"]["sequence"]
        assert record_crc(data) == crc32(data[:PAYLOAD_BYTES])
        assert crc_is_good(data)


def test_a_tombstone_is_the_one_of_the_vectors():
    (vector,) = [one for one in vectors("records.json") if one["name"] == "a tombstone"]
    assert tombstone(vector["fields"]["sequence"]) == unhexlify(vector["bytes"])


def test_missing_answers_are_not_shown():
    assert decode_record(encode_record(PLAIN)).answers == (1, 2, 3) + (0,) * 9
    assert encode_payload(PLAIN) == encode_record(PLAIN)[:PAYLOAD_BYTES]


def test_a_value_that_does_not_fit_is_refused_and_not_cut():
    for name, too_large in TOO_LARGE.items():
        for value in (too_large, (16,) if name == "answers" else -1):
            fields = {field: getattr(PLAIN, field) for field in TOO_LARGE}
            fields[name] = value
            try:
                encode_record(Record(**fields))
            except ValueError:
                continue
            raise AssertionError("%s = %s was encoded" % (name, value))


def test_the_layout_has_no_hole_and_its_codes_are_the_format():
    """Written out twice: devices leave the layout out."""
    end = 0
    for _, offset, size, code in LAYOUT:
        assert offset == end
        assert size == calcsize("<" + code)
        end += size
    assert end == RECORD_BYTES
    assert "<" + "".join([row[3] for row in LAYOUT]) == FORMAT
    assert FORMAT[:-1] == FORMAT_WITHOUT_CRC
    assert calcsize(FORMAT_WITHOUT_CRC) == PAYLOAD_BYTES


def test_every_truncation_is_refused():
    for vector in vectors("records.json"):
        data = unhexlify(vector["bytes"])
        for length in range(RECORD_BYTES):
            assert refusal(decode_record, data[:length]) == "length", (vector["name"], length)


def test_every_flipped_bit_is_refused():
    for vector in vectors("records.json"):
        data = bytearray(unhexlify(vector["bytes"]))
        for bit in range(8 * RECORD_BYTES):
            data[bit // 8] ^= 1 << bit % 8
            assert refusal(decode_record, bytes(data)) == "crc", (vector["name"], bit)
            data[bit // 8] ^= 1 << bit % 8
