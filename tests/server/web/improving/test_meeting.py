"""The sheet for a team's meeting and the credit that teams are given: the interface's figures, recorded once."""

import re

import pytest

from tests.server.web.test_overview import Elements


@pytest.mark.usefixtures("story")
def test_the_sheet_holds_the_interface_s_figures_of_the_team(site, sender):
    page = Elements(sender.page("/improve/meeting/leek"))
    series = site.series(team="leek", from_="2026-05-25", to="2026-11-30")["data"]
    rows = [(row["data-period"], row["data-n"]) for row in page.with_attribute("tr", "data-period")]
    assert rows == [(point["period"], str(point["n"])) for point in series]
    findings = site.get("/api/v1/stats/concerns?team=leek&by=team&period=last-13-weeks").json()["data"]
    good = [row["question"] for row in findings if row["level"] in ("highlight", "good sign")]
    assert [each["data-good"] for each in page.with_attribute("li", "data-good")] == good[:3]
    text = sender.page("/improve/meeting/leek")
    last = series[-2]
    assert f"{last['responses']} responses, {last['positivity']}% of the answers positive" in text
    assert "<strong>Cold dinners</strong>(acting" in text
    assert "<strong>Overdue:</strong>20 November 2026 (3 days late), Ward housekeeper: Train the evening" in text
    haywood = Elements(sender.page("/improve/meeting/haywood"))
    assert [each["data-bad"] for each in haywood.with_attribute("li", "data-bad")] == ["hands"]
    assert not haywood.with_attribute("li", "data-concern")


def test_what_was_discussed_is_recorded_from_the_sheet_once(site, sender, story):
    concern = f"/api/v1/concerns/{story['concern']}"
    page = sender.page("/improve/meeting/leek")
    box = f"discussed-{story['concern']}"
    filled = {box: "yes", f"decision-{story['concern']}": "Ask again", "held_on": "2026-11-20"}
    filled |= {"key": sender.key(page, "meeting")}
    for _ in range(2):
        assert sender.send("/improve/meeting/leek", **filled) == "/improve/meeting/leek#held"
    assert site.get(concern).json()["discussed_on"] == ["2026-11-17", "2026-11-20"]
    assert len(site.get("/api/v1/meetings").json()["data"]) == 2
    assert "Cold dinners</a>: Ask again" in sender.page("/improve/meeting/leek")
    refused = sender.send("/improve/meeting/leek", 422, **filled | {"key": "", "held_on": "2026-11-24"})
    assert "2026-11-24 is yet to come: record a meeting once it was held." in refused
    assert re.search(rf'name="{box}"[^>]* checked', refused)
    wrong = filled | {"key": "", f"decision-{story['concern']}": "See jo@example.org"}
    told = sender.send("/improve/meeting/leek", 422, **wrong)
    assert re.search(rf'id="meeting-decision-{story["concern"]}-error">.{{0,80}}This holds what looks like an e-', told)


@pytest.mark.usefixtures("story")
def test_the_sheet_is_for_people_inside_the_team(be, sender):
    be("manager", "north")
    sender.page("/improve/meeting/leek", 404)
    sender.send("/improve/meeting/leek", 404, held_on="2026-11-20")
    be("board")
    sender.page("/improve/meeting/leek", 403)
    be("read-only", "leek")
    assert "Record the meeting" not in sender.page("/improve/meeting/leek")


def test_a_highlight_becomes_credit_with_a_certificate(site, sender, story, be):
    link = re.search(r'href="(/improve/recognition\?place=team%3Aleek[^"]*)#credit"', sender.page("/improve"))[1]
    page = sender.page(link.replace("&amp;", "&"))
    assert 'value="team:leek" selected' in page
    title = re.search(r'name="title"[^>]* value="([^"]+)"', page)[1]
    filled = {"place": "team:leek", "subject": "question:overall", "title": title, "key": sender.key(page, "credit")}
    made = sender.send("/improve/recognition", **filled)
    assert sender.send("/improve/recognition", **filled) == made
    assert len(site.get("/api/v1/recognition").json()["data"]) == 2
    assert f'<h1 class="certificate__team" id="certificate-team">Leek</h1><p class="certificate__title">{title}' in (
        sender.page(made)
    )
    wrong = sender.send("/improve/recognition", 422, place="team:leek", title="")
    assert "Say in a few words what is going well" in wrong
    be("matron", "north")
    sender.page(f"/improve/recognition/{story['recognition']}", 404)
    assert "Hands cleaned" not in sender.page("/improve/recognition")
