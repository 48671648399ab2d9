"""What of a device's health somebody should see to."""

from datetime import UTC, datetime, timedelta

import pytest

from protocol.envelope import BATCH
from server.fleet.alerts import alerts
from server.fleet.roster import Entry, Said, Wanted, roster
from server.fleet.watching import watched
from tests.server.ingest.ward import NOW, PLACED_AT

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
WELL = Said(AT, 3900, 2, 3, 0, 30000, 32000, "0.1.0", "1.29 esp32", 4, {})


def entry(said=WELL, **changes):
    fields = {
        "device_id": 1,
        "serial": "A",
        "mac": None,
        "state": "active",
        "key_epoch": 1,
        "enrolled_at": PLACED_AT,
        "team_id": 1,
        "team": "day",
        "service": "beds",
        "location": "ward-1",
        "placed_at": PLACED_AT,
        "desired_revision": 4,
        "lacking": "",
        "waiting": 0,
        "lost_records": 0,
        "said": said,
    }
    return Entry(**(fields | changes))


def kinds(one, now=AT, **more):
    return [str(alert.kind) for alert in alerts(one, now, **more)]


def test_of_a_device_that_is_well_nothing_is_said():
    assert kinds(entry(), AT + timedelta(hours=23)) == []


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"battery_mv": 3599}, "low battery", "3.60 V"),
        ({"clock_offset_s": None}, "clock", "was not set"),
        ({"clock_offset_s": 301}, "clock", "301 s ahead"),
        ({"clock_offset_s": -301}, "clock", "301 s behind"),
        ({"free_slots": 6399}, "storage", "room for 6399 more answers"),
        ({"held_revision": 3, "counters": {"content_reason": 0x0102}}, "refused content", "not usable"),
    ],
)
def test_what_it_says_of_itself_raises_an_alert(changes, kind, words):
    [alert] = alerts(entry(WELL._replace(**changes)), AT)
    assert alert.kind == kind
    assert words in alert.words


@pytest.mark.parametrize(
    "changes",
    [{"battery_mv": 3600}, {"battery_mv": 0}, {"clock_offset_s": 300}, {"free_slots": 6400}, {"all_slots": 0}],
)
def test_at_the_threshold_nothing_is_said(changes):
    assert kinds(entry(WELL._replace(**changes))) == []


def test_a_device_is_overdue_after_three_missed_syncs_and_at_least_a_day():
    assert kinds(entry(), AT + timedelta(hours=24)) == []
    assert kinds(entry(), AT + timedelta(hours=24, seconds=1)) == ["overdue"]
    week = timedelta(days=7)
    assert kinds(entry(), AT + 3 * week, sync_every=week) == []
    [alert] = alerts(entry(waiting=5), AT + timedelta(days=3))
    assert alert.words == "silent for 3 days; 5 answers waited on it then"
    [alert] = alerts(entry(None), PLACED_AT + timedelta(hours=30))
    assert "30 hours: it was never heard" in alert.words


def test_a_device_out_of_a_drawer_has_a_day_from_where_it_is_placed():
    drawn = entry(placed_at=AT + timedelta(days=90))
    assert kinds(drawn, AT + timedelta(days=91)) == []
    assert kinds(drawn, AT + timedelta(days=91, seconds=1)) == ["overdue"]


def test_nobody_waits_for_a_device_that_is_not_placed_or_not_active():
    late = AT + timedelta(days=30)
    assert kinds(entry(placed_at=None, team_id=None), late) == []
    for state in ("lost", "revoked", "retired"):
        assert kinds(entry(WELL._replace(battery_mv=3000), state=state, lost_records=2), late) == []


def test_messages_that_were_refused_are_said_unless_that_is_what_its_state_is_for():
    [alert] = alerts(entry(), AT, refused={"hmac": 3, "topic": 1})
    assert "hmac 3, topic 1" in alert.words
    assert [str(each.kind) for each in alerts(entry(state="lost"), AT, refused={"hmac": 1})] == ["refused messages"]
    assert alerts(entry(state="revoked"), AT, refused={"device-revoked": 9}) == []


def test_lost_records_are_said():
    assert kinds(entry(lost_records=3)) == ["lost records"]


def test_each_device_is_held_against_the_interval_of_its_own_settings(ward, operator):
    for serial in "AB":
        ward.handheld(serial)
    operator.set("sync_every_s", 7 * 86400, scope="device:B")

    def look(session, owner):
        at = PLACED_AT + timedelta(days=2)
        return watched(session, owner, roster(session, owner, at, None, Wanted()), at)

    found = operator.change(look)
    assert {number: [str(alert.kind) for alert in each] for number, each in found.items()} == {1: ["overdue"], 2: []}


def test_what_ingest_refused_on_its_topics_is_an_alert_for_a_week(ward, operator):
    handheld = ward.handheld()
    ward.process(handheld.sealed(BATCH, b"", key=bytes(32)))

    def look(days):
        def call(session, owner):
            at = NOW + timedelta(days=days)
            entries = roster(session, owner, at, None, Wanted())
            return [str(alert.kind) for alert in watched(session, owner, entries, at)[1]]

        return operator.change(call)

    assert "refused messages" in look(6)
    assert "refused messages" not in look(8)
