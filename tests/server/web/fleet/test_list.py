"""The list of the fleet: what the interface says of the same devices, what to see to, filters, order and pages."""

import pytest

from tests.server.web.fleet.scene import NOW, say
from tests.server.web.test_overview import Elements


def shown(page):
    """The numbers of the devices in the list, in its order."""
    return [row["data-device"] for row in Elements(page).with_attribute("tr", "data-device")]


def test_it_says_of_every_device_and_alert_what_the_interface_says(site, sender, fleet):
    page = sender.page("/fleet?state=any")
    rows = {row["data-device"]: row for row in Elements(page).with_attribute("tr", "data-device")}
    told = site.get("/api/v1/devices").json()["data"]
    assert {row["device"] for row in told} == set(rows) == set(fleet.values())
    for row in told:
        mine = rows[row["device"]]
        said = (mine["data-state"], int(mine["data-waiting"]), mine["data-behind"] == "true")
        assert said == (row["state"], row["waiting"], row["behind"])
    alerts = site.get("/api/v1/alerts").json()["data"]
    mine = {each["data-alert"] for each in Elements(page).with_attribute("li", "data-alert")}
    assert mine == {each["alert"] for each in alerts}
    assert len(alerts) >= 4
    for each in alerts:
        assert each["words"] in page
    assert "3.48 V" in page
    assert "Put it on its charger today" in page


def test_who_looks_after_one_team_sees_that_team_s_only(be, sender, fleet):
    be("matron", "leek")
    page = sender.page("/fleet?state=any")
    assert set(shown(page)) == {fleet["A"], fleet["B"]}
    assert f"/fleet/{fleet['C']}" not in page
    for number in (fleet["C"], "C", "N", "99999999", "nothing"):
        sender.page(f"/fleet/{number}", 404)
        sender.page(f"/d/{number}", 404)


def test_filters_and_orders_stand_in_the_address(sender, fleet):
    assert shown(sender.page("/fleet"))[0] == fleet["N"]  # silent for longest
    assert shown(sender.page("/fleet?order=waiting"))[0] == fleet["A"]
    assert shown(sender.page("/fleet?order=battery"))[0] == fleet["A"]
    assert shown(sender.page("/fleet?order=storage"))[0] == fleet["N"]
    assert shown(sender.page("/fleet?order=serial")) == [fleet[name] for name in "ABCN"]
    assert shown(sender.page("/fleet?state=lost")) == [fleet["N"]]
    assert shown(sender.page("/fleet?place=team:haywood")) == [fleet["C"]]
    assert set(shown(sender.page("/fleet?place=service:beds"))) == {fleet[name] for name in "ABC"}
    assert shown(sender.page("/fleet?needs=low-battery")) == [fleet["A"]]
    assert "No handheld is like that" in sender.page("/fleet?needs=low-battery&place=team:north")
    for wrong in ("order=never", "state=gone", "needs=love", "page=0", "colour=red"):
        sender.page(f"/fleet?{wrong}", 422)


def test_a_thousand_are_paged_and_the_alerts_name_a_few(figures, sender):
    devices = [figures.device(f"PET-{number:04}", team="leek") for number in range(120)]
    for device in devices[:8]:
        say(figures, device, NOW, battery_mv=3300)
    first, last = sender.page("/fleet?order=serial"), sender.page("/fleet?order=serial&page=3")
    assert shown(first) == devices[:50]
    assert shown(last) == devices[100:]
    assert "120 handhelds, 1 to 50 shown here" in first
    assert 'href="/fleet?order=serial&amp;page=2#devices"' in first
    assert "8 handhelds with a low battery" in first
    assert first.count('data-alert="') == 5 + 5  # silent ones too
    assert shown(sender.page("/fleet?needs=low-battery&order=serial")) == devices[:8]


def test_who_knows_of_an_alert_is_named_and_the_first_stays(be, site, sender, fleet):
    alert = next(each for each in site.get("/api/v1/alerts?kind=clock").json()["data"] if each["serial"] == "A")
    be("matron", "north")
    sender.send(f"/fleet/alerts/{alert['alert']}", 404)
    for name in ("first@example.org", "second@example.org"):
        be("matron", "leek", name=name)
        assert sender.send(f"/fleet/alerts/{alert['alert']}", back="/fleet?needs=clock") == "/fleet?needs=clock"
    assert sender.send(f"/fleet/alerts/{alert['alert']}", back="//elsewhere.example/fleet") == "/fleet"
    page = sender.page("/fleet")
    assert "first@example.org knows of it" in page
    assert "second@example.org knows" not in page
    over = f"{fleet['A']}-overdue-1"  # one that is over by now
    assert sender.send(f"/fleet/alerts/{over}") == "/fleet"


@pytest.mark.usefixtures("fleet")
def test_who_sees_no_fleet_has_neither_entry_nor_page(be, sender):
    be("board")
    assert 'href="/fleet"' not in sender.page("/")
    sender.page("/fleet", 403)
    be("operations")
    assert 'href="/fleet"' in sender.page("/")


def test_an_empty_fleet_says_so(figures, sender):
    assert figures.devices == {}
    page = sender.page("/fleet")
    assert "No handheld is like that" in page


@pytest.mark.usefixtures("fleet")
def test_the_page_asks_for_itself_again(sender):
    [short] = Elements(sender.page("/fleet?order=serial")).with_attribute("section", "hx-get")
    assert short["hx-get"] == "/fleet?order=serial"
    assert short["hx-select-oob"] == "#alerts,#devices"
