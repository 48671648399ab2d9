"""A finger on the buttons: holds them down for a while and gathers what `Buttons` makes of it."""

from firmware.buttons import Buttons
from tests.esp32_ticks import ticks_add, ticks_diff

SAMPLE_MS = 5


class Finger:
    """Whoever presses, from `now_ms` on."""

    def __init__(self, now_ms=1000):
        self.buttons = Buttons(ticks_diff)
        self.now_ms = now_ms

    def keep(self, down, duration_ms):
        """These buttons are down for so long: the events that come of it."""
        levels = 0
        for number in down:
            levels |= 1 << (number - 1)
        events = []
        for _ in range(0, duration_ms, SAMPLE_MS):
            event = self.buttons.sample(levels, self.now_ms)
            if event:
                events.append(event)
            self.now_ms = ticks_add(self.now_ms, SAMPLE_MS)
        return events

    def press(self, number, duration_ms=60, pause_ms=60):
        return self.keep([number], duration_ms) + self.keep([], pause_ms)

    def rest(self, duration_ms):
        """Time passes and nobody samples, as in sleep."""
        self.now_ms = ticks_add(self.now_ms, duration_ms)
