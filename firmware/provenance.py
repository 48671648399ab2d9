"""Whether an archive is a release for this device: nothing of it is believed before its signature has been verified."""

from binascii import unhexlify
from hashlib import sha256
from struct import unpack

from firmware.signature import verify
from firmware.update import UpdateError
from protocol.archive import (
    ARCHIVE_FORMAT,
    ARCHIVE_HEAD_BYTES,
    ARCHIVE_MAGIC,
    HEAD_FORMAT,
    MANIFEST_BYTES_MAX,
    SIGNATURE_BYTES,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from hashlib import _Hash as Hash
    from io import BufferedReader

    from firmware.board.interface import Board

KEYS_FILE = "/release.pub"  # written by flashing only: one key a line, 64 hexadecimal digits
KEYS_MAX = 2  # the one in use and the next one
KEYS_BYTES_MAX = 256
HASHED_BYTES = 128  # of the manifest at a time: a block of SHA-512


def read_signed(board: "Board", archive: "BufferedReader") -> bytes:
    """The manifest, of which a holder of a release key has signed each byte; the files follow. Raises UpdateError."""
    head = archive.read(ARCHIVE_HEAD_BYTES)
    if len(head) < ARCHIVE_HEAD_BYTES or head[:4] != ARCHIVE_MAGIC:
        raise UpdateError("update refused: it is no application")
    _, version, zero, manifest_bytes = unpack(HEAD_FORMAT, head)
    if version != ARCHIVE_FORMAT or zero or manifest_bytes > MANIFEST_BYTES_MAX:
        raise UpdateError("update refused: its format is unknown, update this device by cable")
    archive.seek(ARCHIVE_HEAD_BYTES + manifest_bytes)
    signature = archive.read(SIGNATURE_BYTES)
    if len(signature) < SIGNATURE_BYTES:
        raise UpdateError("update refused: the archive is cut short")
    for key in _keys(board.files):
        board.levels()  # a check takes seconds, and the watchdog wants to hear of us
        checked = sha256()
        if verify(key, signature, _pieces(archive, manifest_bytes, checked)):
            return _read_again(archive, manifest_bytes, checked.digest())
    raise UpdateError("update refused: it is not signed with a key of this device")


def _pieces(archive: "BufferedReader", manifest_bytes: int, checked: "Hash") -> "Iterator[bytes]":
    """All that is signed, a little at a time: a check needs the memory for itself."""
    archive.seek(0)
    yield archive.read(ARCHIVE_HEAD_BYTES)
    while manifest_bytes > 0:
        piece = archive.read(min(manifest_bytes, HASHED_BYTES))
        checked.update(piece)
        yield piece
        manifest_bytes -= HASHED_BYTES


def _read_again(archive: "BufferedReader", manifest_bytes: int, digest: bytes) -> bytes:
    archive.seek(ARCHIVE_HEAD_BYTES)
    manifest = archive.read(manifest_bytes)
    archive.seek(SIGNATURE_BYTES, 1)
    if sha256(manifest).digest() != digest:
        raise UpdateError("update failed: the flash does not give back what it holds")
    return manifest


def _keys(files: str) -> "list[bytes]":
    try:
        with open(files + KEYS_FILE) as file:
            return [unhexlify(line) for line in file.read(KEYS_BYTES_MAX).split()[:KEYS_MAX]]
    except OSError:
        raise UpdateError("update refused: this device has no release key, flash it again") from None
    except ValueError:
        raise UpdateError("update refused: the release key is damaged, flash it again") from None
