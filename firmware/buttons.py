"""Samples of button levels in, debounced presses out. Pure: levels and time come as arguments.

An answer button counts when it goes down, so that the patient sees the effect at once. The control button counts
when it is let go (short: back) or has been down for HOLD_MS (long: skip). Two answer buttons that go down together
are none: whichever we took, half of the time it would be the wrong one, and always the same half.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Ticks

STABLE_MS = 20  # contacts bounce for a few milliseconds
REPEAT_MS = 400  # the same button again within this time is one press by a shaking hand
HOLD_MS = 800
CONTROL = 6  # the sixth, smaller button
BUTTONS = 6


class Buttons:
    """`sample` is called every few milliseconds; it returns 1..6 for a press, -6 for a hold, 0 for nothing."""

    def __init__(self, ticks_diff: "Ticks") -> None:
        self._diff = ticks_diff
        self._levels = 0  # as last believed
        self._seen = 0  # as last sampled
        self._seen_ms = 0
        self._down_ms = 0
        self._held = False
        self._last = 0
        self._last_ms = 0

    def sample(self, levels: int, now_ms: int) -> int:
        """`levels`: bit n-1 is set while button n is down."""
        if levels != self._seen:
            self._seen = levels
            self._seen_ms = now_ms
        elif levels != self._levels and self._since(self._seen_ms, now_ms) >= STABLE_MS:
            return self._change(levels, now_ms)
        control = 1 << (CONTROL - 1)
        if self._levels & control and not self._held and self._since(self._down_ms, now_ms) >= HOLD_MS:
            self._held = True
            return -CONTROL
        return 0

    def settled(self) -> bool:
        """Whether no button is down and none is bouncing, so that sampling may pause."""
        return self._levels == 0 and self._seen == 0

    def _change(self, levels: int, now_ms: int) -> int:
        pressed = levels & ~self._levels
        released = self._levels & ~levels
        self._levels = levels
        control = 1 << (CONTROL - 1)
        if pressed & control:
            self._down_ms = now_ms
            self._held = False
        for number in range(1, CONTROL):
            if pressed & ~control == 1 << (number - 1):
                return self._press(number, now_ms)
        if released & control and not self._held:
            return self._press(CONTROL, now_ms)
        return 0

    def _press(self, number: int, now_ms: int) -> int:
        # below 0: so many days since the last press that the ticks have wrapped
        repeated = number == self._last and 0 <= self._since(self._last_ms, now_ms) < REPEAT_MS
        self._last = number
        self._last_ms = now_ms
        return 0 if repeated else number

    def _since(self, then_ms: int, now_ms: int) -> int:
        return self._diff(now_ms, then_ms)
