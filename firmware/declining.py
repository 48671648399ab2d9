"""Counts somebody who was asked and declined, with nothing about who. In memory only for this moment."""

from firmware.journal_errors import JournalError
from firmware.recording import payload_of
from protocol.record import FLAG_HOME_VISIT, KIND_DECLINED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.application import Application


def count_declined(application: "Application") -> bool:
    """Whether the record is on flash."""
    visit, flags = application.visit, 0
    stage = visit.stage
    if application.was_visit:
        flags = FLAG_HOME_VISIT
        visit.stage = stage or application.was_visit - 1  # forgotten with the visit, and yet whose it was
    asked = application.questionnaire
    payload = payload_of(application.clock, visit, asked, KIND_DECLINED, flags, 0, ())
    visit.stage = stage
    try:
        sequence = application.journal.append(payload)
        visit.assisted = False
        visit.keep()
    except (JournalError, OSError) as failure:
        application.board.tell("refused", reason=str(failure))
        return False
    application.board.tell("declined", sequence=sequence)
    return True
