"""What the overview says first, and the league: the interface's own answers, in words, icons and rows."""

import re
from datetime import date, timedelta
from html import unescape

import pytest

from tests.browser import Browser
from tests.parts import need
from tests.server.api.asking import ask as send
from tests.server.api.asking import somebody
from tests.server.api.year import enter_year, insider, outsider
from tests.server.conftest import NOW
from tests.server.figures import Pass
from tests.server.web.test_overview import Elements

RECENT = {"period": "last-13-weeks"}
LEAGUE = "/league"


@pytest.fixture(autouse=True)
def year(figures):
    """Leek goes down in the last ten weeks, north has hardly any answers."""
    names = enter_year(figures, weekly=12)
    sunday = date(2026, 11, 22)
    figures.enter(
        Pass(names[1], sunday - timedelta(days=number % 70), (5, 2, 5), team="leek", flagged=number % 7 == 0)
        for number in range(140)
    )
    return names


def opened(site, path="/", **parameters):
    answer = site.page(path, parameters)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


@pytest.mark.parametrize(
    "query",
    [{}, {"question": "food"}, {"from": "2026-02-02", "to": "2026-11-02"}, RECENT, RECENT | {"question": "food"}],
)
@pytest.mark.parametrize("rebased", [False, True])
def test_icons_of_services_are_what_their_own_charts_say(site, query, rebased):
    if rebased:
        site.viewer = somebody("commissioner", actor="the commissioner")
        named = {"scope": "service", "name": "beds", "day": "2026-09-21", "reason": "A new kitchen"}
        for about in ({}, {"question": "food"}):
            assert send(site, "POST", "/rebases", json=named | about).status_code == 201
        site.viewer = None
    page = opened(site, **query)
    table = Elements(page[page.index('id="services"') :].split("</table>")[0])
    lines = table.with_attribute("tr", "data-service")
    assert [line["data-service"] for line in lines] == ["beds", "home"]
    spoken = [svg["aria-label"] for svg in table.with_attribute("svg", "aria-label")]
    expected = []
    for line in lines:
        chart = site.get("/api/v1/stats/spc", query | {"service": line["data-service"]}).json()
        points = [point for point in chart["data"] if point["charted"]]
        assert line["data-variation"] == points[-1]["kind"]
        expected.append(f"Variation: {chart['chart']['variation']}")
        words = {"passes": "passed", "fails": "failed", "hits": "hit"}
        expected += [words[chart["chart"]["assurance"].split()[chart["chart"]["assurance"].startswith("consistently")]]]
    assert len(spoken) == len(expected)
    assert all(want in got for want, got in zip(expected, spoken, strict=True)), (expected, spoken)


def test_what_deserves_a_look_is_what_the_interface_finds(site):
    page = opened(site)
    found = site.get("/api/v1/stats/concerns", RECENT).json()
    rows = Elements(page).with_attribute("li", "data-level")
    shown = [(row["data-level"], row["data-code"], row["data-question"], row["data-positivity"]) for row in rows]
    bad = [row for row in found["data"] if row["level"] in ("concern", "watch")]
    good = [row for row in found["data"] if row not in bad]
    assert bad
    wanted = [*bad[:5], *good[:3]]
    assert shown == [(row["level"], row["code"], row["question"], str(row["positivity"])) for row in wanted]
    assert f"{found['compared']} comparisons of a team and a question" in page


def test_the_headline_agrees_with_the_figures_below_it(site):
    page = opened(site)
    said = re.search(r'id="lead">([^<]+)<', page)[1]
    [totals] = site.get("/api/v1/stats/summary").json()["data"]
    assert said.startswith(f"{totals['positivity']}% of the answers are positive")
    assert ("the target is missed" in said) == (totals["verdict"] == "missed")
    assert "Beds is getting worse" in said
    found = site.get("/api/v1/stats/concerns", RECENT).json()["data"]
    bad = sum(row["level"] in ("concern", "watch") for row in found)
    assert f"{bad} concern" in said
    assert f"{len(found) - bad} highlight" in said or len(found) == bad


def test_who_is_not_heard_is_named(site, figures):
    figures.device("PET-NEW", team="haywood")
    coverage = site.get("/api/v1/stats/coverage", {"period": "this-month"}).json()
    page = opened(site)
    assert f"{coverage['with_data']} of {len(coverage['data'])} teams have answers in November 2026." in page
    for row in coverage["data"]:
        unheard = page[page.index('id="coverage"') :].split("</section>")[0]
        assert (row["name"] in unheard) == (row["heard"] != "has data")


def test_from_outside_the_overview_speaks_of_what_is_over(site, figures):
    site.viewer = outsider(figures)
    page = opened(site)
    assert "have answers in October 2026" in page
    opened(site, period="last-month")  # whole months, though nothing was said of points
    opened(site, period="last-13-weeks")


def test_every_page_of_figures_is_linked_from_the_overview_or_from_one_that_is(site, figures, year):
    figures.objective("good-food", "Good food", "food")
    links = set(re.findall(r'href="(/[a-z]+/[^"?]+)', opened(site)))
    assert {"/services/beds", f"/devices/{year[0]}", "/questions/food", "/objectives/good-food"} <= links
    assert "/teams/haywood" in opened(site, "/services/beds")
    assert 'href="/objectives/good-food"' in opened(site, "/questions/food").split("<main")[0]  # of the pages above it


def test_a_league_of_those_who_asked_for_it_counts_and_names_nobody_else(site, figures):
    figures.opt_in(team="leek")
    figures.opt_in(service="home")
    page = opened(site, LEAGUE, period="2026-11")
    answer = site.get("/api/v1/stats/league", {"period": "2026-11"}).json()
    rows = Elements(page).with_attribute("tr", "data-rank")
    shown = [(row["data-rank"], row["data-code"], row["data-n"], row["data-flagged"]) for row in rows]
    assert shown == [tuple(str(row[key]) for key in ("rank", "code", "n", "flagged")) for row in answer["data"]]
    assert any(row["flagged"] for row in answer["data"])
    site.viewer = outsider(figures)
    page = opened(site, LEAGUE)
    assert "Haywood" not in page
    assert "1 October 2026 to 31 October 2026" in page
    assert "positive" not in page.replace("How positive they were plays no part", "").replace("at 85% positive", "")


def test_a_team_s_own_people_say_whether_it_takes_part_and_twice_is_once(site, figures):
    site.viewer = None
    for _ in range(2):
        sent = site.post(LEAGUE, {"area": "team:leek", "opted_in": "true"})
        assert (sent.status_code, sent.headers["location"]) == (303, LEAGUE)
    assert 'data-area="team:leek"' in opened(site, LEAGUE)
    assert [row["code"] for row in site.get("/api/v1/stats/league", {"period": "2026-11"}).json()["data"]] == ["leek"]
    assert site.post(LEAGUE, {"area": "planet:mars", "opted_in": "true"}).status_code == 404
    site.viewer = insider(figures, "leek")
    assert site.post(LEAGUE, {"area": "team:leek", "opted_in": "false"}).status_code == 403


def test_an_open_overview_takes_up_what_has_arrived_since(site, figures, year):
    with Browser(need("chromium")) as browser:
        browser.open(site.url, 1280)
        browser.evaluate("document.getElementById('numbers').open = true")
        before = int(browser.evaluate("document.getElementById('responses').value"))
        figures.enter([Pass(year[0], NOW.date(), (1, 1, 1))])
        browser.evaluate("htmx.trigger('#short', 'refresh')")
        browser.until(f"document.getElementById('responses').value === '{before + 1}'")
        assert browser.evaluate("document.getElementById('numbers').open")
        assert browser.evaluate("document.querySelectorAll('#chart > svg').length") == 2
        assert browser.complaints == []
