"""Devices, their health and their placements over the interface: within one's teams, and not beyond them."""

import pytest
from sqlalchemy import select

from server.fleet.rollout_tables import Desired
from server.fleet.tables import Device, Placement
from tests.server.api.asking import ask, pointers, somebody
from tests.server.imports.files import FIRST, made
from tests.server.imports.test_bring import run
from tests.server.roll_out import Operator

pytestmark = pytest.mark.usefixtures("fleet")


@pytest.fixture
def fleet(ward):
    """A with the day team and two answers that have not arrived, B with the night team, C nowhere; and an import."""
    first = ward.handheld("A")
    for _ in range(3):
        first.answer()
    ward.meet(first)
    first.take(ward.process(first.batch(count=1)))  # then the connection breaks
    ward.handheld("B", placed_at=None)
    ward.handheld("C", placed_at=None)
    ward.place("B", "night", first.clock)
    run(ward, made(FIRST))
    return ward


def serials(answer):
    assert answer.status_code == 200, answer.text
    return [row["serial"] for row in answer.json()["data"]]


def new(device="00000003", **changes):
    body = {"device": device, "team": "night", "location": "ward-1", "from_at": "2026-06-01T09:00:00Z"}
    return body | changes


def test_every_device_says_how_it_is(site):
    [a, b, c] = ask(site, "GET", "/devices").json()["data"]
    assert (a["device"], a["serial"], a["state"], a["team"], a["service"]) == ("00000001", "A", "active", "day", "beds")
    assert (a["waiting"], a["lost_records"], a["status"]["waiting"]) == (2, 0, 3)
    assert abs(a["status"]["clock_offset_s"]) < 5
    assert 0 <= a["status"]["storage_used_percent"] <= 100
    assert (b["heard_at"], b["status"], b["waiting"]) == (None, None, 0)
    assert (c["team"], c["placed_at"]) == (None, None)


def test_only_ones_own_teams_devices_exist(fleet, site):
    site.viewer = somebody("matron", fleet.team_id("day"))
    assert serials(ask(site, "GET", "/devices")) == ["A"]
    assert ask(site, "GET", "/devices/00000001").status_code == 200
    for path in ("/devices/00000002", "/devices/00000002/health", "/devices/00000003", "/devices/000000ff"):
        assert ask(site, "GET", path).status_code == 404
    site.viewer = somebody("board")
    assert ask(site, "GET", "/devices").status_code == 403


def test_the_stand_in_of_an_import_is_no_device(site, engine):
    with engine.connect() as connection:
        number = connection.scalar(select(Device.device_id).where(Device.state == "import"))
    assert ask(site, "GET", f"/devices/{number:08x}").status_code == 404


def test_filters_narrow_and_wrong_ones_are_errors(site):
    assert serials(ask(site, "GET", "/devices?team=night")) == ["B"]
    assert serials(ask(site, "GET", "/devices?service=beds&state=active")) == ["A", "B"]
    assert serials(ask(site, "GET", "/devices?state=lost")) == []
    assert serials(ask(site, "GET", "/devices?silent_since=2026-01-01T00:00:00Z")) == ["B", "C"]
    assert pointers(ask(site, "GET", "/devices?teem=night")) == ["/query/teem"]
    assert pointers(ask(site, "GET", "/devices?silent_since=2026-01-01T00:00:00")) == ["/query/silent_since"]
    assert ask(site, "GET", "/devices/zz").status_code == 422


def test_behind_is_what_the_device_lacks_by_its_own_word(fleet, site):
    operator = Operator(fleet)
    operator.assign(scope="team:day")
    assert serials(ask(site, "GET", "/devices?behind=true")) == ["A"]
    assert serials(ask(site, "GET", "/devices?behind=false")) == ["B", "C"]
    answer = ask(site, "GET", "/devices/00000001").json()
    assert answer["device"]["behind"]
    assert [(item["name"], item["held"]) for item in answer["items"]] == [("questionnaire ward 1", False)]
    assert answer["words"].startswith("behind: questionnaire ward 1")


def test_pages_hold_every_device_once(site):
    seen, path = [], "/devices?limit=1"
    while path:
        answer = ask(site, "GET", path.removeprefix("/api/v1"))
        seen += serials(answer)
        path = answer.json()["links"]["next"]
    assert seen == ["A", "B", "C"]


def test_health_is_every_confirmed_status_newest_first(site):
    answer = ask(site, "GET", "/devices/00000001/health").json()
    instants = [row["at"] for row in answer["data"]]
    assert instants == sorted(instants, reverse=True)
    assert len(instants) == 1
    assert answer["data"][0]["waiting"] == 3
    assert ask(site, "GET", "/devices/00000001/health?from=2026-03-03").json()["data"] == []
    assert len(ask(site, "GET", "/devices/00000001/health?from=2026-03-02&to=2026-03-03").json()["data"]) == 1
    assert ask(site, "GET", "/devices/00000001/health?to=2026-03-02").json()["data"] == []
    assert pointers(ask(site, "GET", "/devices/00000001/health?from=today")) == ["/query/from"]


def test_a_device_is_placed_once_however_often_that_is_said(fleet, site, engine):
    Operator(fleet).assign(scope="team:night")
    headers = {"Idempotency-Key": "k1"}
    for _ in range(2):
        answer = ask(site, "POST", "/placements", json=new(), headers=headers)
        assert (answer.status_code, answer.json()["team"], answer.json()["until_at"]) == (201, "night", None)
    rows = ask(site, "GET", "/placements?device=00000003").json()["data"]
    assert [row["from_at"] for row in rows] == ["2026-06-01T09:00:00Z"]
    with engine.connect() as connection:  # what it should hold followed in the same transaction
        assert connection.scalar(select(Desired.revision).where(Desired.device_id == 3)) == 1


WRONG = {
    "device": (new(device="xyz"), 422, ["/body/device"]),
    "no such device": (new(device="00000099"), 404, []),
    "team": (new(team="dusk"), 404, ["/body/team"]),
    "choice": (new(choices=["day", "dusk"]), 404, ["/body/choices/1"]),
    "location": (new(location="moon"), 422, ["/body/location"]),
    "zone": (new(from_at="2026-06-01T09:00:00"), 422, ["/body/from_at"]),
    "end": (new(until_at="2026-05-01T09:00:00Z"), 422, ["/body/until_at"]),
    "unknown field": (new(place="here"), 422, ["/body/place"]),
    "overlap": (new(device="00000002"), 409, ["/body"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_placement_that_cannot_be_is_refused_at_its_field(fleet, site, case):
    body, status, places = WRONG[case]
    before = len(fleet.rows(Placement))
    answer = ask(site, "POST", "/placements", json=body)
    assert (answer.status_code, pointers(answer)) == (status, places)
    assert len(fleet.rows(Placement)) == before


def test_only_whoever_manages_both_device_and_team_places_it(fleet, site):
    site.viewer = somebody("operations", fleet.team_id("day"))
    assert ask(site, "POST", "/placements", json=new()).status_code == 404  # an unplaced device is everybody's
    end = ask(site, "GET", "/placements?device=00000001").json()["data"][0]["placement"]
    assert ask(site, "PATCH", f"/placements/{end}", json={"until_at": "2026-04-01T00:00:00Z"}).status_code == 200
    site.viewer = somebody("matron", fleet.team_id("night"))
    assert ask(site, "POST", "/placements", json=new("00000002")).status_code == 403
    assert ask(site, "PATCH", f"/placements/{end}", json={"until_at": "2026-04-01T00:00:00Z"}).status_code == 403


def test_a_placement_ends_after_its_last_answer_and_once(fleet, site):
    [row] = ask(site, "GET", "/placements?device=00000001").json()["data"]
    path = f"/placements/{row['placement']}"
    early = ask(site, "PATCH", path, json={"until_at": "2026-01-05T00:00:00Z"})
    assert (early.status_code, pointers(early)) == (409, ["/body/until_at"])
    ended = ask(site, "PATCH", path, json={"until_at": "2026-04-01T00:00:00Z"})
    assert ended.json()["until_at"] == "2026-04-01T00:00:00Z"
    assert ask(site, "PATCH", path, json={"until_at": "2026-05-01T00:00:00Z"}).status_code == 409
    assert ask(site, "PATCH", "/placements/999", json={"until_at": "2026-05-01T00:00:00Z"}).status_code == 404
    site.viewer = somebody("operations", fleet.team_id("night"))
    assert ask(site, "PATCH", path, json={"until_at": "2026-05-01T00:00:00Z"}).status_code == 404
