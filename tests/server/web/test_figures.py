"""The pages of figures: what they show is what the interface answers, to whoever may see it and to nobody else."""

import csv
import io
import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from openpyxl import load_workbook

from tests.server.api.year import enter_year, insider, outsider
from tests.server.web.test_overview import Elements

FILTER = {"from": "2026-03-02", "to": "2026-11-02"}
SUBJECTS = {
    "/services/beds": {"service": "beds"},
    "/teams/leek": {"team": "leek"},
    "/questions/food": {"question": "food"},
    "/objectives/good-food": {"objective": "good-food"},
}
LINK = re.compile(r'href="(/api/v1/[^"]+)"')


@pytest.fixture(autouse=True)
def year(figures):
    figures.objective("good-food", "Serve good food", "food", "overall")
    return [*enter_year(figures)]


def opened(site, path, **parameters):
    answer = site.page(path, parameters)
    assert answer.status_code == 200, answer.text
    return answer.text


def rows(page, table, name):
    """The attributes of a table's rows that carry data-`name`."""
    return Elements(page[page.index(f'id="{table}"') :].split("</table>")[0]).with_attribute("tr", f"data-{name}")


def links(page, ending):
    """Addresses of the interface on the page, by the last word of their path."""
    found = [unescape(each) for each in LINK.findall(page)]
    return {urlsplit(each).path.rsplit("/", 1)[1]: each for each in found if ending in each}


def text_of(value):
    """As a page's attribute has it; a workbook's 75 is the interface's 75.0."""
    return "" if value is None else str(value)


def numbered(values):
    """Texts that are numbers, as numbers."""
    return [float(each) if re.fullmatch(r"[\d.]+", each) else each for each in values]


@pytest.mark.parametrize(("path", "named"), SUBJECTS.items())
@pytest.mark.parametrize("more", [{}, {"period": "2026-10", "granularity": "day"}, FILTER], ids=str)
def test_page_json_csv_and_xlsx_give_the_same_figures(site, path, named, more):
    page = opened(site, path, **more)
    asked = named | more
    [totals] = site.get("/api/v1/stats/summary", {k: v for k, v in asked.items() if k != "granularity"}).json()["data"]
    elements = Elements(page)
    assert elements.value("positivity") == text_of(totals["positivity"])
    assert (elements.value("responses"), elements.value("answers")) == (str(totals["responses"]), str(totals["n"]))
    points = site.get("/api/v1/stats/spc", asked).json()["data"]
    keys = ("period", "n", "responses", "positivity")
    on_page = [tuple(row[f"data-{key}"] for key in keys) for row in rows(page, "control-numbers", "period")]
    assert on_page == [tuple(text_of(each[key]) for key in keys) for each in points]
    for form in ("csv", "xlsx"):
        held = table(site.get(links(page, f"format={form}")["spc"]), form)
        assert [numbered(row[key] for key in keys) for row in held] == [numbered(each) for each in on_page], form
        [held] = table(site.get(links(page, f"format={form}")["summary"]), form)
        assert numbered([held["n"], held["positivity"]]) == numbered([str(totals["n"]), text_of(totals["positivity"])])


def table(answer, form):
    """The rows of a table that was downloaded, each value as text."""
    assert answer.status_code == 200, answer.text
    if form == "csv":
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(answer.content), read_only=True).worksheets[0]
    head, *lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    return [{name: text_of(value) for name, value in zip(head, line, strict=True)} for line in lines]


def test_every_other_table_of_the_page_has_the_interface_s_rows_too(site):
    page = opened(site, "/services/beds", **FILTER)
    for by in ("team", "question"):
        found = site.get("/api/v1/stats/breakdown", FILTER | {"service": "beds", "by": by}).json()["data"]
        shown = [(row["data-code"], row["data-n"], row["data-positivity"]) for row in rows(page, f"by-{by}", "code")]
        assert shown == [(each["code"], str(each["n"]), text_of(each["positivity"])) for each in found]
    options = site.get("/api/v1/stats/distribution", FILTER | {"service": "beds"}).json()["data"]
    spread = [(row["data-option"], row["data-chosen"]) for row in rows(page, "distribution-numbers", "option")]
    assert spread == [(each["option"], str(each["chosen"])) for each in options]
    peers = site.get("/api/v1/stats/funnel", FILTER | {"by": "service"}).json()["data"]
    held = [(row["data-code"], row["data-place"]) for row in rows(page, "funnel-numbers", "code")]
    assert held == [(each["code"], each["place"] or "") for each in peers]


def test_pictures_of_a_page_are_pictures_of_its_question(site):
    page = opened(site, "/teams/leek", **FILTER)
    for name in ("spc.svg", "distribution.svg", "heatmap.svg", "funnel.svg", "funnel.png"):
        address = links(page, name)[name]
        assert "from=2026-03-02" in address
        assert ("team=leek" in address) != name.startswith("funnel")
        assert site.get(address).status_code == 200, address
    reading = site.get("/api/v1/stats/spc", FILTER | {"team": "leek"}).json()["chart"]["reading"]
    assert f'<p class="reading" id="control-sentence">{reading}</p>' in unescape(page)
    assert f'<desc id="picture-description">{reading}</desc>' in unescape(
        site.get(links(page, "spc.svg")["spc.svg"]).text
    )


def test_the_funnel_says_who_lies_outside_and_draws_them_so(site):
    page = opened(site, "/teams/leek", **FILTER)
    found = site.get("/api/v1/stats/funnel", FILTER | {"by": "team"}).json()
    drawn = {row["data-code"]: row["data-shape"] for row in Elements(page).with_attribute("g", "data-code")}
    shapes = {"above": "improvement", "below": "concern", "insid": "common"}
    assert drawn == {row["code"]: shapes[row["place"][:5]] for row in found["data"] if row["place"]}
    sentence = re.search(r'id="funnel-sentence">([^<]+)<', unescape(page))[1]
    for row in found["data"]:
        outside = row["place"] is not None and row["place"] != "inside the limits"
        assert (f"{row['name']} ({row['positivity']}%) lies {row['place']}" in sentence) == outside
    assert f"All together {found['pooled']}% of answers are positive" in sentence


def test_what_somebody_may_not_see_does_not_exist(site, figures, year):
    haywood, leek, _, _ = year
    site.viewer = insider(figures, "leek")
    assert "Haywood" not in opened(site, "/teams/leek")
    assert "Haywood" not in opened(site, "/services/beds")
    opened(site, f"/devices/{leek}")
    for path in ("/teams/haywood", "/services/home", f"/devices/{haywood}", "/teams/nobody", "/questions/nobody"):
        assert site.page(path).status_code == 404, path
    assert site.page("/questions/food", {"team": "haywood"}).status_code == 404


def test_from_outside_the_page_shows_what_the_interface_shows_from_outside(site, figures):
    site.viewer = outsider(figures)
    page = opened(site, "/teams/leek", **FILTER)
    asked = FILTER | {"team": "leek"}
    points = site.get("/api/v1/stats/spc", asked).json()["data"]
    shown = [row["data-positivity"] for row in rows(page, "control-numbers", "period")]
    assert shown == [text_of(each["positivity"]) for each in points]
    assert "from outside the teams" in page
    of_months = opened(site, "/teams/leek", **{"from": "2026-03-01", "to": "2026-11-01"})
    for each in (page, of_months):
        assert "The hours of the week are not told" in each
        assert 'id="heatmap-numbers"' not in each


def test_a_page_stands_alone_where_the_whole_organisation_is_not_shown_by_the_same_filters(site):
    beside = "the whole organisation, these answers among them"
    assert beside in opened(site, "/teams/leek", period="2026-10")
    for filters in (
        {"include_flagged": "true"},
        {"time_basis": "received"},
        {"from": "2026-10-07", "to": "2026-10-21"},
    ):
        assert beside not in opened(
            site, "/teams/leek", **({"period": "2026-10"} if len(filters) == 1 else {}) | filters
        )
    assert site.page("/teams/leek", {"compare": "previous"}).status_code == 422  # its sentence is of the organisation


def test_a_device_s_page_counts_its_hours_of_a_year(site, year):
    page = opened(site, f"/devices/{year[0]}")
    asked = {"device": year[0], "from": "2025-11-23", "to": "2026-11-30"}
    assert "of a year at most" in page
    assert sum(row["n"] for row in site.get("/api/v1/stats/heatmap", asked | {"from": "2025-11-29"}).json()["data"]) > 0


def test_the_path_s_own_name_cannot_be_asked_for_again(site):
    answer = site.page("/teams/leek", {"team": "haywood"})
    assert answer.status_code == 422
