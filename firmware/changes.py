"""What is desired and not held yet: the list of it, the files it goes into, and what has been refused.

A desired state is the body of the server's message (docs/protocol.md section 4), kept in a file without its time.
Every file is replaced by writing another and renaming it: a loss of power leaves the old or the new one, whole.
"""

import os
from binascii import hexlify
from hashlib import sha256
from struct import unpack_from

from firmware.held import DESIRED_FILE, HELD_FILE
from firmware.settings import PROVISIONAL_FILE, SETTINGS_FILE
from protocol.messages import ITEM_APPLICATION, ITEM_QUESTIONNAIRE, ITEM_SETTINGS, ITEM_TEXTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware.board.interface import Board

APPLICATION_FILE = "/application.new"  # a fetched archive, for firmware/update.py
APPLICATION_HELD_FILE = "/application.held"  # the hash of the archive handed over last: never fetched again
QUESTIONNAIRE_FILE = "/questionnaire.pkg"
TEXTS_FILE = "/texts.pkg"
REFUSED_FILE = "/refused.bin"
UNFINISHED_FILE = "/unfinished"
PART = ".part"
AUDITS_MAX = 7
TRIES_MAX = 3  # of fetching the same package, and of settings on trial
HEAD_BYTES = 9  # server time, revision, number of items
ITEM_BYTES = 43  # kind, number, revision, length, hash
ITEM = "<BHII"
DIGEST_AT = 11
DIGEST_BYTES = 32
PIECE_BYTES = 512  # what is read at a time to hash a file
REFUSED_COUNTER = "refused"
SETTINGS_REFUSED_COUNTER = "settings_bad"
REASON_COUNTER = "refused_why"
TRIAL_COUNTER = "trial"


def read_file(path: str) -> bytes:
    """b"" when there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def replace_file(directory: str, name: str, data: bytes) -> None:
    """A new file of this name, or none and the old one as it was."""
    with open(directory + UNFINISHED_FILE, "wb") as file:
        file.write(data)
    os.rename(directory + UNFINISHED_FILE, directory + name)


def remove(path: str) -> None:
    """Whether it is there or not."""
    try:
        os.remove(path)
    except OSError:
        pass


def size_of(path: str) -> int:
    """In bytes; -1 when there is no such file."""
    try:
        return int(os.stat(path)[6])
    except OSError:
        return -1


def digest_of(path: str) -> bytes:
    """SHA-256 of the file; b"" when there is none."""
    digest = sha256()
    piece = memoryview(bytearray(PIECE_BYTES))
    try:
        with open(path, "rb") as file:
            while True:
                count = file.readinto(piece)
                if not count:
                    return digest.digest()
                digest.update(piece[:count])
    except OSError:
        return b""


def keep_desired(directory: str, body: "bytes | memoryview") -> None:
    """Write down what is desired, unless it is written down already: flash wears."""
    kept = bytes(4) + bytes(body[4:])
    if read_file(directory + DESIRED_FILE) != kept:
        replace_file(directory, DESIRED_FILE, kept)


def is_whole(body: bytes) -> bool:
    """Whether this is a desired state, and not what flash has left of one."""
    return len(body) >= HEAD_BYTES and len(body) == HEAD_BYTES + ITEM_BYTES * body[HEAD_BYTES - 1]


def items_of(body: bytes) -> "Iterator[tuple[int, int, int, bytes]]":
    """(kind, number, length, SHA-256) of each item that this version knows; of a damaged body none."""
    if not is_whole(body):
        return
    for at in range(HEAD_BYTES, len(body), ITEM_BYTES):
        kind, number, _, length = unpack_from(ITEM, body, at)
        if file_of(kind, number):
            yield kind, number, length, body[at + DIGEST_AT : at + DIGEST_AT + DIGEST_BYTES]


def file_of(kind: int, number: int) -> str:
    """Where the item is kept while it is in force; "" for one that this version does not know."""
    if kind == ITEM_QUESTIONNAIRE and 1 <= number <= AUDITS_MAX:
        return "/audit%d.pkg" % number
    if number:
        return ""
    if kind == ITEM_QUESTIONNAIRE:
        return QUESTIONNAIRE_FILE
    if kind == ITEM_SETTINGS:
        return SETTINGS_FILE
    if kind == ITEM_TEXTS:
        return TEXTS_FILE
    return APPLICATION_FILE if kind == ITEM_APPLICATION else ""


def part_of(digest: bytes) -> str:
    """Where the bytes of a package are gathered: its name says which package, also after a loss of power."""
    return "/" + hexlify(digest[:8]).decode() + PART


def is_held(directory: str, kind: int, number: int, digest: bytes) -> bool:
    """Whether this very package is in force."""
    if kind == ITEM_APPLICATION:
        return digest in (read_file(directory + APPLICATION_HELD_FILE), digest_of(directory + APPLICATION_FILE))
    path = directory + file_of(kind, number)
    for item in items_of(read_file(directory + HELD_FILE)):
        if item[0] == kind and item[1] == number and item[3] == digest:
            return size_of(path) == item[2]  # as it was proven when it was put there
    return digest_of(path) == digest


def is_on_trial(directory: str, digest: bytes) -> bool:
    """Whether these are the settings that the next sync uses."""
    return digest_of(directory + PROVISIONAL_FILE) == digest


def tries_of(directory: str, digest: bytes) -> int:
    """How often this package has been found bad; TRIES_MAX: it is refused for good."""
    refused = read_file(directory + REFUSED_FILE)
    for at in range(0, len(refused) - DIGEST_BYTES, DIGEST_BYTES + 1):
        if refused[at : at + DIGEST_BYTES] == digest:
            return refused[at + DIGEST_BYTES]
    return 0


def note_try(directory: str, digest: bytes, tries: int) -> None:
    """Remember it; what is not desired any more is forgotten."""
    kept = b""
    for _, _, _, other in items_of(read_file(directory + DESIRED_FILE)):
        others = tries_of(directory, other)
        if other != digest and others:
            kept += other + bytes([others])
    replace_file(directory, REFUSED_FILE, kept + digest + bytes([tries]))


def refuse(board: "Board", kind: int, number: int, digest: bytes, reason: int) -> None:
    """Never try this package again, and let the server know why."""
    if tries_of(board.files, digest) < TRIES_MAX:
        counter = SETTINGS_REFUSED_COUNTER if kind == ITEM_SETTINGS else REFUSED_COUNTER
        board.store_counter(counter, board.load_counter(counter) + 1)
        tell_reason(board, kind, number, reason)
        note_try(board.files, digest, TRIES_MAX)


def tell_reason(board: "Board", kind: int, number: int, reason: int) -> None:
    """For the next status."""
    value = reason | kind << 8 | number << 16
    if board.load_counter(REASON_COUNTER) != value:
        board.store_counter(REASON_COUNTER, value)
