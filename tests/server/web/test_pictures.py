"""The charts as pictures: the same rows as the statistics, words for whoever cannot see them, and letters that fit."""

import re
from datetime import date, timedelta
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from server.web.raster import FAMILY, fonts, plain
from tests.browser import Browser
from tests.parts import need
from tests.server.api.year import FIRST_MONDAY, PATTERNS, insider, outsider
from tests.server.figures import Pass

CHARTS = "/api/v1/charts"
SVG = "{http://www.w3.org/2000/svg}"
WIDTHS = {"wide": 988, "narrow": 386}
QUERIES = {
    "spc": {"from": "2026-07-06", "to": "2026-11-23", "question": "food"},
    "distribution": {"period": "2026-10"},
    "heatmap": {"period": "2026-10"},
    "funnel": {"period": "2026-10", "by": "team"},
}


@pytest.fixture(scope="module")
def browser():
    with Browser(need("chromium")) as browser:
        yield browser


@pytest.fixture
def year(figures):
    """Twenty weeks of two teams, with a target."""
    figures.target("0.85")
    for team in ("haywood", "leek"):
        device = figures.device(f"PET-{team}", team=team)
        weeks = [FIRST_MONDAY + timedelta(weeks=26 + week) for week in range(20)]
        figures.enter(
            [
                Pass(device, monday + timedelta(days=number % 7), PATTERNS[number % len(PATTERNS)], team=team)
                for monday in weeks
                for number in range(11)
            ]
        )
    return figures


def ask(site, kind, status=200, **query):
    answer = site.get(f"{CHARTS}/{kind}.svg", QUERIES[kind] | query)
    assert answer.status_code == status, answer.text
    return answer


def drawn(site, kind, **query):
    """The picture as a tree."""
    return ET.fromstring(ask(site, kind, **query).text)  # noqa: S314 - our own


def texts(tree):
    return [each.text for each in tree.iter(f"{SVG}text")]


def data(site, kind, **query):
    return site.get(f"/api/v1/stats/{kind}", QUERIES[kind] | query).json()


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize("kind", QUERIES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_picture_has_a_title_its_reading_and_what_it_is_of(site, kind, width):
    answer = ask(site, kind, width=width)
    assert answer.headers["content-type"] == "image/svg+xml"
    tree = ET.fromstring(answer.text)  # noqa: S314
    assert tree.get("width") == str(WIDTHS[width])
    title, reading = tree.find(f"{SVG}title").text, tree.find(f"{SVG}desc").text
    assert tree.get("aria-labelledby").split() == ["picture-title", "picture-description"]
    printed = " ".join(texts(tree))
    assert title in printed
    assert reading in printed
    assert "As of 23 November 2026." in printed
    sizes = {tree.get("font-size")} | set(re.findall(r'font-size="(\d+)"', answer.text))
    assert sizes == {"16" if width == "wide" else "14"}


@pytest.mark.usefixtures("year")
def test_a_control_chart_shows_the_points_of_the_statistic_each_by_its_shape(site):
    rows, tree = data(site, "spc")["data"], drawn(site, "spc")
    shapes = {
        each.get("data-period"): each.get("data-shape") for each in tree.iter(f"{SVG}g") if each.get("data-shape")
    }
    told = {"improvement": "improvement", "concern": "concern", "common cause": "common"}
    assert shapes == {row["period"]: told[row["kind"]] if row["charted"] else "few" for row in rows if row["n"]}
    assert data(site, "spc")["chart"]["reading"] == tree.find(f"{SVG}desc").text


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize("responses", [40, 4])
def test_the_running_week_is_drawn_as_not_over_and_judged_by_no_rule(figures, site, responses):
    """However bad it is: what is told of it could be otherwise on Sunday."""
    query = {"to": "2026-11-30"}
    before = site.get("/api/v1/stats/spc", QUERIES["spc"] | query).json()
    [device, *_] = figures.devices
    figures.enter([Pass(device, date(2026, 11, 23), (5, 2, 5))] * responses)
    answer = site.get("/api/v1/stats/spc", QUERIES["spc"] | query).json()
    assert answer["chart"] == before["chart"]
    running = answer["data"][-1]
    assert (running["n"], running["complete"], running["charted"], running["rule"]) == (responses, False, False, None)
    tree = drawn(site, "spc", **query)
    [mark] = [each for each in tree.iter(f"{SVG}g") if each.get("data-period") == running["period"]]
    assert mark.get("data-shape") == "open"
    assert mark.find(f"{SVG}title").text.endswith("not over")
    assert "not over, or not whole: judged by no rule" in texts(tree)


def test_shapes_differ_so_that_colour_never_alone_says_what_a_point_is(figures, site):
    device = figures.device("PET-1")
    for week in range(16):
        bad = 12 if week < 13 else 1 if week == 13 else 30
        day = FIRST_MONDAY + timedelta(weeks=week)
        figures.enter([Pass(device, day, (1,))] * (50 - bad) + [Pass(device, day, (4,))] * bad)
    tree = drawn(site, "spc", **{"from": "2026-01-05", "to": "2026-04-27"})
    paths = {}
    for mark in tree.iter(f"{SVG}g"):
        for path in mark.findall(f"{SVG}path"):
            if mark.get("data-shape"):
                paths.setdefault(mark.get("data-shape"), re.sub(r"M[-\d. ]+", "", path.get("d")))
    assert paths.keys() == {"improvement", "concern", "common"}
    assert len(set(paths.values())) == 3


@pytest.mark.usefixtures("year")
def test_a_distribution_shows_each_option_with_its_share_and_count(site):
    printed = texts(drawn(site, "distribution"))
    for row in data(site, "distribution")["data"]:
        figure = f"{row['chosen']:,}" if row["share"] is None else f"{row['share']:.1f}% ({row['chosen']:,})"
        assert f"{row['label']} · {row['sentiment']}" in printed
        assert figure in printed


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize("width", WIDTHS)
def test_a_heat_map_writes_every_number_into_its_square(site, width):
    tree = drawn(site, "heatmap", width=width)
    rows = data(site, "heatmap")["data"]
    squares = [group for group in tree.iter(f"{SVG}g") if group.find(f"{SVG}title") is not None]
    assert len(squares) == 168
    written = [square.find(f"{SVG}text") for square in squares]
    assert [int(text.text) if text is not None else 0 for text in written] == [row["n"] for row in rows]


def test_an_outsider_s_picture_is_of_what_an_outsider_is_shown(year, site):
    site.viewer = outsider(year)
    assert data(site, "distribution")["meta"]["view"] == "outside"
    assert "as seen from outside" in " ".join(texts(drawn(site, "distribution")))
    ask(site, "heatmap", status=403)
    site.viewer = insider(year, "leek")
    assert ask(site, "spc", team="haywood", status=404)


@pytest.mark.usefixtures("year")
def test_what_is_held_is_told_and_a_table_is_no_picture(site):
    first = ask(site, "spc")
    held = site.get(f"{CHARTS}/spc.svg", QUERIES["spc"], **{"if-none-match": first.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")
    assert ask(site, "spc", width="narrow").headers["etag"] != first.headers["etag"]
    assert ask(site, "spc", width="huge", status=422).json()["errors"][0]["parameter"] == "width"
    assert ask(site, "spc", format="csv", status=422).json()["errors"][0]["parameter"] == "format"
    assert site.get(f"{CHARTS}/spc.svg", QUERIES["spc"], accept="text/csv").status_code == 406
    assert site.get(f"{CHARTS}/spc.gif", QUERIES["spc"]).status_code == 404


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize("kind", QUERIES)
@pytest.mark.parametrize(("width", "screen"), [("wide", 1280), ("narrow", 390)])
def test_in_a_browser_every_letter_lies_within_the_picture_and_nothing_is_refused(site, browser, kind, width, screen):
    query = "&".join(f"{name}={value}" for name, value in (QUERIES[kind] | {"width": width}).items())
    browser.open(f"{site.url}{CHARTS}/{kind}.svg?{query}", screen)
    assert browser.complaints == []
    outside = browser.evaluate(
        "(() => { const whole = document.documentElement.getBoundingClientRect();"
        " return [...document.querySelectorAll('text')].filter(each => { const box = each.getBoundingClientRect();"
        " return box.left < whole.left - 1 || box.right > whole.right + 1 || box.bottom > whole.bottom + 1; })"
        ".map(each => each.textContent); })()"
    )
    assert outside == []
    assert browser.evaluate("getComputedStyle(document.querySelector('.chart__text')).fill") == "rgb(76, 98, 114)"


def png(site, kind, status=200, **query):
    answer = site.get(f"{CHARTS}/{kind}.png", QUERIES[kind] | query)
    assert answer.status_code == status, answer.text
    return answer


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize("kind", QUERIES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_png_is_the_svg_in_twice_as_many_pixels_and_in_its_colours(site, kind, width):
    answer = png(site, kind, width=width)
    assert answer.headers["content-type"] == "image/png"
    picture = Image.open(BytesIO(answer.content)).convert("RGB")
    tree = drawn(site, kind, width=width)
    assert picture.width == 2 * WIDTHS[width]
    assert abs(picture.height - 2 * float(tree.get("height"))) < 1
    colours = {colour for _, colour in picture.getcolors(picture.width * picture.height)}
    expected = {"spc": "5f707b", "funnel": "5f707b", "distribution": "bd4f00", "heatmap": "1d70b8"}[kind]
    assert {(33, 43, 50), (76, 98, 114), (255, 255, 255), tuple(bytes.fromhex(expected))} <= colours
    edges = [(0, 0, picture.width, 6), (0, picture.height - 6, picture.width, picture.height)]
    edges += [(0, 0, 6, picture.height), (picture.width - 6, 0, picture.width, picture.height)]
    for edge in edges:  # no letter runs out of it
        assert picture.crop(edge).getcolors() == [((edge[2] - edge[0]) * (edge[3] - edge[1]), (255, 255, 255))]
    assert png(site, kind, width=width).content == answer.content


@pytest.mark.usefixtures("year")
def test_its_letters_are_ours_and_nothing_is_left_to_the_machine(site):
    for kind in QUERIES:
        text = plain(ask(site, kind).text)
        assert "var(" not in text
        assert set(re.findall(r"font-family: ([^;}]+)", text)) == {FAMILY}
    assert FAMILY in fonts().families()


def test_a_png_is_shown_to_whom_the_svg_is_shown(year, site):
    first = png(site, "distribution")
    held = site.get(f"{CHARTS}/distribution.png", QUERIES["distribution"], **{"if-none-match": first.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")
    assert ask(site, "distribution").headers["etag"] != first.headers["etag"]
    assert png(site, "distribution", format="svg", status=422).json()["errors"][0]["parameter"] == "format"
    site.viewer = outsider(year)
    assert png(site, "distribution").content != first.content
    png(site, "heatmap", status=403)
    site.viewer = insider(year, "leek")
    png(site, "spc", team="haywood", status=404)
