"""The page of one device: as the interface tells it; its label; and forms that take it through its life."""

import re

import pytest
from sqlalchemy.orm import Session

from server.app import create_app
from server.fleet import device_settings
from server.fleet.organisations import organisation_of
from server.fleet.scope import ORGANISATION
from tests.server.accounts.conftest import Clock, People
from tests.server.asking import TestClient
from tests.server.ingest.ward import KEY_RING
from tests.server.web.fleet.scene import NOW
from tests.server.web.test_overview import Elements
from tests.server.web.test_sign_in import HOME, sign_in


@pytest.fixture
def settings(settings, tmp_path):
    """The server can read the keys of devices."""
    path = tmp_path / "key"
    path.touch(mode=0o600)
    path.write_text(bytes(range(32)).hex())
    return settings.model_copy(update={"key_file": path})


@pytest.fixture
def wifi(figures):
    """The ward's network, whose password every handheld knows."""
    with Session(figures.engine) as session, session.begin():
        owner = organisation_of(session, figures.organisation_id)
        networks = [{"ssid": "Ward", "password": "of the ward 1"}]
        device_settings.set_setting(session, owner, ORGANISATION, "wifi", networks, lambda: KEY_RING, NOW)


def steps(page):
    """What became of it, newest first."""
    return [row["data-step"] for row in Elements(page).with_attribute("tr", "data-step")]


def test_it_says_what_the_interface_says(site, sender, fleet):
    device = fleet["A"]
    page = sender.page(f"/fleet/{device}")
    answer = site.get(f"/api/v1/devices/{device}").json()
    [state] = Elements(page).with_attribute("section", "data-device")
    row = answer["device"]
    assert (state["data-state"], state["data-waiting"]) == (row["state"], str(row["waiting"]))
    assert row["waiting"] == 5
    alerts = [each["data-kind"] for each in Elements(page).with_attribute("div", "data-alert")]
    assert alerts == [each["kind"] for each in row["alerts"]]
    health = site.get(f"/api/v1/devices/{device}/health").json()["data"]
    rows = Elements(page).with_attribute("tr", "data-at")
    mine = [(each["data-battery"], each["data-waiting"]) for each in rows]
    assert mine == [(str(each["battery_mv"]), str(each["waiting"])) for each in health]
    assert len(mine) == 4
    stays = site.get(f"/api/v1/placements?device={device}").json()["data"]
    mine = {each["data-placement"] for each in Elements(page).with_attribute("tr", "data-placement")}
    assert mine == {str(each["placement"]) for each in stays}
    assert len(stays) == 3
    items = {each["data-item"]: each["data-held"] for each in Elements(page).with_attribute("tr", "data-item")}
    assert items == {each["name"]: str(each["held"]).lower() for each in answer["items"]}
    assert 'data-gap="2-3"' in page
    assert 'data-reason="no-placement" data-waiting="1"' in page
    assert 'data-refused="key-epoch"' in page


def test_its_history_tells_who_did_what_and_only_of_teams_that_one_sees(be, sender, fleet):
    page = sender.page(f"/fleet/{fleet['A']}")
    assert steps(page) == ["back", "lent", "placed", "enrolled"]
    assert "Lent to Haywood, ward, from" not in page  # places have names
    assert re.search(r"Lent to Haywood, Ward, from 24 November 2026, 01:40 until 1 December 2026, 01:40", page)
    assert "operations@example.org" in page
    be("matron", "leek")
    page = sender.page(f"/fleet/{fleet['A']}")
    assert steps(page) == ["back", "placed", "enrolled"]
    assert "Haywood" not in page


def test_the_label_leads_to_its_page_and_a_serial_too(be, sender, fleet):
    assert sender.client.get("/d/A").headers["location"] == f"/fleet/{fleet['A']}"
    assert sender.client.get("/fleet/A").headers["location"] == f"/fleet/{fleet['A']}"
    be("matron", "north")
    sender.page("/d/A", 404)
    be("read-only", "leek")
    sender.page("/d/A", 403)


def test_a_stranger_signs_in_first_and_is_led_on(settings, engine, figures, fleet):
    people = People(engine, figures)
    people.add("anna", matron="team:leek")
    app = create_app(settings, now=Clock())
    headers = {"accept": "text/html", "origin": HOME}
    with TestClient(app, base_url=HOME, headers=headers, follow_redirects=False) as client:
        sent = client.get("/d/A").headers["location"]
        assert sent == "/sign-in?to=%2Fd%2FA"
        assert sign_in(client, to="/d/A").headers["location"] == "/d/A"
        assert client.get("/d/A").headers["location"] == f"/fleet/{fleet['A']}"
        assert client.get(f"/fleet/{fleet['A']}").status_code == 200
        assert client.get("/d/N").status_code == 404
    app.state.engine.dispose()


def test_it_is_moved_and_lent(site, be, sender, fleet):
    device = fleet["B"]
    be("operations")
    page = sender.page(f"/fleet/{device}")
    key = sender.key(page, "move")
    stay = {"team": "haywood", "location": "ward", "from_at": "2026-11-23T01:30", "key": key}
    for _ in range(2):  # pressed twice
        assert sender.send(f"/fleet/{device}/moves", **stay) == f"/fleet/{device}#placements"
    rows = site.get(f"/api/v1/placements?device={device}").json()["data"]
    assert [(row["team"], row["from_at"], row["until_at"]) for row in rows] == [
        ("leek", "2026-01-01T00:00:00Z", "2026-11-23T01:30:00Z"),
        ("haywood", "2026-11-23T01:30:00Z", None),
    ]
    assert steps(sender.page(f"/fleet/{device}"))[0] == "moved"
    lent = {"team": "north", "location": "ward", "from_at": "2026-12-01T09:00", "until_at": "2026-12-02T09:00"}
    sender.send(f"/fleet/{device}/moves", **lent)
    assert steps(sender.page(f"/fleet/{device}"))[:3] == ["back", "lent", "moved"]


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(site, be, sender, fleet):
    path = f"/fleet/{fleet['B']}"
    be("operations")
    page = sender.send(f"{path}/moves", 422, team="", location="", until_at="2026-12-24T09:00")
    assert 'href="#move-team">Choose the team that it goes to' in page
    assert 'href="#move-location">Choose where it will be' in page
    assert 'value="2026-12-24T09:00"' in page
    assert '<details class="nhsuk-details" open id="move-fold">' in page
    page = sender.send(f"{path}/moves", 422, team="haywood", location="ward", from_at="2025-12-24T09:00")
    assert "has no open placement that began before" in page
    page = sender.send(f"{path}/moves", 422, team="haywood", location="ward", from_at="soon")
    assert 'id="move-from_at-error"' in page
    page = sender.send(f"{path}/state", 422, state_="gone")
    assert "There is a problem" in page
    assert len(site.get(f"/api/v1/placements?device={fleet['B']}").json()["data"]) == 1


@pytest.mark.usefixtures("wifi")
def test_a_lost_one_says_which_passwords_to_change_until_it_is_found(be, sender, fleet):
    path = f"/fleet/{fleet['B']}"
    be("operations")
    assert "passwords of these Wi-Fi networks:<strong>Ward</strong>" in sender.page(path)
    for _ in range(2):  # pressed twice
        assert sender.send(f"{path}/state", state_="lost") == f"{path}#state"
    page = sender.page(path)
    assert "Change these Wi-Fi passwords" in page
    assert "of the ward 1" not in page
    be("matron", "leek")
    assert "Change these Wi-Fi passwords" not in sender.page(path)
    be("operations")
    sender.send(f"{path}/state", state_="active")
    assert "Change these Wi-Fi passwords" not in sender.page(path)
    assert steps(sender.page(path))[:2] == ["active", "lost"]


def test_to_revoke_it_and_to_trust_it_again_its_serial_is_typed(site, be, sender, fleet):
    path = f"/fleet/{fleet['B']}"
    be("operations")
    page = sender.send(f"{path}/state", 422, state_="revoked", serial="A")
    assert 'href="#state-revoked-serial">Type the serial as it is printed on the handheld: B' in page
    assert site.get(f"/api/v1/devices/{fleet['B']}").json()["device"]["state"] == "active"
    sender.send(f"{path}/state", state_="revoked", serial="B")
    sender.send(f"{path}/state", 422, state_="active")
    sender.send(f"{path}/state", state_="active", serial="B")
    assert site.get(f"/api/v1/devices/{fleet['B']}").json()["device"]["state"] == "active"


def test_it_is_not_retired_while_answers_wait_on_it(be, sender, fleet):
    be("operations")
    page = sender.send(f"/fleet/{fleet['A']}/state", 422, state_="retired")
    assert "still holds 5 answers" in page
    sender.send(f"/fleet/{fleet['B']}/state", state_="retired")
    page = sender.page(f"/fleet/{fleet['B']}")
    assert "not placed" in page
    assert {"retired", "placement ended"} == set(steps(page)[:2])
    assert f'action="/fleet/{fleet["B"]}/moves"' not in page


def test_how_often_it_calls_is_set_and_taken_back(be, sender, fleet):
    path = f"/fleet/{fleet['B']}"
    be("operations")
    assert 'value="3600" selected' in sender.page(path)
    sender.send(f"{path}/settings", every="900")
    page = sender.page(path)
    assert 'value="900" selected' in page
    sender.send(f"{path}/settings", every="as-around")
    assert 'value="3600" selected' in sender.page(path)
    assert "There is a problem" in sender.send(f"{path}/settings", 422, every="1")


def test_whoever_only_looks_has_no_forms_and_may_send_none(be, sender, fleet):
    be("matron", "leek")
    path = f"/fleet/{fleet['A']}"
    assert f'action="{path}' not in sender.page(path)
    sender.send(f"{path}/state", 403, state_="lost")
    be("operations", "north")
    sender.send(f"{path}/state", 404, state_="lost")
    sender.send(f"{path}/moves", 404, team="north", location="ward")
