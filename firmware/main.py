"""The composition root: makes the application for a board, or says in plain words what the device lacks."""

import gc

from firmware.application import Application, SyncResult
from firmware.clock import Clock
from firmware.journal import Journal
from firmware.journal_errors import JournalError
from firmware.memory import forget_since, loaded
from firmware.questionnaire import Questionnaire
from firmware.screens import Screens
from protocol.errors import ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board
    from firmware.settings import Settings
    from protocol.identity import Identity

QUESTIONNAIRE_FILE = "/questionnaire.pkg"
# Collecting this often keeps what lasts together: a block of 4 KB is still free when a sync or an erase needs one.
COLLECT_EVERY_BYTES = 4096


def start(board: "Board") -> Application:
    """The application, ready to step. Raises StartError, its words on the screen, when the device lacks a part."""
    gc.threshold(COLLECT_EVERY_BYTES)
    screens = Screens(board.framebuffer, board.width, board.height)
    board.store_counter("boots", board.load_counter("boots") + 1)
    try:
        return _compose(board, screens)
    except (ProtocolError, JournalError, OSError) as lacking:
        screens.service(str(lacking))
        board.show("service")
        raise StartError(str(lacking)) from None  # MicroPython has no chains of exceptions


class StartError(Exception):
    """What the device lacks; it shows the words and waits for a technician."""


def _compose(board: "Board", screens: Screens) -> Application:
    """What only the start needs is imported while it goes on, and forgotten at its end."""
    before = loaded()
    identity, settings = _read_provisioned(board)
    lost_power = not board.retained()
    journal = Journal(board.flash("journal"), identity.device_id, board.random, after_power_loss=lost_power)
    if journal.foreign:
        raise JournalError("journal of device %08x: back it up, then erase it" % journal.device_id)
    questionnaire = Questionnaire(board.files + QUESTIONNAIRE_FILE)
    screens.use(questionnaire)
    clock = Clock(board)
    forget_since(before)

    def sync() -> "SyncResult":
        return _sync(board, identity, settings, journal, clock)

    return Application(board, journal, clock, questionnaire, screens, settings, sync)


def _read_provisioned(board: "Board") -> "tuple[Identity, Settings]":
    """What was provisioned. Raises ProtocolError or OSError with words for the staff screen."""
    from firmware.settings import read_settings
    from protocol.identity import IDENTITY_BYTES_MAX, decode_identity

    area = bytearray(IDENTITY_BYTES_MAX)
    board.flash("pet_id").readblocks(0, area, 0)
    return decode_identity(bytes(area)), read_settings(board.files)


def _sync(
    board: "Board", identity: "Identity", settings: "Settings", journal: "Journal", clock: "Clock"
) -> "SyncResult":
    """One sync, with MQTT, TLS and the messages in memory only as long as it lasts."""
    gc.collect()
    before = loaded()
    try:
        import umqtt.simple

        from firmware.sync import Sync

        return Sync(board, identity, settings, journal, clock, umqtt.simple).run()
    finally:
        forget_since(before)
