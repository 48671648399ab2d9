"""The millisecond ticks of an ESP32: a counter of 30 bits that wraps; differences are good for 6.2 days."""

PERIOD = 1 << 30
HALF = PERIOD // 2


def ticks_add(ticks, delta_ms):
    return (ticks + delta_ms) % PERIOD


def ticks_diff(later, earlier):
    return (later - earlier + HALF) % PERIOD - HALF
