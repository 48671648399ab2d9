"""Settings on trial: used for a sync, in force once an ack has come through them, else given up after a few syncs.

A try is counted before it begins: settings that make a device hang or start again are given up like others.
"""

import os

from firmware.changes import TRIAL_COUNTER, TRIES_MAX, digest_of, refuse, remove
from firmware.settings import PROVISIONAL_FILE, SETTINGS_FILE, SettingsError, read_access
from protocol.messages import ITEM_SETTINGS, REFUSED_NO_ACK, REFUSED_UNUSABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board
    from firmware.settings import Access


def begin_trial(board: "Board") -> "Access | None":
    """The settings on trial, for this sync; None when they have had their tries or cannot be read."""
    tries = board.load_counter(TRIAL_COUNTER)
    if tries >= TRIES_MAX:
        _give_up(board, REFUSED_NO_ACK)
        return None
    try:
        access = read_access(board.files + PROVISIONAL_FILE)
    except SettingsError:
        _give_up(board, REFUSED_UNUSABLE)
        return None
    board.store_counter(TRIAL_COUNTER, tries + 1)
    return access


def pass_trial(board: "Board") -> None:
    """An ack has come through them: they are in force."""
    os.rename(board.files + PROVISIONAL_FILE, board.files + SETTINGS_FILE)
    board.store_counter(TRIAL_COUNTER, 0)


def end_trial(board: "Board", counts: bool) -> None:
    """The sync is over and no ack came. `counts`: the settings may be to blame, and not a press."""
    tries = board.load_counter(TRIAL_COUNTER)
    if not counts:
        board.store_counter(TRIAL_COUNTER, max(0, tries - 1))
    elif tries >= TRIES_MAX:
        _give_up(board, REFUSED_NO_ACK)


def _give_up(board: "Board", reason: int) -> None:
    path = board.files + PROVISIONAL_FILE
    refuse(board, ITEM_SETTINGS, 0, digest_of(path), reason)
    remove(path)
    board.store_counter(TRIAL_COUNTER, 0)
