"""What of a desired state is to be fetched now. In memory only until that is known."""

import os

from firmware.changes import (
    PART,
    TRIES_MAX,
    file_of,
    is_held,
    items_of,
    keep_desired,
    part_of,
    refuse,
    remove,
    size_of,
    tell_reason,
    tries_of,
)
from firmware.held import held_revision
from protocol.messages import (
    APPLICATION_BYTES_MAX,
    ITEM_APPLICATION,
    ITEM_SETTINGS,
    REFUSED_LARGE,
    REFUSED_NO_ROOM,
    SETTINGS_BYTES_MAX,
)
from protocol.package import PACKAGE_BYTES_MAX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board

ROOM_BYTES_SPARED = 16384  # of the file system: for what is replaced by writing it beside


def plan(board: "Board", revision: int, body: "bytes | memoryview") -> "list[tuple[int, bytes, str]]":
    """(length, SHA-256, file to gather it in) of each package that this desired state names and the device lacks.

    Nothing when a state as new is held. What is desired is written down; what was gathered of packages that nobody
    wants any more is deleted.
    """
    directory = board.files
    if revision <= held_revision(directory):
        return []
    keep_desired(directory, body)
    wanted = [item for item in items_of(bytes(body)) if _is_wanted(board, *item)]
    parts = [part_of(item[3]) for item in wanted]
    for name in os.listdir(directory or "/"):
        if name.endswith(PART) and "/" + name not in parts:
            remove(directory + "/" + name)
    space = os.statvfs(directory or "/")
    room = space[1] * space[4] - ROOM_BYTES_SPARED
    planned = []
    for kind, number, length, digest in wanted:
        path = directory + part_of(digest)
        missing = length - max(0, size_of(path))
        if missing > room:
            board.tell("refused", reason="no room for %s" % file_of(kind, number))
            tell_reason(board, kind, number, REFUSED_NO_ROOM)
        else:
            room -= missing
            planned.append((length, digest, path))
    return planned


def _is_wanted(board: "Board", kind: int, number: int, length: int, digest: bytes) -> bool:
    board.levels()  # hashing takes a while: the watchdog is fed
    if is_held(board.files, kind, number, digest) or tries_of(board.files, digest) >= TRIES_MAX:
        return False
    good = 1 <= length <= _bytes_max(kind)
    if not good:
        refuse(board, kind, number, digest, REFUSED_LARGE)
    return good


def _bytes_max(kind: int) -> int:
    if kind == ITEM_SETTINGS:
        return SETTINGS_BYTES_MAX
    return APPLICATION_BYTES_MAX if kind == ITEM_APPLICATION else PACKAGE_BYTES_MAX
