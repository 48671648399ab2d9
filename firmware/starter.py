"""What a device does before its application: picks a slot, counts the try, and goes back when three tries have failed.

It lies outside of the slots, in `/choosing.mpy`, and no update replaces it. `load` and `store` are the board's
counters.

| The slot that `/slot` names | What is started |
|---|---|
| holds no whole application | the other one |
| has failed three times, and the other one has not | the other one; what never ran good is remembered as bad |
| has failed three times and never run good, and the other one has run good | the other one, likewise |
| anything else | this one |
"""

from firmware.slots import (
    FAILED_TRIES_MAX,
    POINTER_FILE,
    SLOT_A,
    SLOT_B,
    TRIES_COUNTER,
    VERSION_BAD,
    VERSION_GOOD,
    other,
    replace_file,
    version_in,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Load = Callable[[str], int]
    Store = Callable[[str, int], None]


def choose(files: str, load: "Load", store: "Store", ended_badly: bool) -> "tuple[str, bool]":
    """(slot to start from now, whether it is on trial); its try is counted. "" when neither slot is whole.

    `ended_badly`: the last start ended by an exception or by the watchdog. Of a version that is proven only such ends
    count as failed tries, once they have come: batteries run low, and each count costs flash. Of a new version every
    start counts, before it.
    Whatever this is cut short in, the next start comes to the same choice.
    """
    slot = _pointed_at(files)
    version = version_in(files, slot)
    good = load(VERSION_GOOD)
    if ended_badly and version <= good:
        _count(load, store, slot)
    if not version or (load(TRIES_COUNTER + slot) >= FAILED_TRIES_MAX and _can_go_back(files, load, slot)):
        if version > load(VERSION_BAD) and version > good:
            store(VERSION_BAD, version)
        slot = other(slot)
        version = version_in(files, slot)
        if not version:
            return "", False
        _point_at(files, slot)
    if version <= good:
        return slot, False
    _count(load, store, slot)
    return slot, _can_go_back(files, load, slot)


def _can_go_back(files: str, load: "Load", slot: str) -> bool:
    """Whether the other slot is the better choice once this one has failed."""
    spare = version_in(files, other(slot))
    good = load(VERSION_GOOD)
    return spare > 0 and (
        load(TRIES_COUNTER + other(slot)) < FAILED_TRIES_MAX or spare <= good < version_in(files, slot)
    )


def _count(load: "Load", store: "Store", slot: str) -> None:
    tries = load(TRIES_COUNTER + slot)
    if tries < FAILED_TRIES_MAX:
        store(TRIES_COUNTER + slot, tries + 1)


def _pointed_at(files: str) -> str:
    try:
        with open(files + POINTER_FILE) as file:
            slot = file.read(1)
    except (OSError, ValueError):
        slot = ""
    return slot if slot in (SLOT_A, SLOT_B) else SLOT_A


def _point_at(files: str, slot: str) -> None:
    try:
        replace_file(files + POINTER_FILE, slot)
    except OSError:  # no room for it: then the choice is made anew at each start
        pass
