"""Alerts over the interface: each occurrence is named, acknowledged by somebody, and over when the device says so."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from protocol.envelope import BATCH
from protocol.messages import COUNTER_CONTENT_REASON, ITEM_SETTINGS, REFUSED_UNUSABLE
from protocol.record import QUALITY_UNSET
from tests.server.api.asking import ask, pointers, somebody
from tests.server.ingest.handheld import pet_time
from tests.server.ingest.ward import NOW
from tests.server.roll_out import Operator

CLOCKLESS = {"clock": 0, "quality": QUALITY_UNSET}


@pytest.fixture
def site(clocked_site):
    return clocked_site


@pytest.fixture
def handheld(ward):
    """A, of the day team."""
    return ward.handheld("A")


def say(ward, time, handheld, **status):
    """An hour later the device has a whole sync, with these things said of itself."""
    time.wait(hours=1)
    handheld.clock = time.now
    handheld.take(ward.process(handheld.status(**status)))
    handheld.take(ward.process(handheld.batch()))


def alerts(site, query=""):
    answer = ask(site, "GET", f"/alerts{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def the_alert(site):
    [one] = alerts(site)
    return one


def ack(site, word, status=200, **options):
    answer = ask(site, "POST", f"/alerts/{word}/ack", **options)
    assert answer.status_code == status, answer.text
    return answer


def test_an_acknowledged_alert_stays_until_it_is_over_and_the_next_one_is_another(ward, clock, site, handheld):
    say(ward, clock, handheld)
    assert alerts(site) == []
    heard_at = clock.now
    clock.wait(hours=30)
    first = the_alert(site)
    assert (first["device"], first["serial"], first["team"], first["kind"]) == ("00000001", "A", "day", "overdue")
    assert (first["since"], first["acknowledged_at"]) == (f"{heard_at:%Y-%m-%dT%H:%M:%SZ}", None)
    site.viewer = somebody("matron", ward.team_id("day"), actor="the matron")
    seen = ack(site, first["alert"]).json()
    assert (seen["acknowledged_by"], seen["acknowledged_at"]) == ("the matron", f"{clock.now:%Y-%m-%dT%H:%M:%SZ}")
    clock.wait(hours=30)
    later = the_alert(site)
    assert later == seen | {"words": later["words"]}
    assert later["words"] != seen["words"]  # as it stands
    say(ward, clock, handheld)
    assert alerts(site) == []
    ack(site, first["alert"], 404)
    clock.wait(hours=30)
    again = the_alert(site)
    assert again["alert"] != first["alert"]
    assert again["acknowledged_by"] is None
    ack(site, first["alert"], 404)


def test_what_every_status_says_anew_is_one_alert_until_a_status_says_otherwise(ward, clock, site, handheld):
    say(ward, clock, handheld)
    say(ward, clock, handheld, battery_mv=3500)
    began = clock.now
    ack(site, the_alert(site)["alert"])
    for _ in range(3):
        say(ward, clock, handheld, battery_mv=3400)
    standing = the_alert(site)
    assert (standing["kind"], standing["since"]) == ("low battery", f"{began:%Y-%m-%dT%H:%M:%SZ}")
    assert standing["acknowledged_at"] is not None
    say(ward, clock, handheld, battery_mv=4100)
    assert alerts(site) == []
    say(ward, clock, handheld, battery_mv=3500)
    assert the_alert(site)["acknowledged_at"] is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ({"battery_mv": 3599}, "low battery"),
        ({"battery_mv": 3600}, None),
        ({"battery_mv": 0}, None),
        (CLOCKLESS, "clock"),
        ({"ahead_s": 301}, "clock"),
        ({"ahead_s": -301}, "clock"),
        ({"ahead_s": 300}, None),
        ({"free_slots": 6399}, "storage"),
        ({"free_slots": 6400}, None),
        ({"all_slots": 0}, None),
    ],
)
def test_the_database_finds_the_beginning_by_the_same_conditions(ward, clock, site, handheld, status, kind):
    """A status at either side of a threshold lies between two that raise the alert: does it end the first?"""
    if "ahead_s" in status:
        ahead = timedelta(seconds=status["ahead_s"])
        status = {"clock": pet_time(NOW + timedelta(hours=2) + ahead)}
    bad = {"battery_mv": 3000, "free_slots": 0} | CLOCKLESS
    say(ward, clock, handheld, **bad)
    first = {row["kind"]: row["since"] for row in alerts(site)}
    assert set(first) == {"low battery", "clock", "storage"}
    say(ward, clock, handheld, **status)
    assert [row["kind"] for row in alerts(site)] == ([kind] if kind else [])
    say(ward, clock, handheld, **bad)
    same = [row["kind"] for row in alerts(site) if row["since"] == first[row["kind"]]]
    assert same == ([kind] if kind else [])


def test_messages_refused_without_a_week_s_pause_are_one_alert(ward, clock, site, handheld):
    def forge(days):
        clock.wait(days=days)
        handheld.clock = clock.now
        ward.process(handheld.sealed(BATCH, b"", key=bytes(32)))
        [found] = alerts(site, "?kind=refused messages")
        return found["since"]

    first = forge(0)
    assert first == "2026-03-02T00:00:00Z"
    assert forge(6) == first
    assert forge(6) == first
    assert forge(8) == "2026-03-22T00:00:00Z"


def test_more_that_is_lost_is_a_new_alert(ward, clock, site, handheld):
    for _ in range(2):
        handheld.records.append(None)
        say(ward, clock, handheld)
        one = the_alert(site)
        assert (one["kind"], one["acknowledged_at"]) == ("lost records", None)
        ack(site, one["alert"])
    say(ward, clock, handheld)
    assert the_alert(site)["acknowledged_at"] is not None


def test_what_is_refused_anew_is_a_new_alert_and_asking_again_is_none(ward, clock, site, handheld):
    operator = Operator(ward)
    refusing = {"counters": ((COUNTER_CONTENT_REASON, ITEM_SETTINGS << 8 | REFUSED_UNUSABLE),)}
    for port in (8883, 8884):
        operator.now = clock.now
        operator.set_all(port=port)
        say(ward, clock, handheld, **refusing)
        one = the_alert(site)
        assert (one["kind"], one["acknowledged_at"]) == ("refused content", None)
        ack(site, one["alert"])
        say(ward, clock, handheld, **refusing)
        assert the_alert(site)["acknowledged_at"] is not None


def test_only_who_looks_after_the_device_sees_and_acknowledges(ward, clock, site, handheld):
    say(ward, clock, handheld, battery_mv=3500)
    word = the_alert(site)["alert"]
    site.viewer = somebody("matron", ward.team_id("night"))
    assert alerts(site) == []
    ack(site, word, 404)
    site.viewer = somebody("board")
    ack(site, word, 403)
    assert ask(site, "GET", "/alerts").status_code == 403
    site.viewer = None
    assert the_alert(site)["acknowledged_at"] is None
    assert pointers(ack(site, "never", 422)) == ["/path/alert"]


def test_who_came_first_stays_and_the_audit_log_has_it(ward, clock, site, handheld, engine):
    say(ward, clock, handheld, battery_mv=3500)
    word = the_alert(site)["alert"]
    site.viewer = somebody("operations", actor="the operator")
    first = ack(site, word, headers={"idempotency-key": "a"})
    clock.wait(minutes=1)
    again = ack(site, word, headers={"idempotency-key": "a"})
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    site.viewer = somebody("matron", actor="the matron")
    assert ack(site, word).json()["acknowledged_by"] == "the operator"
    with engine.connect() as connection:
        query = "SELECT actor, action, subject FROM audit_log WHERE action LIKE 'alert_seen%'"
        [(actor, action, subject)] = connection.execute(text(query)).all()
    assert (actor, action) == ("the operator", "alert_seen insert")
    assert subject.startswith("1/low battery/")


def test_filters_narrow_and_pages_follow_each_other(ward, clock, site, handheld):
    ward.handheld("B", placed_at=None)
    ward.place("B", "night", NOW - timedelta(days=3))
    say(ward, clock, handheld, battery_mv=3500, free_slots=0)
    everything = alerts(site)
    assert [(row["serial"], row["kind"]) for row in everything] == [
        ("A", "storage"),
        ("A", "low battery"),
        ("B", "overdue"),
    ]
    ack(site, everything[0]["alert"])
    assert [row["kind"] for row in alerts(site, "?acknowledged=true")] == ["storage"]
    assert [row["kind"] for row in alerts(site, "?acknowledged=false&team=day")] == ["low battery"]
    assert [row["kind"] for row in alerts(site, "?kind=overdue&kind=storage")] == ["storage", "overdue"]
    assert alerts(site, "?service=home") == []
    path, found = "/api/v1/alerts?limit=1", []
    while path:
        page = site.get(path).json()
        found += [row["alert"] for row in page["data"]]
        path = page["links"]["next"]
    assert found == [row["alert"] for row in everything]
    assert pointers(ask(site, "GET", "/alerts?kind=hunger")) == ["/query/kind"]
    assert pointers(ask(site, "GET", "/alerts?seen=true")) == ["/query/seen"]
