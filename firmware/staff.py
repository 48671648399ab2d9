"""The state machine of the staff functions: presses and time in, what to show and what to do out. Pure.

  state              | answer button                      | back               | time
  -------------------+------------------------------------+--------------------+----------------------------------
  MENU, page n       | its row: an action or a state      | page n-1, or leaves| IDLE_MS: leaves
  TEAM, STAGE, AUDIT | its row: an action                 | MENU               | IDLE_MS: leaves
  STATUS, page n     | page n+1                           | MENU               | IDLE_MS: leaves
  DECLINED           | 1: the action; 5: MENU             | MENU               | IDLE_MS: leaves, nothing counted
  ABOUT              | MENU                               | MENU               | IDLE_MS: leaves
  NOTE               | MENU, or leaves                    | as answer button   | NOTE_MS: as answer button
  WIPE               |                                    |                    | WIPE_MS: leaves

Held back, or the hold-combination, leaves from everywhere but WIPE. A row keeps its number on every device, also where
the row before it is missing: what a hand has learnt, and what the nurse's card shows, is always true.

In memory only from the hold-combination until it leaves.
"""

from firmware.buttons import CONTROL, STAFF
from firmware.staff_view import COUNT, KEYS, LINES, WORDS
from firmware.staff_words import network_words, status_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.board.interface import Ticks
    from firmware.staff_view import View
    from firmware.staff_words import Facts

    Action = tuple[int, int]
    # teams, stages: their names, index 1 first; audits: (number of its package, title)
    Choices = tuple[list[str], list[str], list[tuple[int, str]]]

# Rows of the menu, which are states or actions; an action is what the application is to do, and its argument.
MENUS = "Home visit,Declined,Helped,Status,Send now,Team,Stage,Wipe down,Checklists,Self-test,About"
RELEASE = 0  # leave the staff functions
HOME_VISIT = 1  # hand over; leaves
DECLINED = 2  # count it, then say `kept`
ASSISTED = 3  # 1: the next pass is marked as helped, 0: it is not
STATUS = 4
SYNC = 5  # leaves; afterwards `Staff(..., status=True)` shows what came of it
TEAM = 6  # index, 0: the usual one
STAGE = 7  # index, 0: none
WIPE = 8  # has begun
AUDIT = 9  # number of its package; leaves
SELF_TEST = 10  # leaves
ABOUT = 11
MENU = 0
NOTE = 12

IDLE_MS = 30000  # nobody presses: a patient must not find the staff functions open
NOTE_MS = 3000
WIPE_MS = 30000  # what a disinfectant wipe takes

YES = 1
MORE = 5  # the last button of a screen that has another page
ROWS = 4  # of a page of many, above its "More"
STATUS_PAGES = 3


class Staff:
    """`facts`: called whenever they are shown. `ticks_diff(later, earlier)` is the board's. `status`: begin there.

    `locked`: no button counts, because the device is being wiped.
    """

    def __init__(
        self, facts: "Callable[[], Facts]", choices: "Choices", ticks_diff: "Ticks", now_ms: int, status: bool = False
    ) -> None:
        self.locked = False
        self._facts = facts
        self._choices = choices
        self._diff = ticks_diff
        self._since_ms = now_ms  # of the last press, or of the note
        self._page = 0
        self._home = 0  # the page of the menu that back leads to
        self._leaves = False  # where NOTE goes
        self._enter(STATUS if status else MENU, 0)

    def view(self, now_ms: int) -> "View":
        """What belongs on the screen now."""
        if self.locked:
            return "staff-wipe", COUNT, "%d\nWipe down: buttons off" % ((self._left_ms(now_ms) + 999) // 1000), -1
        return self._view

    def press(self, event: int, now_ms: int) -> "Action | None":
        """An event of `Buttons.sample`. Returns an action when the press asks for one."""
        state = self._state
        if self.locked:
            return None
        if event in (STAFF, -CONTROL) or (event == CONTROL and state == MENU and not self._page):
            return RELEASE, 0
        self._since_ms = now_ms
        if state == NOTE:
            return self._after_note()
        if event == CONTROL:
            self._enter(MENU, self._home if state else self._page - 1)
        elif not 0 < event <= MORE:
            pass  # two buttons at once: none of them
        elif state == STATUS:
            self._enter(STATUS, (self._page + 1) % STATUS_PAGES)
        elif state not in (DECLINED, ABOUT):
            return self._choose(event)
        elif state == ABOUT or event in (YES, MORE):
            self._enter(MENU, self._home)
            if state == DECLINED and event == YES:
                return DECLINED, 0
        return None

    def tick(self, now_ms: int) -> "Action | None":
        """Time passes. Returns the action RELEASE when the staff functions end by themselves."""
        if self._left_ms(now_ms) > 0:
            return None
        self._since_ms = now_ms
        return self._after_note() if self._state == NOTE else (RELEASE, 0)

    def due_ms(self, now_ms: int) -> int:
        """When `tick` or `view` has something new, in milliseconds from now."""
        left_ms = max(0, self._left_ms(now_ms))
        return left_ms % 1000 or min(left_ms, 1000) if self.locked else left_ms

    def kept(self, kept: bool, now_ms: int) -> None:
        """What came of DECLINED: whether its record is on flash."""
        self._since_ms = now_ms
        self._note("Counted.\nNo name is kept." if kept else "Not counted: no room on this device. Send first.", True)

    def _left_ms(self, now_ms: int) -> int:
        limit_ms = WIPE_MS if self.locked else NOTE_MS if self._state == NOTE else IDLE_MS
        return limit_ms - self._diff(now_ms, self._since_ms)

    def _choose(self, button: int) -> "Action | None":
        """A row of the menu or of a list."""
        names = self._names()
        state = self._state
        if len(names) > MORE and button == MORE:
            self._enter(state, (self._page + 1) % -(-len(names) // ROWS))
            return None
        index = self._page * ROWS + button - 1
        if index >= len(names) or not names[index]:
            return None
        if state == MENU:
            self._home = self._page
            return self._begin(index + 1)
        if state == AUDIT:
            return AUDIT, self._choices[2][index][0]
        self._note("From now on: " + names[index], False)
        return state, index

    def _begin(self, row: int) -> "Action | None":
        if row in (STATUS, DECLINED, TEAM, STAGE, AUDIT, ABOUT):
            self._enter(row, 0)
            return None
        self.locked = row == WIPE
        helps = row == ASSISTED and not self._facts().assisted
        if row == ASSISTED:
            self._note("The next answers will %sbe marked as helped by staff." % ("" if helps else "not "), True)
        return row, int(helps)

    def _names(self) -> "list[str]":
        """The rows there are, over all pages; "" for a row of the menu that this device has no use for."""
        state = self._state
        teams, stages, audits = self._choices
        if state == AUDIT:
            return [title for _, title in audits]
        if state != MENU:
            return ["Usual team"] + teams if state == TEAM else ["No stage"] + stages
        names = MENUS.split(",")
        for row, choices in ((TEAM, teams), (STAGE, stages), (AUDIT, audits)):
            if not choices:
                names[row - 1] = ""
        return names

    def _note(self, words: str, leaves: bool) -> None:
        self._state = NOTE
        self._leaves = leaves
        self._view = ("staff-note", WORDS, words, -1)

    def _after_note(self) -> "Action | None":
        if self._leaves:
            return RELEASE, 0
        self._enter(MENU, 0)
        return None

    def _enter(self, state: int, page: int) -> None:
        self._state = state
        self._page = page
        facts = self._facts()
        if state == STATUS:
            if page == 0:
                self._view = "staff-info", LINES, status_words(facts), -1
            elif page == 1:
                self._view = "staff-info", WORDS, network_words(facts), -1
            else:
                self._view = "staff-info", LINES, self._more(facts), -1
        elif state == DECLINED:
            self._view = "staff-ask", KEYS, "Somebody declined:\ncount it? No name.\n\n1 Yes, count it\n5 No", -1
        elif state == ABOUT:
            self._view = "staff-info", WORDS, "PET %s\n%s\n%s" % (facts.version, facts.serial, facts.base), -1
        else:
            self._view = self._list(facts)

    def _more(self, facts: "Facts") -> str:
        """Status in figures, and what was chosen."""
        teams, stages, _ = self._choices
        return "Room for %d more\nBattery: %s\n%s\n%s" % (
            facts.free,
            "%d mV" % facts.battery_mv if facts.battery_mv else "not measured",
            "Team: " + teams[facts.team - 1] if 0 < facts.team <= len(teams) else "Usual team",
            "Stage: " + stages[facts.stage - 1] if 0 < facts.stage <= len(stages) else "No stage",
        )

    def _list(self, facts: "Facts") -> "View":
        names = self._names()
        state = self._state
        first = self._page * ROWS
        many = len(names) > MORE
        chosen = -1 if state == AUDIT else facts.team if state == TEAM else facts.stage
        if state == MENU:
            chosen = ASSISTED - 1 if facts.assisted else -1
        text = ""
        for row in range(ROWS if many else MORE):
            name = names[first + row] if first + row < len(names) else ""
            text += "%d %s\n" % (row + 1, name) if name else "\n"
        if many:
            text += "5 More\t%d/%d" % (self._page + 1, -(-len(names) // ROWS))
        return "staff-list" if state else "staff-menu", KEYS, text, chosen - first
