"""Which desired state this device holds: the revision that is fully in force, and whether another one is on its way.

Both are kept as the server said them: the body of its message, in a file. Which packages are held is not written down
anywhere: the files themselves say it, by their hash.
"""

import os
from struct import unpack

HELD_FILE = "/held.bin"  # in force
DESIRED_FILE = "/desired.bin"  # newer, and not yet fully in force
REVISION_AT = 4  # in the body, after the server's time


def is_pending(directory: str) -> bool:
    """Whether something is to be fetched or put into force: then `firmware.switching` runs after a sync, at a start."""
    try:
        os.stat(directory + DESIRED_FILE)
    except OSError:
        return False
    return True


def held_revision(directory: str) -> int:
    """0 when nothing is held, or nobody knows what."""
    try:
        with open(directory + HELD_FILE, "rb") as file:
            head = file.read(REVISION_AT + 4)
        return int(unpack("<I", head[REVISION_AT:])[0])
    except (OSError, ValueError):
        return 0


def doubt(directory: str) -> None:
    """A package in force cannot be used: the next sync looks at every file, and fetches what is not as desired."""
    try:
        os.remove(directory + HELD_FILE)
    except OSError:
        pass
