"""What went wrong between this computer and a device, in words, with the remedy: the classic causes first."""

from __future__ import annotations

import errno
import os

from serial import SerialException

from tools.flashing.errors import CutError, FlashError, NoAnswerError

NO_PORT = (
    "{port} does not exist. Plug the device in; if no port appears then, the cable may carry power only (take one that "
    "carries data), or the driver of the USB chip (CH340, CP210x) is missing: `doctor` lists what this computer sees."
)
NO_PERMISSION = (
    "you may not open {port}. On Linux: sudo usermod -aG dialout $USER, then sign out and in again; on macOS close the "
    "program that holds it."
)
BUSY = "another program holds {port}: close the monitor, editor or other flasher that uses it."
SILENT = (
    "nothing answers on {port}. Hold the button BOOT (IO0) while plugging in and try again; take another cable (many "
    "carry power only) and a port of the computer itself instead of a hub."
)
WRONG_MODE = (
    "the device on {port} starts its program instead of the bootloader. Hold BOOT (IO0), press EN (reset), let go of "
    "EN, then of BOOT, and try again."
)
NOISE = (
    "what comes over {port} is damaged. Take a shorter cable and no hub; with a CH340, name a lower --baud (115200)."
)
PULLED = "the device on {port} was cut off (cable or power). Plug it in and say `resume`: it finishes what was begun."
PULLED_BEFORE = "the device on {port} was cut off (cable or power) before anything was written to it: try again."

NO_ANSWER_SIGNS = ("no serial data received", "failed to connect", "timed out waiting for packet", "no response")
WRONG_MODE_SIGNS = ("wrong boot mode", "boot mode detected")
NOISE_SIGNS = ("invalid head of packet", "corrupt", "digest mismatch", "serial noise", "invalid slip", "md5 of file")
SAID_LETTERS_MAX = 120
# How far it had come.
NEVER_REACHED, REACHED, HALF_WRITTEN = range(3)
BUSY_ERRORS = (errno.EBUSY, errno.EAGAIN)


def explain(port: str, error: BaseException, reached: int = NEVER_REACHED) -> FlashError:
    """The error to show for one of esptool, pyserial or the system."""
    if reached == HALF_WRITTEN:
        return CutError(PULLED.format(port=port))
    if reached and isinstance(error, OSError):
        return NoAnswerError(PULLED_BEFORE.format(port=port))
    number = _number(error)
    if number == errno.EACCES:
        return NoAnswerError(NO_PERMISSION.format(port=port))
    if number in BUSY_ERRORS or "lock" in str(error).lower():
        return NoAnswerError(BUSY.format(port=port))
    if number == errno.ENOENT or (isinstance(error, SerialException) and not os.path.exists(port)):  # noqa: PTH110
        return NoAnswerError(NO_PORT.format(port=port))
    return NoAnswerError(_by_words(port, str(error)))


def is_noise(error: BaseException) -> bool:
    """Whether a lower speed may help."""
    words = str(error).lower()
    return not isinstance(error, OSError) and any(sign in words for sign in (*NOISE_SIGNS, *NO_ANSWER_SIGNS[2:]))


def _by_words(port: str, words: str) -> str:
    for signs, remedy in ((WRONG_MODE_SIGNS, WRONG_MODE), (NOISE_SIGNS, NOISE), (NO_ANSWER_SIGNS, SILENT)):
        if any(sign in words.lower() for sign in signs):
            return remedy.format(port=port)
    said = words.splitlines()[0][:SAID_LETTERS_MAX] if words else "nothing"
    return f"{SILENT.format(port=port)} (It said: {said})"


def _number(error: BaseException) -> int | None:
    """The system's number for it, also where pyserial has put it into words only."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    for cause in (error.__cause__, error.__context__):
        if isinstance(cause, OSError) and cause.errno:
            return cause.errno
    return None
