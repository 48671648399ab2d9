"""The phase of a device without a questionnaire: it says so, and syncs to fetch one. In memory only then."""

from firmware.application import TO_SLEEP, TO_STAFF, TO_SYNC, Application
from firmware.between import say
from firmware.buttons import CONTROL, STAFF, Buttons
from firmware.files import QUESTIONNAIRE_FILE
from firmware.held import doubt
from firmware.questionnaire import Questionnaire
from protocol.errors import ProtocolError

LOOK_MS = 10  # how often buttons are looked at
AWAKE_MS = 60000  # then it sleeps until the next sync is due, or a press


class Lacking:
    """`at_once`: sync without being asked, once after power came."""

    def __init__(self, application: Application, at_once: bool) -> None:
        self.after: tuple[int, int] | None = None
        self._application = application
        board = application.board
        self._buttons = Buttons(board.ticks_diff)
        self._began_ms = board.ticks_ms()
        self._buttons.wake(board.levels(), self._began_ms)  # what is down has been answered
        lacks = _what_is_lacking(board.files)
        doubt(board.files)  # so that the next sync fetches it
        if at_once:
            application.schedule.want()
        say(application, lacks + ". " + (application.words() or "Press 3 to ask the server."))
        board.tell("lacking", reason=lacks)

    def step(self) -> int:
        """Wait for a press or for the next sync."""
        application = self._application
        board = application.board
        event = self._buttons.sample(board.levels(), board.ticks_ms())
        if event == STAFF:
            self.after = TO_STAFF, 0
        elif event in (CONTROL, 2, 3, 4) or application.sync_is_due():
            self.after = TO_SYNC, 0
            say(application, "Sending and fetching. A press stops it.")
        elif application.settings.sleep_after_s and board.ticks_diff(board.ticks_ms(), self._began_ms) >= AWAKE_MS:
            self.after = TO_SLEEP, 0
        return LOOK_MS

    def button_of(self, option: int) -> int:
        """No button answers anything."""
        return 0 * option


def _what_is_lacking(files: str) -> str:
    try:
        Questionnaire(files + QUESTIONNAIRE_FILE).close()
    except ProtocolError as lacking:
        return str(lacking)
    return "the questionnaire could not be opened"
