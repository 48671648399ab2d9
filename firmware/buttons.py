"""Samples of button levels in, debounced presses out. Pure: levels and time come as arguments.

An answer button counts when it goes down, so that the patient sees the effect at once. The control button counts
when it is let go (short: back) or has been down for HOLD_MS (long: skip). Two answer buttons that go down together
are none: whichever we took, half of the time it would be the wrong one, and always the same half. Where the second
comes so late that the first has been counted already, TOGETHER says so. The outermost two, held together, are the
staff's; so the second of them counts only when it is let go before that. For a device on which one of the two is stuck
there is another way: the control button held, and soon the middle one as well; this too counts when it is let go.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.board.interface import Ticks

STABLE_MS = 20  # contacts bounce for a few milliseconds
REPEAT_MS = 400  # the same button again within this time is one press by a shaking hand
HOLD_MS = 800
TOGETHER_MS = 500  # nobody reads, chooses anew and still holds the first: it is one hand, or the staff's two
STAFF_MS = 2000  # longer than any hand that slips or rests
SPARE_MS = 5000  # longer still: these two lie beside each other under one hand
STUCK_MS = 30000  # nobody presses for so long: something lies on it, or the contact is broken
CONTROL = 6  # the sixth, smaller button
MIDDLE = 3
STAFF = 15  # an event: the staff's hold, either of the two
TOGETHER = 16  # an event: the press that was just reported was a hand on two buttons
BUTTONS = 6

ANSWERS = 0b011111
CONTROL_BIT = 0b100000
PAIR = 0b010001
SPARE = 0b100100


class Buttons:
    """`sample` is called every few milliseconds; it returns 0 for nothing, or an event.

    1..5: an answer button. CONTROL, -CONTROL: the control button, short and long. STAFF, TOGETHER: see above.
    `stuck` has bit n-1 set while button n has been down for too long; it stands in nobody's way.
    """

    def __init__(self, ticks_diff: "Ticks") -> None:
        self.stuck = 0
        self._diff = ticks_diff
        self._levels = 0  # as last believed
        self._seen = 0  # as last sampled
        self._seen_ms = 0
        self._down_ms = [0] * BUTTONS
        self._pair_ms = 0  # since when both of the pair have been down
        self._pair_held = False  # the hold has been reported
        self._held = False  # and that of the control button
        self._waiting = 0  # the second of the pair, or the middle one, which may yet become a press
        self._last = 0
        self._last_ms = 0
        self._reported = False

    def wake(self, levels: int, now_ms: int) -> int:
        """What the press was that woke the device, by the buttons that did it; it counts once, whatever they do now."""
        self._levels = self._seen = levels
        self._seen_ms = now_ms
        self._went_down(levels, now_ms)
        self._held = True
        for number in range(1, BUTTONS + 1):
            if levels == 1 << (number - 1):
                return self._press(number, now_ms)
        return 0

    def sample(self, levels: int, now_ms: int) -> int:
        """`levels`: bit n-1 is set while button n is down."""
        if levels != self._seen:
            self._seen = levels
            self._seen_ms = now_ms
        elif levels != self._levels and self._since(self._seen_ms, now_ms) >= STABLE_MS:
            return self._change(levels, now_ms)
        down = self._levels & ~self.stuck
        for index in range(BUTTONS):
            if down >> index & 1 and self._since(self._down_ms[index], now_ms) >= STUCK_MS:
                self.stuck |= 1 << index
        if down & PAIR == PAIR and not self._pair_held and self._since(self._pair_ms, now_ms) >= STAFF_MS:
            self._pair_held = True
            self._waiting = 0
            return STAFF
        if self._waiting == MIDDLE and self._since(self._down_ms[MIDDLE - 1], now_ms) >= SPARE_MS:
            self._waiting = 0
            return STAFF
        if down & CONTROL_BIT and not self._held and self._since(self._down_ms[CONTROL - 1], now_ms) >= HOLD_MS:
            self._held = True
            return -CONTROL
        return 0

    def settled(self) -> bool:
        """Whether no button is down, but for those that are stuck, and none is bouncing: sampling may pause."""
        return self._seen == self._levels and not self._levels & ~self.stuck

    def _change(self, levels: int, now_ms: int) -> int:
        before = self._levels & ~self.stuck
        pressed = levels & ~self._levels
        released = self._levels & ~levels
        self._levels = levels
        self.stuck &= levels
        self._went_down(pressed, now_ms)
        if pressed & ANSWERS == 1 << MIDDLE - 1 and levels & ~self.stuck & CONTROL_BIT and not self._held:
            self._held = True
            self._waiting = MIDDLE
            return 0
        for number in range(1, CONTROL):
            if pressed & ANSWERS == 1 << (number - 1):
                return self._down(number, before & ANSWERS, now_ms)
        if self._waiting and released & (SPARE if self._waiting == MIDDLE else PAIR):
            number = self._waiting
            self._waiting = 0
            return self._press(number, now_ms)
        if released & CONTROL_BIT and not self._held:
            return self._press(CONTROL, now_ms)
        return 0

    def _went_down(self, pressed: int, now_ms: int) -> None:
        for index in range(BUTTONS):
            if pressed >> index & 1:
                self._down_ms[index] = now_ms
        if pressed & PAIR:
            self._pair_ms = now_ms
            self._pair_held = False
        if pressed & CONTROL_BIT:
            self._held = False

    def _down(self, number: int, others: int, now_ms: int) -> int:
        """One answer button has gone down, while `others` were down already."""
        bit = 1 << (number - 1)
        if others & 1 << self._last >> 1 and 0 <= self._since(self._last_ms, now_ms) < TOGETHER_MS:
            reported = self._reported
            self._reported = False
            return TOGETHER if reported else 0
        if bit & PAIR and (others | bit) & PAIR == PAIR:
            self._waiting = number
            return 0
        return self._press(number, now_ms)

    def _press(self, number: int, now_ms: int) -> int:
        # below 0: so many days since the last press that the ticks have wrapped
        repeated = number == self._last and 0 <= self._since(self._last_ms, now_ms) < REPEAT_MS
        self._last = number
        self._last_ms = now_ms
        self._reported = not repeated
        return 0 if repeated else number

    def _since(self, then_ms: int, now_ms: int) -> int:
        return self._diff(now_ms, then_ms)
