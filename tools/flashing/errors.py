"""Why a device was not flashed, in words an operator can act on, and the exit code that scripts can."""

from __future__ import annotations

# Stable: scripts depend on them. docs/flashing.md has the same table.
DONE = 0
PARTLY = 1
WRONG_INPUT = 2
NO_ANSWER = 3
FIRMWARE_REFUSED = 4
DEVICE_REFUSED = 5
INTERRUPTED = 6
JOURNAL_AT_RISK = 7
SERVER_REFUSED = 8


class FlashError(RuntimeError):
    """Any of these; the text says what is wrong and what to do, and never holds a secret."""

    code = PARTLY


class InputError(FlashError):
    """A file or an option is wrong."""

    code = WRONG_INPUT


class NoAnswerError(FlashError):
    """No port, no permission, or nobody on the other side."""

    code = NO_ANSWER


class FirmwareError(FlashError):
    """The MicroPython image is not whole, not for this chip, too large, or not pinned."""

    code = FIRMWARE_REFUSED


class DeviceError(FlashError):
    """The device is not one that this command may write to."""

    code = DEVICE_REFUSED


class CutError(FlashError):
    """The device stopped answering after writing had begun: `resume` finishes."""

    code = INTERRUPTED


class JournalDangerError(FlashError):
    """The answers on the device could not be saved, or are not what they were: nothing more is written."""

    code = JOURNAL_AT_RISK


class NoJournalError(JournalDangerError):
    """The area holds something, and nothing of it is a journal."""


class ServerError(FlashError):
    """The server refused, or could not be reached."""

    code = SERVER_REFUSED
