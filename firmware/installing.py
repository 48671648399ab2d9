"""Writes a release into the slot that does not run, reads it back, and points the starter at it.

The manifest has been verified: it is what a holder of a release key wrote, and is not judged again.
"""

import os
import sys
from hashlib import sha256
from struct import calcsize, unpack

from firmware.slots import (
    POINTER_FILE,
    RELEASE_FILE,
    TRIES_COUNTER,
    VERSION_BAD,
    VERSION_GOOD,
    other,
    replace_file,
    running_slot,
    version_in,
)
from firmware.update import UpdateError
from protocol.archive import ARCHIVE_HEAD_BYTES, FILE_FORMAT, MANIFEST_FORMAT, SIGNATURE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader, BufferedWriter

    from firmware.board.interface import Board

COPIED_BYTES = 512
# littlefs takes a pair of blocks for a directory, and some to change what it has.
SPARE_BLOCKS = 8
DIRECTORY_MODE = 0x4000  # in a file's mode
WORN = "update failed: the flash does not keep what is written"


def install_signed(board: "Board", archive: "BufferedReader", manifest: bytes) -> int:
    """`archive` stands at its first file. The version that the next start runs, 0 when it runs already."""
    slot = running_slot(board)
    if not slot:
        raise UpdateError("update refused: this device has no slots, flash it again")
    fixed_bytes = calcsize(MANIFEST_FORMAT)
    version, made_for, bytecode, native, _ = unpack(MANIFEST_FORMAT, manifest[:fixed_bytes])
    running = version_in(board.files, slot)
    if version == running:
        return 0
    _check_board(board, made_for, bytecode, native)
    _check_version(board, version, running)
    _write(board, archive, manifest, "")  # before the other slot is given up
    spare = other(slot)
    path = board.files + "/" + spare
    _empty(path)
    _check_room(board, manifest)
    archive.seek(ARCHIVE_HEAD_BYTES + len(manifest) + SIGNATURE_BYTES)
    _write(board, archive, manifest, path + "/")
    text = manifest[fixed_bytes + 1 : fixed_bytes + 1 + manifest[fixed_bytes]].decode()
    replace_file(path + RELEASE_FILE, "%d %s" % (version, text))
    if version_in(board.files, spare) != version:
        raise UpdateError(WORN)
    board.store_counter(TRIES_COUNTER + spare, 0)
    replace_file(board.files + POINTER_FILE, spare)
    return int(version)


def _check_board(board: "Board", made_for: bytes, bytecode: int, native: int) -> None:
    name = board.base.split()[-1]
    if made_for.rstrip(b"\x00") != name.encode():
        raise UpdateError("update refused: it is not made for the board %s" % name)
    ours = int(getattr(sys.implementation, "_mpy"))  # noqa: B009 - tools/slim.py gives private names others
    if bytecode != ours & 0xFF or native not in (0, ours >> 10):
        raise UpdateError("update refused: it needs another MicroPython, update this device by cable")


def _check_version(board: "Board", version: int, running: int) -> None:
    good = board.load_counter(VERSION_GOOD)
    if good < running:
        raise UpdateError("update refused: the version that runs has not proved good yet")
    if version < good:
        raise UpdateError("update refused: version %d is older than %d, which ran here" % (version, good))
    if version != good and version <= board.load_counter(VERSION_BAD):
        raise UpdateError("update refused: version %d has failed on this device" % version)


def _check_room(board: "Board", manifest: bytes) -> None:
    block_bytes, _, _, free = os.statvfs(board.files or "/")[:4]
    blocks = sum([1 + length // block_bytes for _, length, _ in _entries(manifest)])
    if blocks + SPARE_BLOCKS > free:
        raise UpdateError("update failed: no room for it")


def _entries(manifest: bytes) -> "Iterator[tuple[str, int, bytes]]":
    """(name, length, SHA-256) of each file."""
    start = calcsize(MANIFEST_FORMAT)
    at = start + 1 + manifest[start]
    while at < len(manifest):
        name_end = at + 1 + manifest[at]
        end = name_end + calcsize(FILE_FORMAT)
        length, digest = unpack(FILE_FORMAT, manifest[name_end:end])
        yield manifest[at + 1 : name_end].decode(), length, digest
        at = end


def _write(board: "Board", archive: "BufferedReader", manifest: bytes, into: str) -> None:
    """Write the files below `into`, and read them back; with "" only look whether all are there and unharmed."""
    for name, length, digest in _entries(manifest):
        if into:
            _make_directories(into, name)
            with open(into + name, "wb") as file:
                found = _copy(board, archive, length, file)
            with open(into + name, "rb") as kept:
                if found == digest and _copy(board, kept, length + 1, None) != digest:
                    raise UpdateError(WORN)
        else:
            found = _copy(board, archive, length, None)
        if found != digest:
            raise UpdateError("update refused: %s in it is damaged" % name)
    if archive.read(1):
        raise UpdateError("update refused: it is longer than its files")


def _copy(board: "Board", source: "BufferedReader", length: int, target: "BufferedWriter | None") -> bytes:
    """The SHA-256 of so many bytes, or of fewer where the file ends; they are written to `target` on the way."""
    digest = sha256()
    buffer = memoryview(bytearray(COPIED_BYTES))
    while length > 0:
        board.levels()
        count = source.readinto(buffer[: min(length, COPIED_BYTES)])
        if not count:
            break
        digest.update(buffer[:count])
        if target:
            target.write(buffer[:count])
        length -= count
    return digest.digest()


def _make_directories(into: str, name: str) -> None:
    path = into[:-1]
    for part in name.split("/"):
        try:
            os.mkdir(path)
        except OSError:  # it is there; and if not, opening the file says so
            pass
        path += "/" + part


def _empty(slot: str) -> None:
    """First the file that says that the slot is whole, then everything else."""
    try:
        os.remove(slot + RELEASE_FILE)
    except OSError:  # it is not there
        pass
    try:
        names = os.listdir(slot)
    except OSError:
        return
    for name in names:
        path = slot + "/" + name
        if os.stat(path)[0] & DIRECTORY_MODE:
            _empty(path)
            os.rmdir(path)
        else:
            os.remove(path)
