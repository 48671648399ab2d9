"""What staff may choose from: teams, stages and checklists. In memory only while it is read."""

from firmware.files import AUDIT_FILE, AUDITS_MAX
from firmware.questionnaire import Questionnaire
from firmware.settings import SettingsError, read_names
from protocol.errors import ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.staff import Choices


def read_choices(files: str) -> "Choices":
    """All there is. Settings or a checklist that cannot be read give no choice, and no trouble."""
    try:
        teams, stages = read_names(files)
    except SettingsError:
        teams, stages = [], []
    audits = []
    for number in range(1, AUDITS_MAX + 1):
        try:
            checklist = Questionnaire(files + AUDIT_FILE % number, True, bytearray(1))  # no picture will be loaded
        except ProtocolError:
            continue
        audits.append((number, checklist.title))
        checklist.close()
    return teams, stages, audits
