"""The two slots for applications in a device's file system: what they hold, which one runs, and whether it is good.

`/slot` names the slot to start from, `/a` and `/b` are the slots, and a slot's file `release`, which is written last,
says its version: a slot without it is unfinished. What the starter and every later application must agree on is here,
so it does not change.

A version is proven when it has once run good: when it is not above the counter `app_version`. A start that counts as a
try is a failed one until the application says otherwise, by `mark_good` or `rest`; three of them, and the starter goes
back to the other slot.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board

SLOT_A = "a"
SLOT_B = "b"
POINTER_FILE = "/slot"
RELEASE_FILE = "/release"
UNFINISHED = ".new"
VERSION_GOOD = "app_version"  # counter: the highest version that ever ran good
VERSION_BAD = "app_bad"  # counter: the highest one that did not
TRIES_COUNTER = "tries_"  # counter, with the slot's letter: failed starts, and the one that goes on
FAILED_TRIES_MAX = 3
HEALTHY_MS = 600000  # awake for so long without an ack, and without failing, is good too


def mark_good(board: "Board") -> None:
    """The application that runs is a good one: after an ack, or HEALTHY_MS. Cheap when that is known already."""
    slot = running_slot(board)
    if not slot:
        return
    if board.load_counter(TRIES_COUNTER + slot):
        board.store_counter(TRIES_COUNTER + slot, 0)
    version = version_in(board.files, slot)
    if board.load_counter(VERSION_GOOD) < version:
        board.store_counter(VERSION_GOOD, version)


def rest(board: "Board") -> None:
    """This start ends in order, in a deep sleep: it was not a failed one, though nothing is proven by it either."""
    slot = running_slot(board)
    tries = board.load_counter(TRIES_COUNTER + slot) if slot else 0
    if tries:
        board.store_counter(TRIES_COUNTER + slot, tries - 1)


def running(board: "Board") -> int:
    """The version of the application that runs; 0 when it was not started from a slot."""
    slot = running_slot(board)
    return version_in(board.files, slot) if slot else 0


def running_slot(board: "Board") -> str:
    """As the starter left it in the path of imports: the pointer may name the next one by now. "" without a starter."""
    for slot in (SLOT_A, SLOT_B):
        if sys.path and sys.path[0] == board.files + "/" + slot:
            return slot
    return ""


def other(slot: str) -> str:
    return SLOT_B if slot == SLOT_A else SLOT_A


def version_in(files: str, slot: str) -> int:
    """What a slot holds; 0 when it holds no whole application."""
    try:
        with open(files + "/" + slot + RELEASE_FILE) as file:
            return int(file.read().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def replace_file(path: str, text: str) -> None:
    """At once: whoever looks afterwards, also after a loss of power, finds the old text or the new one."""
    with open(path + UNFINISHED, "w") as file:
        file.write(text)
    os.rename(path + UNFINISHED, path)
