"""`struct.pack` that refuses what does not fit: MicroPython would cut it off in silence."""

from struct import pack

NUMBER_MAX = {"B": 0xFF, "H": 0xFFFF, "I": 0xFFFFFFFF}


def pack_fields(what: str, layout: str, values: "tuple[int | bytes, ...]") -> bytes:
    """Unsigned numbers (B, H, I) and byte strings of a fixed length (8s) to bytes, little-endian.

    Raises ValueError, which names `what` and the value's place: a mistake of ours, not of the peer.
    """
    codes = _codes(layout)
    if len(values) != len(codes):
        raise ValueError("%s: %d values for the layout %s" % (what, len(values), layout))
    for place, value in enumerate(values):
        if not _fits(value, codes[place]):
            raise ValueError("%s: value %d does not fit %s" % (what, place + 1, codes[place]))
    return pack(layout, *values)


def _codes(layout: str) -> "list[str]":
    """The codes after the "<", each with its count: <H8sI is H, 8s, I."""
    codes = []
    start = 1
    for at in range(1, len(layout)):
        if not layout[at].isdigit():
            codes.append(layout[start : at + 1])
            start = at + 1
    return codes


def _fits(value: "int | bytes", code: str) -> bool:
    if code in NUMBER_MAX:
        return isinstance(value, int) and 0 <= value <= NUMBER_MAX[code]
    return not isinstance(value, int) and len(value) == int(code[:-1])
