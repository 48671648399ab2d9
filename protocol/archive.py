"""The archive of an application: a signed list of files, and the files. What a device installs over the air.

Layout: magic "PETA" (4), format (1), zero (1), bytes of the manifest (2), manifest, Ed25519 signature (64) over all
before it, and then the files' bytes, one after the other, to the end. The manifest: version (4), board (8, filled up
with zeros), bytecode (1), native (1), files (1), text (1 byte of length, and that much); and for each file its name
(1 byte of length, and that much), its length (4) and its SHA-256 (32). docs/protocol.md has the tables.

It can be read from the front in small pieces, and nothing in it is believed before its signature has been verified.
"""

from collections import namedtuple
from hashlib import sha256
from struct import calcsize, unpack

from protocol.errors import ProtocolError
from protocol.packing import pack_fields

ARCHIVE_MAGIC = b"PETA"
ARCHIVE_FORMAT = 1
HEAD_FORMAT = "<4sBBH"
ARCHIVE_HEAD_BYTES = 8
SIGNATURE_BYTES = 64
MANIFEST_FORMAT = "<I8sBBB"
FILE_FORMAT = "<I32s"
MANIFEST_BYTES_MAX = 3072  # the one part that a device holds whole
VERSION_MAX = 0x7FFFFFFF  # what a counter in an ESP32's nvs holds
FILES_MAX = 40  # an application has about 25: modules that are in memory by turns
NAME_BYTES_MAX = 48
TEXT_BYTES_MAX = 32  # as in a status
FILE_BYTES_MAX = 196608  # all together. Two applications and an archive are then half of a device's file system
NAME_LETTERS = b"abcdefghijklmnopqrstuvwxyz0123456789_./"
RELEASE_NAME = "release"  # what a device writes beside the files, last

# board: "esp32" or "sim". bytecode: the .mpy version. native: the architecture of native code, 0 where there is none.
Manifest = namedtuple("Manifest", ("version", "text", "board", "bytecode", "native", "files"))
ArchiveFile = namedtuple("ArchiveFile", ("name", "length", "digest"))


def parse_head(head: bytes) -> int:
    """Bytes of the manifest, from the first 8 bytes. Raises ProtocolError `archive`."""
    if len(head) < ARCHIVE_HEAD_BYTES or head[:4] != ARCHIVE_MAGIC:
        raise _refused("this is not an application archive")
    _, version, zero, manifest_bytes = unpack(HEAD_FORMAT, head[:ARCHIVE_HEAD_BYTES])
    if version != ARCHIVE_FORMAT or zero != 0:
        raise _refused("the archive's format is not %d: update this device by cable" % ARCHIVE_FORMAT)
    if manifest_bytes > MANIFEST_BYTES_MAX:
        raise _refused("the archive's manifest is too long")
    return int(manifest_bytes)


def parse_manifest(manifest: bytes) -> Manifest:
    """Every field and file of a manifest that is verified already. Raises ProtocolError `archive`."""
    size = calcsize(MANIFEST_FORMAT)
    if len(manifest) < size:
        raise _refused("the archive's manifest is cut short")
    version, board, bytecode, native, count = unpack(MANIFEST_FORMAT, manifest[:size])
    text, at = _read_text(manifest, size, TEXT_BYTES_MAX)
    files = []
    for _ in range(count):
        name, at = _read_text(manifest, at, NAME_BYTES_MAX)
        end = at + calcsize(FILE_FORMAT)
        if end > len(manifest):
            raise _refused("the archive's manifest is cut short")
        length, digest = unpack(FILE_FORMAT, manifest[at:end])
        files.append(ArchiveFile(name, length, digest))
        at = end
    if at != len(manifest):
        raise _refused("the archive's manifest is longer than its files")
    try:
        parsed = Manifest(version, text, board.rstrip(b"\x00").decode(), bytecode, native, tuple(files))
    except UnicodeError:
        raise _refused("the archive's board is not a name") from None
    _check(parsed)
    return parsed


def pack_head(manifest: bytes) -> bytes:
    """The 8 bytes before the manifest. Head and manifest together are what is signed."""
    return pack_fields("head of the archive", HEAD_FORMAT, (ARCHIVE_MAGIC, ARCHIVE_FORMAT, 0, len(manifest)))


def pack_manifest(manifest: Manifest) -> bytes:
    """A Manifest to bytes. Raises ProtocolError `archive` (a ValueError) for what no device would accept."""
    _check(manifest)
    board = manifest.board.encode()
    fixed = (manifest.version, board + bytes(8 - len(board)), manifest.bytecode, manifest.native, len(manifest.files))
    data = pack_fields("manifest", MANIFEST_FORMAT, fixed) + _text(manifest.text)
    for file in manifest.files:
        data += _text(file.name) + pack_fields(file.name, FILE_FORMAT, (file.length, file.digest))
    if len(data) > MANIFEST_BYTES_MAX:
        raise _refused("the manifest has %d bytes, at most %d are allowed" % (len(data), MANIFEST_BYTES_MAX))
    return data


def signed_part(archive: bytes) -> bytes:
    """What the signature is over. Raises ProtocolError `archive`."""
    end = ARCHIVE_HEAD_BYTES + parse_head(archive)
    if len(archive) < end + SIGNATURE_BYTES:
        raise _refused("the archive is cut short in its manifest")
    return archive[:end]


def signature_of(archive: bytes) -> bytes:
    """The 64 bytes that sign `signed_part`. Raises ProtocolError `archive`."""
    end = len(signed_part(archive))
    return archive[end : end + SIGNATURE_BYTES]


def check_archive(archive: bytes) -> Manifest:
    """The manifest of an archive whose files are all there, unharmed and nothing beside them.

    Raises ProtocolError `archive`. Says nothing about the signature, which whoever has the public key verifies.
    """
    signed = signed_part(archive)
    manifest = parse_manifest(signed[ARCHIVE_HEAD_BYTES:])
    at = len(signed) + SIGNATURE_BYTES
    for file in manifest.files:
        if len(archive) < at + file.length:
            raise _refused("the archive is cut short in %s" % file.name)
        if sha256(archive[at : at + file.length]).digest() != file.digest:
            raise _refused("%s in the archive is damaged" % file.name)
        at += file.length
    if at != len(archive):
        raise _refused("the archive is %d bytes longer than its files" % (len(archive) - at))
    return manifest


def _check(manifest: Manifest) -> None:
    board = manifest.board.encode()
    if not 1 <= manifest.version <= VERSION_MAX:
        raise _refused("the application's version is not a number from 1 to %d" % VERSION_MAX)
    if not 1 <= len(board) <= 8 or not _is_printable(board):
        raise _refused("the archive's board is not 1 to 8 letters")
    if len(manifest.text) > TEXT_BYTES_MAX or not _is_printable(manifest.text.encode()):
        raise _refused("the version's text is not at most %d letters of ASCII" % TEXT_BYTES_MAX)
    if not 1 <= len(manifest.files) <= FILES_MAX:
        raise _refused("the archive has %d files, not 1 to %d" % (len(manifest.files), FILES_MAX))
    if sum([file.length for file in manifest.files]) > FILE_BYTES_MAX:
        raise _refused("the archive's files have more than %d bytes together" % FILE_BYTES_MAX)
    names = [file.name for file in manifest.files]
    for name in names:
        if not _is_name(name) or names.count(name) != 1:
            raise _refused("%s is no name for a file of an application" % repr(name))


def _is_name(name: str) -> bool:
    """Whether a device can write it below a slot and nowhere else."""
    letters = name.encode()
    good = 1 <= len(letters) <= NAME_BYTES_MAX and all([letter in NAME_LETTERS for letter in letters])
    for part in name.split("/"):
        good = good and bool(part) and part[0] != "." and part != RELEASE_NAME
    return good


def _is_printable(data: bytes) -> bool:
    return not data or (min(data) > 32 and max(data) < 127)


def _text(text: str) -> bytes:
    data = text.encode()
    return bytes([len(data)]) + data


def _read_text(data: bytes, at: int, longest: int) -> "tuple[str, int]":
    """A text and where it ends."""
    end = at + 1 + (data[at] if at < len(data) else 0)
    if at >= len(data) or end > len(data) or end - at - 1 > longest:
        raise _refused("the archive's manifest is cut short, or a text in it is too long")
    try:
        return data[at + 1 : end].decode(), end
    except UnicodeError:
        raise _refused("a text in the archive's manifest is not ASCII") from None


def _refused(words: str) -> ProtocolError:
    return ProtocolError("archive", words)
