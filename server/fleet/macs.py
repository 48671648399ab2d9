"""The address that a board carries from its factory: what tells one piece of hardware from another."""

import re

from server.errors import OperatorError

_FORM = re.compile("[0-9A-F]{12}")
_MULTICAST = 0x01  # of the first byte: no board's own address has it


def normal_mac(written: str) -> str:
    """`24:0A:C4:00:00:01` of six bytes with colons, hyphens or without. Raises OperatorError."""
    digits = re.sub("[:-]", "", written).upper()
    if not _FORM.fullmatch(digits):
        raise OperatorError(f"{written[:40]!r} is no MAC: six bytes in hex belong there, like 24:0A:C4:00:00:01.")
    mac = bytes.fromhex(digits)
    if not any(mac) or mac[0] & _MULTICAST:
        raise OperatorError(f"{written} is no board's own address: read it again.")
    return mac.hex(":").upper()


def mac_in(serial: str) -> str | None:
    """The MAC that a serial is, or None where it is another word."""
    try:
        return normal_mac(serial)
    except OperatorError:
        return None
