"""The front page of improvement and raising a concern: the interface's figures, one step, once, nobody else's."""

import re

import pytest

from tests.server.web.test_overview import Elements

FINDINGS = "/api/v1/stats/concerns?by=team&period=last-13-weeks"
HANDS = {"place": "team:haywood", "subject": "question:hands", "title": "Hands", "period": "last-13-weeks"}
PLAN = {"plan": "Gel at the door", "step": "Order gel", "owner": "Link nurse", "due_on": "2026-12-07"}


@pytest.mark.usefixtures("story")
def test_the_front_page_lists_what_the_interface_finds(site, sender):
    data = site.get(FINDINGS).json()["data"]
    assert {row["level"] for row in data} >= {"concern", "highlight"}
    shown = [
        (each["data-code"], each["data-question"], each["data-level"])
        for each in Elements(sender.page("/improve")).with_attribute("li", "data-level")
    ]
    assert shown == [(row["code"], row["question"], row["level"]) for row in data]
    alike = [row["code"] for row in data if row["question"] == "overall" and row["level"] == "highlight"]
    assert alike == ["haywood", "leek"]  # as certain as each other: in the same order each time
    [bad] = [row for row in data if row["level"] == "concern"]
    assert f"{bad['positivity']}% positive (likely {bad['ci95'][0]} to {bad['ci95'][1]}%)" in sender.page("/improve")


@pytest.mark.usefixtures("story")
def test_what_is_late_stands_at_the_head(sender):
    page = sender.page("/improve")
    head = re.findall(r"<a[^>]*>([^<]+)", page.split('aria-label="In short"')[1].split("</ul>")[0])
    assert head == [
        "1 finding that nobody looks after yet",
        "1 step overdue",
        "1 audit overdue",
        "1 text waiting for approval",
    ]


@pytest.mark.usefixtures("story")
def test_a_finding_becomes_a_concern_with_its_plan_in_one_step_and_once(site, sender):
    link = re.search(r'href="(/improve/concerns/new\?place=team%3Ahaywood[^"]*)"', sender.page("/improve"))[1]
    page = sender.page(link.replace("&amp;", "&"))
    values = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page))
    assert values["period"] == "last-13-weeks"
    assert values["title"].startswith("Haywood: How about hands? ")
    assert values["step"]
    filled = {**values, "owner": "Ward manager", "place": "team:haywood", "subject": "question:hands"}
    first = sender.send("/improve/concerns", **filled)
    assert sender.send("/improve/concerns", **filled) == first  # pressed twice
    made = site.get(f"/api/v1/concerns/{first.rsplit('/', 1)[1]}").json()
    assert (made["origin"], made["status"], made["team"]) == ("detected", "acting", "haywood")
    assert made["finding"]["question"] == "hands"
    [step] = made["actions"][0]["steps"]
    assert (step["owner"], step["due_on"]) == ("Ward manager", "2026-12-07")
    assert len(site.get("/api/v1/concerns").json()["data"]) == 2
    changed = sender.send("/improve/concerns", status=422, **filled | {"title": "Another"})
    assert "This form was sent before" in changed
    assert sender.key(changed, "raise") != values["key"]
    assert f"Looked after: concern {made['concern']}" in sender.page("/improve")


@pytest.mark.usefixtures("story")
def test_a_concern_is_raised_by_hand_with_or_without_a_plan(site, sender):
    plain = HANDS | {"period": "", "place": "service:beds", "subject": "topic:food"}
    sender.send("/improve/concerns", **plain, plan="", step="", owner="", due_on="2026-12-07")
    made = site.get("/api/v1/concerns").json()["data"][0]
    assert (made["origin"], made["service"], made["topic"], made["status"]) == ("by hand", "beds", "food", "open")


WRONG = [
    ({"title": ""}, "title", "Say in a few words what the concern is"),
    ({"place": ""}, "place", "Choose the team or service"),
    ({"owner": ""}, "owner", "Say who does it: a role, like Ward housekeeper"),
    ({"due_on": "soon"}, "due_on", "Until when is not a date like 2026-11-23."),
    ({"plan": ""}, "plan", "Say in a few words what will change"),
    ({"step": ""}, "step", "Say what is to be done first"),
    ({"title": "Ring 0161 496 0000 for him"}, "title", "This holds what looks like a telephone number."),
    ({"title": "x" * 201}, "title", "The concern is too long: 200 letters at most."),
]


@pytest.mark.usefixtures("story")
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_kept(site, sender):
    for wrong, field, sentence in WRONG:
        page = sender.send("/improve/concerns", 422, **HANDS | PLAN | wrong)
        assert f'<a href="#raise-{field}">{sentence}' in page, wrong
        assert re.search(rf'id="raise-{field}-error">.{{0,80}}{re.escape(sentence)}', page), wrong
        assert 'value="Order gel"' in page or wrong == {"step": ""}  # what was typed is kept
    assert len(site.get("/api/v1/concerns").json()["data"]) == 1


def test_a_manager_elsewhere_finds_nothing_of_it(story, be, sender):
    be("manager", "north")
    page = sender.page("/improve")
    for word in ("Cold dinners", "Hot trolleys", "trolleys", "audit-hand-hygiene", "Leek"):
        assert word not in page
    sender.page(f"/improve/concerns/{story['concern']}", 404)
    for path in ("", "/evidence", "/actions"):
        values = {"kind": "interview", "words": "x", "title": "x", "status_": "closed", "closing_words": "x"}
        sender.send(f"/improve/concerns/{story['concern']}{path}", 404, **values)
    sender.send(f"/improve/actions/{story['action']}", 404, status_="done")
    sender.send(f"/improve/actions/{story['action']}/steps/1", 404)
    sender.send("/improve/concerns", 404, **HANDS)


@pytest.mark.usefixtures("story")
def test_a_form_from_another_site_is_refused(sender):
    sender.client.headers["origin"] = "https://elsewhere.example"
    assert "another site" in sender.send("/improve/concerns", 403, **HANDS)
