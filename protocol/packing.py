"""`struct.pack` that refuses what does not fit: CPython raises its own error there, MicroPython cuts in silence."""

from struct import pack

NUMBER_MAX = {"B": 0xFF, "H": 0xFFFF, "I": 0xFFFFFFFF}


def pack_fields(what: str, layout: str, values: "tuple[int | bytes, ...]") -> bytes:
    """Unsigned numbers (B, H, I) and byte strings of a fixed length (8s) to bytes, little-endian.

    Raises ValueError, which names `what` and the value's place: a mistake of ours, not of the peer.
    """
    at = 1  # after the "<"
    for place, value in enumerate(values, 1):
        start = at
        while layout[at] in "0123456789":
            at += 1
        if layout[at] == "s":
            good = not isinstance(value, int) and len(value) == int(layout[start:at])
        else:
            good = isinstance(value, int) and 0 <= value <= NUMBER_MAX[layout[at]]
        at += 1
        if not good:
            raise ValueError("%s: value %d does not fit %s" % (what, place, layout[start:at]))
    if at != len(layout):
        raise ValueError("%s: %d values for the layout %s" % (what, len(values), layout))
    return pack(layout, *values)
