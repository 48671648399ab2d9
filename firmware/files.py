"""The questionnaires among a device's files. Names begin at `board.files`."""

QUESTIONNAIRE_FILE = "/questionnaire.pkg"  # the patients'
AUDIT_FILE = "/audit%d.pkg"  # checklists of the staff, from 1
AUDITS_MAX = 7
TEXTS_FILE = "/texts.pkg"  # "You said, we did"
