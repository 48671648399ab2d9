"""Targets over the interface: set by who may, for what they see, written down with their name."""

import pytest
from sqlalchemy import text

from server.fleet.tables import Target
from tests.server.api.asking import ask, pointers, somebody
from tests.server.ingest.ward import Ward

pytestmark = pytest.mark.usefixtures("ward")


@pytest.fixture
def ward(engine):
    ward = Ward(engine)
    ward.handheld("A")
    return ward


def new(**changes):
    return {"value": 85, "from": "2026-04-01"} | changes


def test_the_commissioner_sets_the_target_of_the_case_study(site, engine):
    site.viewer = somebody("commissioner", actor="the commissioner")
    answer = ask(site, "POST", "/targets", json=new())
    assert answer.status_code == 201, answer.text
    [row] = ask(site, "GET", "/targets").json()["data"]
    assert row == {
        "target": 1,
        "value": 85.0,
        "scope": "organisation",
        "name": None,
        "from": "2026-04-01",
        "to": None,
        "set_by": "the commissioner",
    }
    with engine.connect() as connection:
        log = text("SELECT actor FROM audit_log WHERE action = 'target insert'")
        assert connection.scalars(log).all() == ["the commissioner"]


def test_the_next_one_ends_the_one_before(site):
    ask(site, "POST", "/targets", json=new())
    ask(site, "POST", "/targets", json=new(value=87.5, **{"from": "2026-07-01"}))
    rows = ask(site, "GET", "/targets").json()["data"]
    assert [(row["value"], row["to"]) for row in rows] == [(85.0, "2026-07-01"), (87.5, None)]
    earlier = ask(site, "POST", "/targets", json=new(**{"from": "2026-05-01"}))
    assert (earlier.status_code, pointers(earlier)) == (409, ["/body/from"])


@pytest.mark.parametrize(("scope", "name"), [("service", "beds"), ("team", "day"), ("device", "00000001")])
def test_it_holds_for_what_is_named(site, scope, name):
    assert ask(site, "POST", "/targets", json=new(scope=scope, name=name)).status_code == 201
    [row] = ask(site, "GET", "/targets").json()["data"]
    assert (row["scope"], row["name"]) == (scope, name)


WRONG = {
    "nought": (new(value=0), 422, ["/body/value"]),
    "over a hundred": (new(value=101), 422, ["/body/value"]),
    "too fine": (new(value=85.123), 422, ["/body/value"]),
    "no day": (new(**{"from": "soon"}), 422, ["/body/from"]),
    "name missing": (new(scope="team"), 422, ["/body/name"]),
    "name too many": (new(name="day"), 422, ["/body/name"]),
    "unknown": (new(scope="team", name="dusk"), 404, ["/body/name"]),
    "set_by is not said": (new(set_by="me"), 422, ["/body/set_by"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_target_is_refused_at_its_field(ward, site, case):
    body, status, places = WRONG[case]
    answer = ask(site, "POST", "/targets", json=body)
    assert (answer.status_code, pointers(answer)) == (status, places)
    assert ward.rows(Target) == []


def test_nobody_sets_or_sees_targets_beyond_their_teams(ward, site):
    for name in ("day", "night"):
        ask(site, "POST", "/targets", json=new(scope="team", name=name))
    site.viewer = somebody("commissioner", ward.team_id("day"))
    assert [row["name"] for row in ask(site, "GET", "/targets").json()["data"]] == ["day"]
    later = {"from": "2026-08-01"}
    assert ask(site, "POST", "/targets", json=new(scope="team", name="day", **later)).status_code == 201
    assert ask(site, "POST", "/targets", json=new(scope="team", name="night", **later)).status_code == 404
    assert ask(site, "POST", "/targets", json=new(scope="service", name="beds", **later)).status_code == 403
    assert ask(site, "POST", "/targets", json=new(**later)).status_code == 403
    site.viewer = somebody("administrator")
    assert ask(site, "POST", "/targets", json=new(**later)).status_code == 403


def test_said_twice_it_is_set_once(ward, site):
    for _ in range(2):
        assert ask(site, "POST", "/targets", json=new(), headers={"Idempotency-Key": "k"}).status_code == 201
    assert len(ward.rows(Target)) == 1
