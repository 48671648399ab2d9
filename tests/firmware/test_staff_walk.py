"""Random ways through the staff functions: none leads to an action that nobody chose."""

from firmware.buttons import STAFF
from firmware.staff import (
    ASSISTED,
    AUDIT,
    DECLINED,
    HOME_VISIT,
    RELEASE,
    SELF_TEST,
    STAGE,
    SYNC,
    TEAM,
    WIPE,
)
from tests.firmware.desk import AUDITS, BACK, CHOICES, EVENTS, HELD, STAGES, TEAMS, Desk

OFTEN = EVENTS + 4 * (1, 2, 3, 4, 5, 5)  # most walks come further than a few steps
LABELS = {
    HOME_VISIT: "Home visit",
    DECLINED: "Yes, count it",
    ASSISTED: "Helped",
    SYNC: "Send now",
    WIPE: "Wipe down",
    SELF_TEST: "Self-test",
}
WALKS = 300
STEPS = 40


def test_no_way_through_leads_to_an_action_that_was_not_on_the_screen():
    """Random presses and pauses; whatever comes out was named by the row of the button that was pressed."""
    actions = set()
    chance = Chance()
    for walk in range(WALKS):
        desk = Desk(choices=CHOICES if walk % 2 else ([], [], []), assisted=bool(walk % 3))
        for _ in range(STEPS):
            name, _, text, _ = desk.staff.view(desk.now_ms)
            locked = desk.staff.locked
            event = OFTEN[chance.below(len(OFTEN))]
            action = desk.press(event)
            if action:
                actions.add(action[0])
                check_action(action, event, name, text)
                assert not locked
                if action[0] not in (DECLINED, ASSISTED, TEAM, STAGE, WIPE):
                    break
                if action[0] == DECLINED:
                    desk.staff.kept(bool(walk % 5), desk.now_ms)
            pause_ms = chance.below(4000)
            due_ms = desk.staff.due_ms(desk.now_ms)
            action = desk.wait(pause_ms)
            assert action in (None, (RELEASE, 0))
            if action:
                assert pause_ms >= due_ms
                break
    assert actions == {RELEASE, TEAM, STAGE, AUDIT} | set(LABELS)


def check_action(action, event, name, text):
    code, argument = action
    if code == RELEASE:
        top = name == "staff-menu" and text.endswith("1/3") and event == BACK
        assert event in (HELD, STAFF) or top or name == "staff-note", (event, name)
        return
    row = "%d " % event
    chosen = [line[2:] for line in text.split("\n") if line.startswith(row)]
    assert len(chosen) == 1, (action, event, text)
    if code in LABELS:
        assert chosen[0] == LABELS[code]
        return
    names = {TEAM: ["Usual team"] + TEAMS, STAGE: ["No stage"] + STAGES}
    expected = dict(AUDITS)[argument] if code == AUDIT else names[code][argument]
    assert (name, chosen[0]) == ("staff-list", expected)


class Chance:
    """The same numbers on both interpreters, every time."""

    def __init__(self):
        self._state = 20260101

    def below(self, limit):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 12) % limit
