"""PET time: whole seconds since 2020-01-01T00:00:00Z, as an unsigned 32-bit number; 0 means "unset"."""

UNSET = 0
UNIX_OFFSET_S = 1577836800  # 2020-01-01T00:00:00Z in Unix seconds
INSTANT_MAX = 0xFFFFFFFF  # 2156-02-07, far past any device's life


def from_unix(unix_s: int) -> int:
    """Unix seconds to PET time; instants outside 2020..2156 become UNSET, for no device can have lived then.

    The very first second is UNSET too: 0 is taken.
    """
    instant = unix_s - UNIX_OFFSET_S
    return instant if 0 < instant <= INSTANT_MAX else UNSET


def to_unix(instant: int) -> int:
    """PET time to Unix seconds. The caller has excluded UNSET."""
    return instant + UNIX_OFFSET_S
