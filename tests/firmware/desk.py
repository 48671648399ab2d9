"""The staff functions in a hand, for their tests."""

from firmware.buttons import CONTROL, STAFF, TOGETHER
from firmware.staff import Staff
from firmware.staff_words import Facts
from tests.esp32_ticks import ticks_add, ticks_diff

BACK = CONTROL
HELD = -CONTROL
EVENTS = (1, 2, 3, 4, 5, BACK, HELD, STAFF, TOGETHER)
TEAMS = ["North", "South", "Evening", "Night", "Weekend", "Bank"]
STAGES = ["First visit", "Discharge"]
AUDITS = [(1, "Hand hygiene"), (4, "Mealtime")]
CHOICES = (TEAMS, STAGES, AUDITS)
BEGIN_MS = (1 << 30) - 40000  # the ticks wrap while the menu is open


class Desk:
    """The staff functions in a hand, and what the device then knows."""

    def __init__(self, choices=CHOICES, **fields):
        self.assisted = fields.pop("assisted", False)
        self.fields = fields
        self.now_ms = BEGIN_MS
        self.staff = Staff(self.facts, choices, ticks_diff, self.now_ms, **fields)

    def facts(self):
        return Facts(3, 14, 200, 300, 0, 3, 90, 100, "", "", "0.2.0", "base", "PET-1", 2, 1, self.assisted)

    def press(self, *events):
        """The action of the last of these presses."""
        action = None
        for event in events:
            action = self.staff.press(event, self.now_ms)
        return action

    def wait(self, duration_ms):
        self.now_ms = ticks_add(self.now_ms, duration_ms)
        return self.staff.tick(self.now_ms)

    def text(self):
        return self.staff.view(self.now_ms)[2]

    def name(self):
        return self.staff.view(self.now_ms)[0]
