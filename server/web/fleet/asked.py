"""What the address of the list of devices asks for: which of them, in what order, which page."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from server.api.problems import ProblemError, in_query, wrong_fields
from server.fleet.alerts import Kind
from server.fleet.roster import Entry, Wanted
from server.fleet.tables import ACTIVE, LOST, RETIRED, REVOKED

SHOWN = 50  # devices on one page
PAGES_MAX = 10_000
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
FULL_MV = 10_000  # above any battery: what cannot be measured is sorted behind what is low

IN_USE, ANY_STATE = "in-use", "any"
STATES = {
    IN_USE: "In use",
    ACTIVE: "Active",
    LOST: "Lost",
    REVOKED: "Revoked",
    RETIRED: "Retired",
    ANY_STATE: "All, also retired ones",
}
ANYTHING, BEHIND = "anything", "behind"
NEEDS = {
    "": "Whether or not",
    ANYTHING: "Something to see to",
    "overdue": "Silent for too long",
    "low-battery": "Battery low",
    "clock": "Clock wrong",
    "storage": "Storage nearly full",
    "lost-records": "Answers lost for good",
    "refused-content": "Refuses an update",
    "refused-messages": "Messages refused",
    BEHIND: "Not up to date",
}


def _heard(entry: Entry) -> Any:
    return entry.said.at if entry.said else NEVER


def _battery(entry: Entry) -> Any:
    return (entry.said.battery_mv if entry.said else 0) or FULL_MV


def _room(entry: Entry) -> Any:
    return entry.said.free_slots / entry.said.all_slots if entry.said and entry.said.all_slots else 1


ORDERS: dict[str, tuple[str, Callable[[Entry], Any]]] = {
    "heard": ("Longest silent first", _heard),
    "waiting": ("Most answers waiting first", lambda entry: -entry.waiting),
    "battery": ("Lowest battery first", _battery),
    "storage": ("Least storage left first", _room),
    "serial": ("Serial", lambda _: 0),
    "place": ("Service and team", lambda entry: (entry.service is None, entry.service or "", entry.team or "")),
}
DEFAULTS = {"state": IN_USE, "place": "", "needs": "", "order": "heard", "page": "1"}


class Asked(NamedTuple):
    """`place`: "team:CODE", "service:CODE" or nothing."""

    state: str
    place: str
    needs: str
    order: str
    page: int

    @property
    def wanted(self) -> Wanted:
        """What the roster is asked for: alerts stand above the list whatever else narrows it."""
        kind, _, code = self.place.partition(":")
        return Wanted(services=(code,) if kind == "service" else (), teams=(code,) if kind == "team" else ())

    def has(self, entry: Entry, kinds: Iterable[Kind]) -> bool:
        """Whether this device is one of them. `kinds`: of its alerts."""
        states = {IN_USE: (ACTIVE, LOST), ANY_STATE: tuple(STATES)}.get(self.state, (self.state,))
        if entry.state not in states:
            return False
        if self.needs == BEHIND:
            return is_behind(entry)
        words = {word_of(kind) for kind in kinds}
        return not self.needs or bool(words if self.needs == ANYTHING else self.needs in words)

    def ordered(self, entries: Iterable[Entry]) -> list[Entry]:
        """In this order, and by serial where it says nothing."""
        return sorted(entries, key=lambda entry: (ORDERS[self.order][1](entry), entry.serial))

    def address(self, **other: Any) -> str:
        """Of the same question with these differences; a change of what is asked begins at the first page."""
        asked = self._asdict() | {"page": 1} | other
        return "/fleet" + (f"?{found}" if (found := urlencode(_said(asked))) else "")


def read_asked(items: Iterable[tuple[str, str]]) -> Asked:
    """From an address; what is empty, as a form sends it, asks for nothing. Raises ProblemError 422."""
    given = DEFAULTS | {name: value for name, value in items if value}
    for name in given:
        if name not in DEFAULTS:
            raise ProblemError(wrong_fields(in_query(name, "is not asked for here.")))
    for name, known in (("state", STATES), ("needs", NEEDS), ("order", ORDERS)):
        if given[name] not in known:
            words = ", ".join(word for word in known if word)
            raise ProblemError(wrong_fields(in_query(name, f"is one of {words}.")))
    page = given.pop("page")
    if not page.isascii() or not page.isdecimal() or not 1 <= int(page) <= PAGES_MAX:
        raise ProblemError(wrong_fields(in_query("page", "is a number from 1.")))
    return Asked(**given, page=int(page))


def is_behind(entry: Entry) -> bool:
    """Whether it has not said yet that it holds all that it should; others than active ones are told nothing."""
    return entry.state == ACTIVE and (entry.said.held_revision if entry.said else 0) < entry.desired_revision


def word_of(kind: Kind) -> str:
    """Of an alert, in an address."""
    return kind.value.replace(" ", "-")


def _said(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if str(value) != DEFAULTS[name]}
