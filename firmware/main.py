"""The composition root: makes the application for a board, or says in plain words what the device lacks."""

import umqtt.simple

from firmware.application import Application
from firmware.clock import Clock
from firmware.journal import Journal, JournalError
from firmware.questionnaire import Questionnaire
from firmware.screens import Screens
from firmware.settings import SettingsError, read_settings
from firmware.sync import Sync
from protocol.errors import ProtocolError
from protocol.identity import AREA_BYTES, decode_identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Board
    from protocol.identity import Identity

QUESTIONNAIRE_FILE = "/questionnaire.pkg"


def start(board: "Board") -> Application:
    """The application, ready to step. Raises StartError, its words already on the screen, when the device lacks a part."""
    screens = Screens(board.framebuffer, board.width, board.height)
    board.store_counter("boots", board.load_counter("boots") + 1)
    try:
        return _compose(board, screens)
    except (ProtocolError, SettingsError, JournalError, OSError) as lacking:
        screens.service(str(lacking))
        board.show("service")
        raise StartError(str(lacking)) from lacking


class StartError(Exception):
    """What the device lacks; it shows the words and waits for a technician."""


def _compose(board: "Board", screens: Screens) -> Application:
    identity = read_identity(board)
    settings = read_settings(board.files)
    journal = Journal(board.flash("journal"), identity.device_id, board.random)
    questionnaire = Questionnaire(board.files + QUESTIONNAIRE_FILE)
    screens.use(questionnaire)
    clock = Clock(board)
    sync = Sync(board, identity, settings, journal, clock, umqtt.simple)
    return Application(board, journal, clock, questionnaire, screens, settings, sync)


def read_identity(board: "Board") -> "Identity":
    """The identity in `pet_id`. Raises ProtocolError when it is blank or damaged, OSError when there is no such area."""
    area = bytearray(AREA_BYTES)
    board.flash("pet_id").readblocks(0, area)
    return decode_identity(bytes(area))
