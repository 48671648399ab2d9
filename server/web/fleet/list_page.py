"""The list of the fleet: what somebody should see to, and every device that the viewer looks after."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from fastapi import Request
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.api.devices import device_rows
from server.fleet.alerts import Kind
from server.fleet.held import HeldState, held_states
from server.fleet.occurrences import Occurrence, occurrences
from server.fleet.organisations import locations
from server.fleet.roster import Entry, roster
from server.fleet.tables import ACTIVE
from server.web.fleet.advice import ADVICE, KINDS, Advice
from server.web.fleet.asked import BEHIND, IN_USE, NEEDS, ORDERS, SHOWN, STATES, Asked, is_behind, read_asked, word_of
from server.web.fleet.page import PATH, of_here
from server.web.improving.names import Names, find_names
from server.web.words import count

NAMED_MAX = 5  # devices named below one kind of alert; the rest are one press away
RECENT = timedelta(days=1)


class Group(NamedTuple):
    """Alerts of one kind: those that nobody has said they know of first. `more`: how many are not named."""

    kind: Kind
    advice: Advice
    title: str
    named: list[Occurrence]
    more: int
    address: str


def fleet_list(request: Request, session: Session, viewer: Viewer) -> dict[str, Any]:
    """What the template shows for what stands in the address. Raises ProblemError 422."""
    asked = read_asked(request.query_params.multi_items())
    owner, clockwork = of_here(request, session, viewer)
    now = request.app.state.now()
    names = find_names(request, session, viewer)
    entries = roster(session, owner, now, viewer.teams(Right.SEE_FLEET), asked.wanted)
    standing = occurrences(session, owner, entries, now)
    kinds: dict[int, list[Kind]] = {}
    for one in standing:
        kinds.setdefault(one.entry.device_id, []).append(one.alert.kind)
    found = asked.ordered(entry for entry in entries if asked.has(entry, kinds.get(entry.device_id, ())))
    pages = max(1, -(-len(found) // SHOWN))
    page = min(asked.page, pages)
    shown = found[(page - 1) * SHOWN : page * SHOWN]
    words = {each.device_id: versions(each) for each in held_states(session, owner)}
    where = {place.code: place.name for place in locations(session, owner)}
    rows = device_rows(session, owner, shown, now)
    return {
        "crumbs": [],
        "names": names,
        "clockwork": clockwork,
        "as_of": now,
        "groups": _groups(standing, asked),
        "in_short": _in_short(entries, standing, clockwork.now),
        "behind": sum(is_behind(entry) for entry in entries),
        "behind_at": asked.address(needs=BEHIND, state=IN_USE) + "#devices",
        "rows": [(row, words.get(entry.device_id, "")) for row, entry in zip(rows, shown, strict=True)],
        "found": len(found),
        "first": (page - 1) * SHOWN + 1,
        "page": page,
        "pages": pages,
        "asked": asked,
        "narrowed": asked.address() != PATH,
        "fields": _fields(asked, names),
        "place_of": lambda row: place_of(names, where, row.team, row.location),
    }


def place_of(names: Names, where: Mapping[str, str], team: str | None, location: str | None) -> str:
    """Leek, Ward 1; or that it stands nowhere. `where`: names of locations by code."""
    if team is None or location is None:
        return "not placed"
    return f"{names.teams.get(team, team)}, {where.get(location, location)}"


def versions(state: HeldState) -> str:
    """What it holds by name, where that is all that it should; else what it lacks and why."""
    held = state.state == ACTIVE and state.held is not None and state.held >= state.revision and not state.lacking
    return f"holds {', '.join(item.title for item in state.items)}" if held and state.items else state.words


def _groups(standing: Sequence[Occurrence], asked: Asked) -> list[Group]:
    groups = []
    for kind in KINDS:
        found = sorted(
            (one for one in standing if one.alert.kind is kind), key=lambda one: (one.seen is not None, one.since)
        )
        if found:
            title = ADVICE[kind].title.format(count(len(found), "handheld"))
            address = asked.address(needs=word_of(kind), state=IN_USE) + "#devices"
            groups.append(Group(kind, ADVICE[kind], title, found[:NAMED_MAX], len(found[NAMED_MAX:]), address))
    return groups


def _in_short(entries: Sequence[Entry], standing: Sequence[Occurrence], now: Any) -> list[tuple[int, str]]:
    """(number, what of) for the head of the page."""
    active = [entry for entry in entries if entry.state == ACTIVE]
    heard = sum(entry.said is not None and now - entry.said.at <= RECENT for entry in active)
    told = (
        (len(active), "active"),
        (heard, "heard within a day"),
        (len({one.entry.device_id for one in standing}), "to see to"),
        (sum(entry.waiting for entry in active), "answers waiting on them"),
        (sum(is_behind(entry) for entry in active), "not up to date"),
    )
    return list(told)


def _fields(asked: Asked, names: Names) -> list[dict[str, Any]]:
    """The selects of the form: what the address may ask for."""
    places = {"": "Everywhere"} | {f"service:{code}": f"{name} (service)" for code, name in names.services.items()}
    places |= {f"team:{code}": name for code, name in names.teams.items()}
    if asked.place not in places:
        places[asked.place] = asked.place
    orders = {word: title for word, (title, _) in ORDERS.items()}
    return [
        _select("place", "Where", places, asked.place),
        _select("state", "State", STATES, asked.state),
        _select("needs", "What to see to", NEEDS, asked.needs),
        _select("order", "Order", orders, asked.order),
    ]


def _select(name: str, label: str, options: dict[str, str], chosen: str) -> dict[str, Any]:
    items = [{"value": value, "text": text, "selected": value == chosen} for value, text in options.items()]
    return {"name": name, "label": label, "options": items}
