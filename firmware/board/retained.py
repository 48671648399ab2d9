"""The parts of the RTC's memory: what survives deep sleep and not a loss of power. Each part has its own place.

A part is one byte with its length, then its bytes. That they are whole is for their owner to check: a brown-out may
leave any bits.
"""

PARTS_BYTES = 293  # of the 2,048 that MicroPython keeps on an ESP32
PART_BYTES_MAX = 96  # the largest part


def read_part(memory: bytes, part: str) -> bytes:
    """b"" when there is nothing."""
    at, size = _place(part)
    length = memory[at] if len(memory) == PARTS_BYTES else 0
    return memory[at + 1 : at + 1 + length] if length <= size else b""


def write_part(memory: bytes, part: str, data: bytes) -> bytes:
    """The memory with this part in it."""
    at, size = _place(part)
    assert len(data) <= size
    changed = bytearray(memory if len(memory) == PARTS_BYTES else PARTS_BYTES)
    changed[at] = len(data)
    changed[at + 1 : at + 1 + len(data)] = data
    return bytes(changed)


def _place(part: str) -> "tuple[int, int]":
    """(where it begins, how many bytes it may have)."""
    if part == "clock":
        return 0, 32
    if part == "schedule":
        return 33, 32
    if part == "visit":
        return 66, 32
    if part == "wifi":
        return 99, PART_BYTES_MAX
    assert part == "words"
    return 196, PART_BYTES_MAX
