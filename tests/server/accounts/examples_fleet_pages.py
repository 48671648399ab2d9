"""Examples of the pages of the fleet; PET-1 is placed with leek."""

from tests.server.accounts.example import Example

STAY = {"team": "leek", "location": "ward", "from_at": "2026-11-23T08:45"}

EXAMPLES = [
    Example("GET /fleet", hides=("PET-1",)),
    Example("GET /fleet/roll-out"),
    Example("GET /fleet/{device:path}", outside=404),
    Example("GET /d/{serial:path}", inside=303, outside=404),
    Example("POST /fleet/alerts/{alert}", data={}, inside=303, outside=404),
    Example("POST /fleet/{device}/moves", data=STAY, inside=303, outside=404),
    Example("POST /fleet/{device}/settings", data={"every": "600"}, inside=303, outside=404),
    Example("POST /fleet/{device}/release", data={"number": "1"}, inside=422, outside=404),
    Example("POST /fleet/{device}/state", data={"state": "lost"}, inside=303, outside=404),
]
