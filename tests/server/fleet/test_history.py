"""What rows of the audit log mean: one step for what somebody did at once, and nothing twice."""

from datetime import UTC, datetime

import pytest

from server.accounts.audit_tables import AuditEntry
from server.fleet.history import steps

DAY = [f"2026-03-0{number}T08:00:00+00:00" for number in range(10)]


def entry(action, subject="1", old=None, new=None):
    detail = {name: value for name, value in (("old", old), ("new", new)) if value is not None}
    return AuditEntry(sequence=1, at=datetime.now(UTC), actor="somebody", action=action, subject=subject, detail=detail)


def device(state="active", key_epoch=1):
    return entry("device insert", new={"state": state, "key_epoch": key_epoch})


def changed(**columns):
    """By column (before, after)."""
    halves = ({name: pair[half] for name, pair in columns.items()} for half in (0, 1))
    return entry("device update", "1", *halves)


def stay(number, team, from_at, to_at=None):
    new = {"device_id": 1, "team_id": team, "location_id": 1, "from_at": from_at, "to_at": to_at}
    return entry("placement insert", str(number), new=new)


def ended(number, before, after):
    return entry("placement update", str(number), {"to_at": before}, {"to_at": after})


def told(*entries):
    return [(step.what.value, step.team_id) for step in steps(entries)]


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([device(key_epoch=0), changed(key_epoch=(0, 1))], ["registered", "enrolled"]),
        ([device(), changed(key_epoch=(1, 2))], ["enrolled", "new keys"]),
        ([device(key_epoch=0), changed(mac=(None, "24:0A"))], ["registered", "board"]),
        (
            [device(), changed(state=("active", "lost")), changed(state=("lost", "active"))],
            ["enrolled", "lost", "active"],
        ),
        ([device("revoked")], ["enrolled", "revoked"]),
    ],
)
def test_what_became_of_the_device_itself(entries, words):
    assert [word for word, _ in told(*entries)] == words


def test_to_move_is_one_step():
    assert told(stay(1, 7, DAY[1]), ended(1, None, DAY[2]), stay(2, 8, DAY[2])) == [("placed", 7), ("moved", 8)]


def test_to_lend_is_two_there_and_back():
    rows = [stay(1, 7, DAY[1]), ended(1, None, DAY[2]), stay(2, 8, DAY[2], DAY[3]), stay(3, 7, DAY[3])]
    assert told(*rows) == [("placed", 7), ("lent", 8), ("back", 7)]


def test_what_ends_without_another_ends():
    rows = [stay(1, 7, DAY[1]), ended(1, None, DAY[2]), stay(2, 8, DAY[3])]
    assert told(*rows) == [("placed", 7), ("placement ended", 7), ("placed", 8)]


def test_what_was_to_come_and_does_not_is_dropped():
    rows = [stay(1, 7, DAY[1]), stay(2, 8, DAY[5]), entry("placement delete", "2", old={})]
    assert told(*rows) == [("placed", 7), ("placed", 8), ("placement dropped", 8)]
