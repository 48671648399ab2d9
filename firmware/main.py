"""The composition root: makes the application for a board, or says in plain words what the device lacks.

In memory only while a device starts.
"""

import gc

from firmware.application import Application, StartError
from firmware.clock import Clock
from firmware.journal import Journal
from firmware.journal_errors import JournalError
from firmware.memory import forget_since
from protocol.errors import ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board
    from firmware.settings import Settings
    from protocol.identity import Identity

# Collecting this often keeps what lasts together: a block of 4 KB is still free when a sync or an erase needs one.
COLLECT_EVERY_BYTES = 4096


def start(board: "Board", resident: "set[str]") -> Application:
    """The application, ready to step; `resident`: the modules that it may keep in memory.

    Raises StartError, its words on the screen, when the device lacks a part.
    """
    gc.threshold(COLLECT_EVERY_BYTES)
    try:
        return _compose(board, resident)
    except (ProtocolError, JournalError, OSError) as lacking:
        words = str(lacking)
    forget_since(resident)
    from firmware.staff_screens import draw_words

    draw_words(board.framebuffer, words)
    board.show("service")
    raise StartError(words)


def _compose(board: "Board", resident: "set[str]") -> Application:
    slept = bool(board.retained("clock"))
    if not slept:
        board.store_counter("boots", board.load_counter("boots") + 1)
    identity, settings = _read_provisioned(board)
    journal = Journal(board.flash("journal"), identity.device_id, board.random, after_power_loss=not slept)
    if journal.foreign:
        raise JournalError("journal of device %08x: back it up, then erase it" % journal.device_id)
    return Application(board, identity, settings, journal, Clock(board), slept, resident)


def _read_provisioned(board: "Board") -> "tuple[Identity, Settings]":
    """What was provisioned. Raises ProtocolError or OSError with words for the staff screen."""
    from firmware.settings import read_settings
    from protocol.identity import IDENTITY_BYTES_MAX, decode_identity

    area = bytearray(IDENTITY_BYTES_MAX)
    board.flash("pet_id").readblocks(0, area, 0)
    return decode_identity(bytes(area)), read_settings(board.files)
