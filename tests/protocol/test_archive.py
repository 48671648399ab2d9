"""The archive of an application: what is packed is what is read, and nothing else is read at all."""

from struct import pack

from protocol.archive import (
    ARCHIVE_HEAD_BYTES,
    FILE_BYTES_MAX,
    FILES_MAX,
    MANIFEST_BYTES_MAX,
    SIGNATURE_BYTES,
    VERSION_MAX,
    ArchiveFile,
    Manifest,
    check_archive,
    pack_head,
    pack_manifest,
    parse_head,
    parse_manifest,
    signature_of,
    signed_part,
)
from tests.firmware.archives import FILES, make_archive, make_manifest, public_key
from tests.protocol.golden import refusal

ARCHIVE = make_archive()
MANIFEST = pack_manifest(make_manifest())


def with_name(name):
    return pack_manifest(Manifest(2, "0.2", "sim", 6, 0, (ArchiveFile(name, 3, bytes(32)),)))


def test_a_manifest_is_read_as_it_was_packed():
    assert parse_manifest(MANIFEST) == make_manifest()
    manifest = make_manifest(VERSION_MAX, "esp32s3x", 255, 255, (("a/b/c.mpy", b"x"),))
    assert parse_manifest(pack_manifest(manifest)) == manifest


def test_the_layout_is_the_documented_one():
    manifest = Manifest(0x01020304, "1.0", "sim", 6, 0, (ArchiveFile("a.mpy", 0x11223344 & 0xFFFF, bytes(range(32))),))
    expected = b"\x04\x03\x02\x01" + b"sim\x00\x00\x00\x00\x00" + b"\x06\x00\x01" + b"\x031.0"
    expected += b"\x05a.mpy" + b"\x44\x33\x00\x00" + bytes(range(32))
    assert pack_manifest(manifest) == expected
    assert pack_head(expected) == b"PETA\x01\x00" + pack("<H", len(expected))


def test_the_parts_of_an_archive():
    manifest_bytes = parse_head(ARCHIVE[:ARCHIVE_HEAD_BYTES])
    assert signed_part(ARCHIVE) == ARCHIVE[: ARCHIVE_HEAD_BYTES + manifest_bytes]
    assert signature_of(ARCHIVE) == ARCHIVE[ARCHIVE_HEAD_BYTES + manifest_bytes :][:SIGNATURE_BYTES]
    assert check_archive(ARCHIVE) == make_manifest()
    assert len(public_key(bytes(32))) == 32


def test_heads_that_are_refused():
    for head in (b"", b"PETA\x01\x00\x00", b"PETQ\x01\x00\x10\x00", b"PETA\x02\x00\x10\x00", b"PETA\x01\x01\x10\x00"):
        assert refusal(parse_head, head) == "archive", head
    assert parse_head(b"PETA\x01\x00" + pack("<H", MANIFEST_BYTES_MAX)) == MANIFEST_BYTES_MAX
    assert refusal(parse_head, b"PETA\x01\x00" + pack("<H", MANIFEST_BYTES_MAX + 1)) == "archive"


def test_a_manifest_that_is_cut_anywhere_is_refused():
    for length in range(len(MANIFEST)):
        assert refusal(parse_manifest, MANIFEST[:length]) == "archive", length
    assert refusal(parse_manifest, MANIFEST + b"\x00") == "archive"


def test_an_archive_that_is_cut_or_longer_is_refused():
    for length in range(len(ARCHIVE)):
        assert refusal(check_archive, ARCHIVE[:length]) == "archive", length
    assert refusal(check_archive, ARCHIVE + b"\x00") == "archive"


def test_a_file_that_is_harmed_is_refused():
    for at in range(len(ARCHIVE) - sum([len(content) for _, content in FILES]), len(ARCHIVE), 11):
        harmed = bytearray(ARCHIVE)
        harmed[at] ^= 0x10
        assert refusal(check_archive, bytes(harmed)) == "archive", at


def test_whatever_byte_changes_a_manifest_is_read_as_it_stands_or_refused():
    for at in range(len(MANIFEST)):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            harmed = bytearray(MANIFEST)
            harmed[at] = value
            if refusal(parse_manifest, bytes(harmed)) == "accepted":
                assert pack_manifest(parse_manifest(bytes(harmed))) == harmed, (at, value)


def test_names_that_lead_out_of_the_slot_are_refused():
    good = ("a.mpy", "firmware/device.mpy", "a/b/c/d", "release.mpy", "x" * 48)
    for name in good:
        assert parse_manifest(with_name(name)).files[0].name == name
    bad = ("", "/a", "a/", "a//b", "..", "../a", "a/../b", ".a", "a/.", "release", "a/release", "A", "a b", "a\\b")
    for name in bad + ("a\x00", "x" * 49, "\x7f", "ä.mpy"):
        assert refusal(with_name, name) == "archive", name
        data = name.encode()
        if len(data) < 256:
            forged = MANIFEST[:15] + b"\x00" + bytes([len(data)]) + data + bytes(36)
            forged = forged[:14] + b"\x01" + forged[15:]
            assert refusal(parse_manifest, forged) == "archive", name


def test_two_files_of_one_name_are_refused():
    one = ArchiveFile("a", 3, bytes(32))
    assert refusal(pack_manifest, Manifest(2, "", "sim", 6, 0, (one, one))) == "archive"


def test_limits():
    def packed(version=1, text="", board="sim", count=1, length=1):
        files = tuple([ArchiveFile("f%d" % number, length, bytes(32)) for number in range(count)])
        return pack_manifest(Manifest(version, text, board, 6, 0, files))

    for fields in (
        {"version": VERSION_MAX},
        {"text": "x" * 32},
        {"board": "12345678"},
        {"count": FILES_MAX},
        {"length": FILE_BYTES_MAX},
    ):
        assert parse_manifest(packed(**fields)), fields
    for fields in (
        {"version": 0},
        {"version": VERSION_MAX + 1},
        {"text": "x" * 33},
        {"text": "two words"},
        {"board": ""},
        {"board": "123456789"},
        {"board": "e s"},
        {"count": 0},
        {"count": FILES_MAX + 1},
        {"length": FILE_BYTES_MAX + 1},
        {"count": 2, "length": FILE_BYTES_MAX},
    ):
        assert refusal(lambda fields: packed(**fields), fields) == "archive", fields
    assert refusal(parse_manifest, pack("<I", VERSION_MAX + 1) + MANIFEST[4:]) == "archive"
