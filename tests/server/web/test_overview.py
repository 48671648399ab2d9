"""The overview page: its figures are the interface's figures, and it says all that belongs beside them."""

import random
import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy.orm import Session

from server.accounts.viewer import everything
from server.api.query import FiguresQuery, read_query
from server.api.resolve import resolve
from server.api.stats.devices import read_devices
from server.ingest.tables import UNDATED
from tests.server.api.year import insider, outsider
from tests.server.conftest import NOW
from tests.server.figures import Figures, Pass

TODAY = date(2026, 11, 23)


class Elements(HTMLParser):
    """Every element of a page as (name, attributes, text directly inside)."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes), ""))

    def handle_data(self, data):
        if self.found:
            tag, attributes, text = self.found[-1]
            self.found[-1] = (tag, attributes, text + data)

    def by_id(self, name):
        [element] = [element for element in self.found if element[1].get("id") == name]
        return element

    def value(self, name):
        return self.by_id(name)[1]["value"]

    def with_attribute(self, tag, name):
        return [attributes for found, attributes, _ in self.found if found == tag and name in attributes]

    def selected(self, name):
        """The chosen option of a select."""
        inside = False
        for tag, attributes, _ in self.found:
            inside = attributes.get("id") == name if tag == "select" else inside
            if inside and tag == "option" and "selected" in attributes:
                return attributes["value"]
        return None


@pytest.fixture
def busy(figures):
    """Four devices, half a year of answers, some undated, some flagged; a fifth device has none."""
    dice = random.Random(7)
    devices = {
        figures.device(f"PET-{n}", team=team): team for n, team in enumerate(("haywood", "leek", "north", "north"))
    }
    figures.silent = figures.device("PET-SILENT", team="leek")
    figures.target("0.85")
    figures.enter(
        Pass(
            device,
            UNDATED if dice.random() < 0.02 else TODAY - timedelta(days=dice.randrange(180)),
            tuple(dice.choices((1, 5, 14), (84, 13, 3))[0] for _ in range(3)),
            team=team,
            flagged=dice.random() < 0.05,
        )
        for device, team in devices.items()
        for _ in range(150)
    )
    figures.heard(next(iter(devices)), NOW - timedelta(minutes=5))
    return figures


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"service": "home"},
        {"question": "food", "granularity": "month"},
        {"team": "leek", "period": "last-13-weeks"},
        {"from": "2026-09-01", "to": "2026-10-01", "granularity": "day"},
        {"include_flagged": "true", "period": "2026"},
    ],
)
@pytest.mark.usefixtures("busy")
def test_the_page_shows_the_figures_of_the_interface(site, query):
    named = {name.replace("from", "from_"): value for name, value in query.items()}
    answer = site.series(**named)
    page = Elements(site.page("/", query).text)

    totals = answer["totals"]
    assert page.value("responses") == str(totals["responses"])
    assert page.value("answers") == str(totals["n"])
    assert page.value("positivity") == str(totals["positivity"])
    assert page.by_id("judgement")[1]["data-verdict"] == totals["verdict"]
    assert page.by_id("as-of")[1]["datetime"] == NOW.isoformat()

    rows = page.with_attribute("tr", "data-period")
    told = [(row["data-period"], row["data-n"], row["data-responses"]) for row in rows]
    assert told == [(point["period"], str(point["n"]), str(point["responses"])) for point in answer["data"]]
    marks = [mark["data-period"] for mark in page.with_attribute("g", "data-period")]
    assert marks == 2 * [point["period"] for point in answer["data"] if point["n"]]  # a wide and a narrow drawing


@pytest.mark.parametrize("query", [{}, {"period": "last-13-weeks"}, {"question": "hands"}])
def test_every_device_has_its_own_figures_and_those_without_any_too(busy, site, query):
    page = Elements(site.page("/", query).text)
    rows = {row["data-device"]: row for row in page.with_attribute("tr", "data-device")}
    assert set(rows) == set(busy.devices)
    for device, row in rows.items():
        totals = site.series(device=device, **query)["totals"]
        assert row["data-n"] == str(totals["n"])
        assert row["data-responses"] == str(totals["responses"])
        assert row["data-positivity"] == ("" if totals["positivity"] is None else str(totals["positivity"]))
        assert row["data-verdict"] == (totals["verdict"] or "")
    assert rows[busy.silent]["data-n"] == "0"


def test_a_device_moved_away_stays_listed_where_its_answers_are(figures, site):
    moved = figures.device("PET-MOVED", team="north")
    figures.enter([Pass(moved, TODAY, (1, 1, 1), team="leek")])
    page = Elements(site.page("/", {"team": "leek"}).text)
    assert [row["data-device"] for row in page.with_attribute("tr", "data-device")] == [moved]


def test_a_month_that_is_over_shows_a_device_where_it_was(figures, site):
    device = figures.device("PET-MOVED", team="haywood")
    figures.target("0.5", "team", figures.teams["north"])
    figures.enter([Pass(device, date(2026, 10, 5), (1, 1, 1))] * 40)
    figures.move(device, "north", datetime(2026, 11, 1, tzinfo=UTC))
    query = {"team": "haywood", "period": "2026-10"}
    [row] = Elements(site.page("/", query).text).with_attribute("tr", "data-device")
    assert (row["data-device"], row["data-verdict"]) == (device, "")  # the target of where it is now says nothing
    with Session(figures.engine) as session:
        asked = resolve(
            session, read_query(query.items(), FiguresQuery), everything(figures.organisation_id, "test"), NOW
        )
        [told] = read_devices(session, asked)
    assert (told.team, told.target) == ("Haywood", None)


def test_undated_flagged_waiting_and_late_are_told(figures, site):
    device, late = figures.device("PET-1"), figures.device("PET-2")
    figures.heard(device, NOW - timedelta(minutes=5), last_sequence=7, stored_through=4)
    figures.heard(late, NOW - timedelta(days=9))
    figures.enter(
        [Pass(device, TODAY, (1, 1, 1))] * 12
        + [Pass(device, UNDATED, (1, 1, 1))]
        + [Pass(device, TODAY, (5, 2, 5), flagged=True)] * 2
    )
    text = site.page().text
    assert "1 response without a usable date: counted above, but in no week." in text
    assert "2 responses suspected of misuse: not counted here." in text
    assert "3 more responses on devices: not arrived yet." in text
    assert "1 device in use not heard for a week or longer." in text
    assert "not heard yet" not in text
    month = site.page("/", {"period": "this-month"}).text
    assert "1 response without a usable date: not counted here." in month


def test_devices_that_were_never_heard_are_told_apart_from_those_that_fell_silent(figures, site):
    for number in range(3):
        figures.device(f"PET-{number}")
    figures.heard(figures.device("PET-9"), NOW - timedelta(days=9))
    text = site.page().text
    assert "3 devices in use not heard yet at all." in text
    assert "1 device in use not heard for a week or longer." in text


def test_a_device_with_too_few_responses_says_so(figures, site):
    figures.target("0.85")
    few = figures.device("PET-FEW")
    figures.enter([Pass(few, TODAY, (1, 1, 1))] * 3)
    text = site.page().text
    row = text.split(f'data-device="{few}"')[1].split("</tr>")[0]
    assert re.findall(r"nhsuk-tag[^>]*>\s*([a-z ]+?)\s*<", row) == ["too few"]
    assert "1 device against the target: 1 too few." in text


@pytest.mark.usefixtures("busy")
def test_the_form_of_a_browser_asks_and_remembers(site):
    sent = {"service": "home", "device": "", "question": "food", "period": "2026-Q4", "granularity": "month"}
    page = Elements(site.page("/", sent).text)
    assert {name: page.selected(name) for name in sent} == sent
    assert page.value("responses") == str(
        site.series(service="home", question="food", period="2026-Q4")["totals"]["responses"]
    )
    forms = [attributes for tag, attributes, _ in page.found if tag == "form"]
    assert forms == [{"action": "/", "method": "get", "class": "filters"}]


@pytest.mark.usefixtures("busy")
def test_own_dates_stand_in_the_form_until_another_period_is_chosen(site):
    page = site.page("/", {"from": "2026-09-01", "to": "2026-10-01"}).text
    assert ("", "2026-09-01 to 2026-10-01") in re.findall(r'<option value="([^"]*)" selected\s*>([^<]*)<', page)


@pytest.mark.usefixtures("busy")
def test_what_the_form_does_not_offer_is_carried_along(site):
    page = Elements(site.page("/", {"team": "leek", "include_flagged": "true"}).text)
    hidden = [(each["name"], each["value"]) for each in page.with_attribute("input", "type")]
    assert hidden == [("team", "leek"), ("include_flagged", "true")]


def test_before_the_first_answer_the_page_says_so(figures, site):
    figures.device("PET-1")
    answer = site.page()
    page = Elements(answer.text)
    assert answer.status_code == 200
    assert (page.value("responses"), page.value("answers"), page.value("positivity")) == ("0", "0", "")
    assert "No answers that count towards positivity." in answer.text
    assert "nan" not in re.sub("<[^>]*>", "", answer.text).lower().split()


def test_names_from_the_database_cannot_write_into_the_page(engine, site):
    figures = Figures(engine, name="<script>alert(1)</script>")
    figures.device('"><img src=x onerror=alert(1)>')
    text = site.page().text
    assert "<script>alert" not in text
    assert "<img" not in text


@pytest.mark.usefixtures("busy")
def test_a_wrong_parameter_is_a_page_that_names_it(site):
    for query, status in ({"period": "never"}, 422), ({"service": "nowhere"}, 404):
        answer = site.page("/", query)
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")
        assert f"<strong>{next(iter(query))}</strong>" in answer.text  # exactly, for who wants to know


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(
    ("address", "title", "sentence"),
    [
        ("/?device=zz", "There is nothing here", "There is no device “zz” here."),
        ("/?service=beds&service=a", "There is nothing here", "One of these is no service here: “beds”, “a”."),
        ("/?period=never", "These figures cannot be shown", "The period “never” in the address cannot be used."),
        ("/?from=today", "These figures cannot be shown", "The first day “today” in the address cannot be used."),
        ("/?colour=red", "These figures cannot be shown", "The address holds “colour”, which these pages do not know."),
        ("/?team=" + "x" * 70, "There is nothing here", f"There is no team “{'x' * 60}…” here."),
        ("/nix", "There is nothing here", "There is no /nix on this server."),
    ],
)
def test_a_mistake_is_told_in_plain_words_with_a_way_back(site, address, title, sentence):
    text = site.page(address).text
    assert f'<h1 class="nhsuk-heading-l">{title}</h1>' in text
    said = re.findall("<p>([^<]*)</p>", text.split('<div id="problem"')[1].split("</div>")[0])
    assert said == [sentence]
    assert '<a href="/">Back to all figures</a>' in text


@pytest.mark.usefixtures("figures")
def test_a_mistake_cannot_write_into_the_page(site):
    assert "<script>alert" not in site.page("/", {"device": "<script>alert(1)</script>"}).text


@pytest.mark.usefixtures("figures")
def test_another_organisation_is_not_there(engine, site):
    other = Figures(engine, name="Another Trust", references=(9,))
    assert "Community Trust" in site.page().text
    answer = site.page("/", {"organisation": other.organisation_id})
    assert answer.status_code == 404
    assert "Another Trust" not in answer.text


def test_figures_of_some_teams_are_not_called_the_whole_organisation_s(figures, site):
    figures.enter([Pass(figures.device("PET-1"), date(2026, 10, 8), (1,))] * 12)
    assert "Shown: all services, devices and questions;" in site.page().text
    site.viewer = insider(figures, "haywood")
    assert "Shown: of Haywood only;" in site.page().text
    site.viewer = insider(figures, "haywood", "leek")
    assert "Shown: of Haywood and Leek only;" in site.page().text


@pytest.mark.parametrize("query", [{"include_flagged": "true"}, {"period": "this-week"}, {"granularity": "day"}])
@pytest.mark.usefixtures("figures")
def test_what_nobody_outside_is_shown_is_a_mistake_and_none_of_ours(figures, site, query):
    site.viewer = outsider(figures)
    assert site.page("/", query).status_code == 422
