"""How far an application has come, as its page tells it: on one handheld, on a team, halted by the watch."""

import pytest
from sqlalchemy.orm import Session

from protocol.messages import ITEM_APPLICATION
from server.app import create_app
from server.fleet.organisations import find_organisation
from server.fleet.releases import add_release, withdraw_release
from server.fleet.roster import Wanted, roster
from server.fleet.scope import Scope
from server.fleet.spreading import stages
from tests.server.api.asking import somebody
from tests.server.conftest import serving
from tests.server.fleet.test_halting import halt, says
from tests.server.ingest.ward import NOW, Ward, minutes
from tests.server.roll_out import Operator, archive, public_line
from tests.server.web.test_overview import Elements


@pytest.fixture
def ward(engine):
    return Ward(engine)


@pytest.fixture
def operator(ward):
    return Operator(ward)


@pytest.fixture
def devices(ward):
    """A, B and C of the day team."""
    return [ward.handheld(serial) for serial in "ABC"]


@pytest.fixture
def keys(tmp_path):
    path = tmp_path / "release.pub"
    path.write_text(public_line())
    return path


@pytest.fixture
def site(settings):
    with serving(create_app(settings, now=lambda: NOW + minutes(60))) as site:
        yield site


def rows(page):
    """By scope: release, how many run it, how many not yet."""
    found = Elements(page).with_attribute("tr", "data-scope")
    return {
        row["data-scope"]: tuple(int(row[f"data-{name}"]) for name in ("number", "running", "waiting")) for row in found
    }


def test_stage_by_stage(ward, operator, devices, keys, sender):
    operator.release(12, keys, scope="device:A")
    for handheld in devices:
        says(ward, handheld, 0)
    assert rows(sender.page("/fleet/roll-out")) == {"Handheld A": (12, 0, 1)}
    says(ward, devices[0], 0, revision=1)
    operator.release(13, keys, scope="team:day")
    assert rows(sender.page("/fleet/roll-out")) == {"Handheld A": (12, 1, 0), "Team Day": (13, 0, 2)}
    listed = sender.page("/fleet?order=serial")
    assert "holds application 0.12<" in listed
    assert "behind: application 0.13 (holds 0 of 1)" in listed
    assert "2 handhelds not up to date: they fetch" in listed
    behind = Elements(sender.page("/fleet?needs=behind&order=serial")).with_attribute("tr", "data-device")
    assert [row["data-device"] for row in behind] == ["00000002", "00000003"]
    says(ward, devices[1], 1)
    page = sender.page("/fleet/roll-out")
    assert "Fails" in page
    assert rows(page)["Team Day"] == (13, 0, 1)
    says(ward, devices[2], 1)
    assert halt(ward) == 1
    page = sender.page("/fleet/roll-out")
    assert rows(page) == {"Handheld A": (12, 1, 0)}
    assert "roll-out watch: release 13 for sim is withdrawn: it failed on B, C" in page


def test_who_sees_another_team_s_devices_sees_their_stages_only(ward, operator, devices, keys, site, sender):
    operator.release(12, keys, scope="device:A")
    operator.release(13, keys, scope="team:night")
    says(ward, devices[0], 0)
    site.viewer = somebody("operations", ward.team_id("night"))
    page = sender.page("/fleet/roll-out")
    assert rows(page) == {"Team Night": (13, 0, 0)}
    assert "Handheld A" not in page
    operator.scoped(_withdraw, "device:A")
    assert "release 12" not in sender.page("/fleet/roll-out").split("Applications that are here")[0].lower()


def test_one_handheld_tries_it_first_and_no_longer(ward, operator, devices, keys, site, sender):
    operator.change(_add, keys)
    says(ward, devices[0], 0)
    path = "/fleet/00000001"
    page = sender.page(path)
    key = sender.key(page, "release")
    for _ in range(2):  # pressed twice
        assert sender.send(f"{path}/release", number="12", key=key) == f"{path}#holds"
    assert says(ward, devices[0], 0)[1].keys() >= {(ITEM_APPLICATION, 0)}
    assert 'value="12" selected' in sender.page(path)
    assert "There is no release 99" in sender.send(f"{path}/release", 422, number="99")
    sender.send(f"{path}/release", number="")
    assert rows(sender.page("/fleet/roll-out")) == {}
    assert "Choose an application" in sender.send(f"{path}/release", 422, number="")
    assert site.get("/api/v1/devices/00000001").json()["items"] == []


def test_a_nearer_assignment_takes_a_device_out_of_the_wider_one(ward, operator, devices, keys):
    operator.release(12, keys)
    operator.release(13, keys, scope="device:B")
    for handheld in devices:
        says(ward, handheld, 0)
    with Session(ward.engine) as session:
        owner = find_organisation(session, ward.name)
        found = {stage.scope: stage.waiting for stage in stages(session, owner, _roster(session, owner))}
    assert found == {Scope("organisation", None): ["A", "C"], Scope("device", 2): ["B"]}


def _roster(session, owner):
    return roster(session, owner, NOW + minutes(60), None, Wanted())


def _add(session, owner, keys):
    add_release(session, owner, archive(12), keys, NOW)


def _withdraw(session, owner, scope):
    withdraw_release(session, owner, scope, "sim")
