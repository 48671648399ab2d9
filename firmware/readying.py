"""Proves a questionnaire, and the texts, before those come into memory who ask: together they have no room.

In memory only for this moment.
"""

import os

from firmware.files import AUDIT_FILE, QUESTIONNAIRE_FILE, TEXTS_FILE
from firmware.package_file import prove
from firmware.pictures import TABLE_SUFFIX
from protocol.errors import ProtocolError


def make_ready(files: str, audit: int) -> bool:
    """Whether all is proven, and has its table. If not, whoever opens it finds out why. `audit`: 0 for patients."""
    for name in (AUDIT_FILE % audit,) if audit else (QUESTIONNAIRE_FILE, TEXTS_FILE):
        path = files + name
        try:
            os.stat(path)
        except OSError:
            if name == TEXTS_FILE:
                continue
            return False
        try:
            prove(path, path[: path.rfind(".")] + TABLE_SUFFIX)
        except ProtocolError:
            return False
    return True
