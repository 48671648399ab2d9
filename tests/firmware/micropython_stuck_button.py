"""A device of which a button is stuck: staff still come in, and nobody else. For MicroPython only."""

from firmware.board.sim import PRESS_MS
from firmware.buttons import SPARE_MS, STUCK_MS
from firmware.dialogue import TIMEOUT_MS
from tests.composed_device import READ_MS, Device, records

LONG_MS = 10**6


def stuck(button):
    """Idle, long after something has come to lie on this button."""
    device = Device()
    push(device, button, LONG_MS, STUCK_MS + 2 * TIMEOUT_MS)
    assert device.board.shown[-1] == "idle"
    device.board.shown = []
    return device


def push(device, button, duration_ms, wait_ms):
    """Beside whatever is down."""
    device.board.push_together((button,), duration_ms)
    device.wait(wait_ms)


def test_staff_come_in_by_the_other_hold_and_not_by_a_short_one():
    for button in (1, 5):
        device = stuck(button)
        push(device, 6, 4000, 200)
        push(device, 3, SPARE_MS - 1500, 4 * TIMEOUT_MS)
        assert "staff-menu" not in device.board.shown
        device.board.shown = []
        push(device, 6, SPARE_MS + 1000, 200)
        push(device, 3, SPARE_MS + 500, SPARE_MS + 1000)
        assert device.board.shown == ["staff-menu"]
        push(device, 4, PRESS_MS, READ_MS)
        assert device.board.shown[-1] == "staff-info"
        push(device, 6, PRESS_MS, READ_MS)
        push(device, 6, PRESS_MS, READ_MS)
        assert device.board.shown[-1] == "idle"
        assert records(device.board.journal) == []
