"""Puts into force what was fetched: each package proven by its hash and by being used once, then renamed into place.

Runs by itself, between a sync and the next patient, and at a start after a loss of power: then nobody has a package
open, and the memory of the sync is free for the proofs.
"""

import os

from firmware.changes import (
    APPLICATION_HELD_FILE,
    AUDITS_MAX,
    TEXTS_FILE,
    TRIAL_COUNTER,
    TRIES_MAX,
    digest_of,
    file_of,
    is_held,
    is_on_trial,
    is_whole,
    items_of,
    note_try,
    part_of,
    read_file,
    refuse,
    remove,
    replace_file,
    size_of,
    tries_of,
)
from firmware.held import DESIRED_FILE, HELD_FILE
from firmware.pictures import OF_AUDIT, OF_PATIENTS, OF_TEXTS
from firmware.settings import PROVISIONAL_FILE
from protocol.errors import ProtocolError
from protocol.messages import (
    ITEM_APPLICATION,
    ITEM_QUESTIONNAIRE,
    ITEM_SETTINGS,
    ITEM_TEXTS,
    REFUSED_DAMAGED,
    REFUSED_UNUSABLE,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board


def switch(board: "Board") -> bool:
    """Put into force whatever is there, and delete what is no longer desired.

    True: settings are on trial since now, so a sync should follow soon. Raises OSError when the file system fails, and
    MemoryError when there was no room to prove something: what is in force stays so, and it is tried a few times more.
    """
    directory = board.files
    body = read_file(directory + DESIRED_FILE)
    if not is_whole(body):
        remove(directory + DESIRED_FILE)
        return False
    items = list(items_of(body))
    complete = True
    begun = False
    for kind, number, length, digest in items:
        board.levels()  # proving takes a while: the watchdog is fed
        if not _is_settled(board, kind, number, length, digest):
            complete = False
            begun = begun or (kind == ITEM_SETTINGS and _is_untried(board, digest))
    _delete_others(directory, items)
    if complete:
        os.rename(directory + DESIRED_FILE, directory + HELD_FILE)
    return begun


def _is_untried(board: "Board", digest: bytes) -> bool:
    return is_on_trial(board.files, digest) and not board.load_counter(TRIAL_COUNTER)


def _is_settled(board: "Board", kind: int, number: int, length: int, digest: bytes) -> bool:
    """Whether the item is in force now."""
    directory = board.files
    if is_held(directory, kind, number, digest):
        if kind == ITEM_APPLICATION:
            _remember_application(directory, digest)
        return True
    part = directory + part_of(digest)
    if tries_of(directory, digest) >= TRIES_MAX or size_of(part) != length:
        return False
    if digest_of(part) != digest:  # fetch them anew, but not for ever
        board.tell("refused", reason="%s came damaged" % file_of(kind, number))
        _count_try(board, kind, number, digest, REFUSED_DAMAGED)
        remove(part)
        return False
    try:
        _prove(part, kind, number)
    except MemoryError:  # which may not be so the next time
        _count_try(board, kind, number, digest, REFUSED_UNUSABLE)
        raise
    except (ProtocolError, OSError) as reason:
        board.tell("refused", reason="%s: %s" % (file_of(kind, number), reason))
        refuse(board, kind, number, digest, REFUSED_UNUSABLE)
        remove(part)
        return False
    if kind == ITEM_SETTINGS:
        board.store_counter(TRIAL_COUNTER, 0)
        os.rename(part, directory + PROVISIONAL_FILE)
        return False
    os.rename(part, directory + file_of(kind, number))
    if kind == ITEM_APPLICATION:
        _remember_application(directory, digest)
    board.tell("switched", file=file_of(kind, number))
    return True


def _remember_application(directory: str, digest: bytes) -> None:
    """Whatever becomes of the archive, it is not fetched again."""
    if read_file(directory + APPLICATION_HELD_FILE) != digest:
        replace_file(directory, APPLICATION_HELD_FILE, digest)


def _count_try(board: "Board", kind: int, number: int, digest: bytes, reason: int) -> None:
    """After the last one it is refused for good."""
    tries = tries_of(board.files, digest) + 1
    if tries < TRIES_MAX:
        note_try(board.files, digest, tries)
    else:
        refuse(board, kind, number, digest, reason)


def _prove(path: str, kind: int, number: int) -> None:
    """Use it once. Raises ProtocolError or OSError with words."""
    if kind == ITEM_SETTINGS:
        from firmware.settings import SYNC_EVERY_S_MAX, read_access  # which has no room beside a package

        if not read_access(path, SYNC_EVERY_S_MAX).authorities:
            raise ProtocolError("settings", "without a CA no server is trusted")
    elif kind != ITEM_APPLICATION:  # whose signature firmware/update.py checks
        from firmware.package_file import prove

        expected = OF_TEXTS if kind == ITEM_TEXTS else OF_AUDIT if number else OF_PATIENTS
        if prove(path) != expected:
            raise ProtocolError("package", "patients', staff's and idle screens are not interchangeable")


def _delete_others(directory: str, items: "list[tuple[int, int, int, bytes]]") -> None:
    """Audits and texts that are not desired. The patients' questionnaire and the settings stay, whatever is said."""
    desired = [file_of(kind, number) for kind, number, _, _ in items]
    for number in range(1, AUDITS_MAX + 1):
        name = file_of(ITEM_QUESTIONNAIRE, number)
        if name not in desired:
            _delete(directory + name)
    if TEXTS_FILE not in desired:
        _delete(directory + TEXTS_FILE)


def _delete(path: str) -> None:
    remove(path)
    remove(path[:-3] + "tab")  # what firmware/package_file.py made of it
