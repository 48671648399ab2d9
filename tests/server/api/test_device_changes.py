"""A device's life over the interface: registered, moved, lent, lost and found again, revoked, retired; all audited."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.audit_tables import AuditEntry
from server.fleet.tables import Device
from tests.server.api.asking import ask, pointers, somebody
from tests.server.ingest.ward import NOW, minutes
from tests.server.roll_out import Operator

NIGHT = {"team": "night", "location": "ward-1"}


@pytest.fixture
def site(keyed_site):
    return keyed_site


@pytest.fixture
def handheld(ward):
    """A, with the day team, and two answers that wait."""
    handheld = ward.handheld()
    handheld.answer()
    handheld.answer()
    return handheld


def become(site, state, device="00000001"):
    return ask(site, "PATCH", f"/devices/{device}", json={"state": state})


def changed(site, state):
    answer = become(site, state)
    assert answer.status_code == 200, answer.text
    return answer.json()


def actions(ward):
    with Session(ward.engine) as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.sequence)).all()
    return [(entry.actor, entry.action, (entry.detail.get("new") or {}).get("state")) for entry in entries]


def test_what_a_lost_device_sends_is_kept_apart_and_delivered_when_it_is_found(ward, site, handheld):
    Operator(ward).set_all()
    told = changed(site, "lost")
    assert (told["device"]["state"], told["wifi_to_change"]) == ("lost", ["Ward"])
    ward.sync(handheld)
    assert ward.sequences(handheld) == []
    assert ward.reasons() == {"device-lost": 2}
    told = changed(site, "active")
    assert (told["delivered"], told["still_quarantined"]) == (2, 0)
    assert ward.sequences(handheld) == [1, 2]
    ward.check_sums()
    assert [each for each in actions(ward) if each[1] == "device update"] == [
        ("test", "device update", "lost"),
        ("test", "device update", "active"),
    ]


def test_marking_lost_works_without_a_key_file(ward, site, handheld, tmp_path):
    (tmp_path / "key").unlink()
    assert changed(site, "lost")["wifi_to_change"] == []
    assert handheld.last == 2
    assert ward.rows(Device)[0].state == "lost"


def test_what_a_revoked_device_sends_is_refused(ward, site, handheld):
    changed(site, "revoked")
    ward.process(handheld.status())
    assert ward.refusals() == {"device-revoked": 1}
    assert pointers(become(site, "lost")) == ["/body/state"]


def test_a_device_is_not_retired_while_answers_wait_on_it(ward, site, handheld):
    ward.meet(handheld)
    handheld.take(ward.process(handheld.batch(count=1)))  # then the connection breaks
    refused = become(site, "retired")
    assert (refused.status_code, pointers(refused)) == (409, ["/body/state"])
    assert "still holds 1 answers" in refused.text
    ward.sync(handheld)
    told = changed(site, "retired")["device"]
    assert (told["state"], told["team"]) == ("retired", None)
    ward.process(handheld.status())
    assert ward.refusals() == {"device-retired": 1}
    assert changed(site, "active")["device"]["state"] == "active"


def test_a_lost_device_is_not_retired_while_answers_wait_on_it(ward, site, handheld):
    ward.meet(handheld)
    handheld.take(ward.process(handheld.batch(count=1)))
    changed(site, "lost")
    assert "still holds 1 answers" in become(site, "retired").text
    assert changed(site, "revoked")["device"]["state"] == "revoked"


@pytest.mark.parametrize("passed", [0, 2], ids=["before", "during"])
def test_a_device_that_is_lent_and_retired_is_placed_nowhere_and_does_not_come_back(ward, site, handheld, passed):
    ward.sync(handheld)
    begins, ends = NOW + minutes(9), NOW + minutes(60)
    lent = NIGHT | {"from_at": begins.isoformat(), "until_at": ends.isoformat()}
    if not passed:
        lent["from_at"] = (NOW + minutes(20)).isoformat()
    assert ask(site, "POST", "/devices/00000001/moves", json=lent).status_code == 201
    assert changed(site, "retired")["device"]["team"] is None
    rows = ask(site, "GET", "/placements").json()["data"]
    assert len(rows) == (2 if passed else 1)
    assert max(row["until_at"] for row in rows) == f"{NOW + minutes(10):%Y-%m-%dT%H:%M:%SZ}"


def test_a_device_is_registered_and_placed_before_it_is_there(ward, site):
    body = {"serial": "PET-0042"}
    answer = ask(site, "POST", "/devices", json=body)
    made = answer.json()
    assert (answer.status_code, made["serial"], made["key_epoch"], made["mac"]) == (201, "PET-0042", 0, None)
    assert answer.headers["location"].endswith(made["device"])
    assert pointers(ask(site, "POST", "/devices", json=body)) == ["/body/serial"]
    placed = {"device": made["device"], "from_at": "2026-03-02T12:00:00Z"} | NIGHT
    assert ask(site, "POST", "/placements", json=placed).status_code == 201
    assert ask(site, "GET", f"/devices/{made['device']}").json()["device"]["team"] == "night"
    assert ("test", "device insert", "active") in actions(ward)


def test_a_device_is_moved_and_its_answers_count_where_it_stood(ward, site, handheld):
    ward.sync(handheld)
    moved = ask(site, "POST", "/devices/00000001/moves", json=NIGHT | {"from_at": "2026-03-02T12:30:00Z"})
    assert moved.status_code == 201, moved.text
    assert [(row["team"], row["until_at"]) for row in moved.json()["data"]] == [("night", None)]
    rows = ask(site, "GET", "/placements").json()["data"]
    assert [(row["team"], row["until_at"]) for row in rows] == [("day", "2026-03-02T12:30:00Z"), ("night", None)]
    again = ask(site, "POST", "/devices/00000001/moves", json=NIGHT | {"from_at": "2026-03-02T12:30:00Z"})
    assert (again.status_code, pointers(again)) == (409, ["/body/from_at"])


def test_a_device_that_is_lent_comes_back_by_itself(ward, site, handheld):
    lent = NIGHT | {"from_at": "2026-03-03T08:00:00Z", "until_at": "2026-03-10T08:00:00Z"}
    answer = ask(site, "POST", "/devices/00000001/moves", json=lent)
    assert [(row["team"], row["from_at"], row["until_at"]) for row in answer.json()["data"]] == [
        ("night", "2026-03-03T08:00:00Z", "2026-03-10T08:00:00Z"),
        ("day", "2026-03-10T08:00:00Z", None),
    ]
    assert [action for _, action, _ in actions(ward)].count("placement insert") == 3
    assert handheld.last == 2


@pytest.mark.usefixtures("handheld")
def test_who_manages_another_team_changes_nothing(ward, site):
    site.viewer = somebody("operations", ward.team_id("night"))
    assert become(site, "lost").status_code == 404
    site.viewer = somebody("matron", ward.team_id("day"))
    assert become(site, "lost").status_code == 403
    site.viewer = somebody("operations", ward.team_id("day"))
    foreign = ask(site, "POST", "/devices/00000001/moves", json=NIGHT | {"from_at": "2026-03-02T12:30:00Z"})
    assert foreign.status_code == 404  # the night team
    assert ask(site, "POST", "/devices", json={"serial": "PET-1"}).status_code == 403
    assert become(site, "lost").status_code == 200
