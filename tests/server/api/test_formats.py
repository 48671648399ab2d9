"""The same question has the same figures as JSON, CSV and XLSX; what spreadsheets would run is defused."""

import csv
import io
from datetime import date

import openpyxl
import pytest

from tests.server.api.year import enter_year, outsider
from tests.server.figures import Pass

QUESTIONS = {
    "summary": {"period": "2026-10", "compare": "previous"},
    "timeseries": {"period": "2026-Q3", "granularity": "week"},
    "breakdown": {"period": "2026-10", "by": "device"},
    "rolling": {"period": "2026-10", "by": "device"},
    "cumulative": {"period": "2026", "granularity": "month"},
    "distribution": {"period": "2026-10", "question": "food"},
    "heatmap": {"period": "2026-10", "metric": "positivity"},
    "spc": {"from": "2026-01-05", "to": "2026-11-23"},
    "concerns": {"period": "2026-10"},
    "league": {"period": "2026-10"},
    "funnel": {"period": "2026-10", "by": "question"},
    "coverage": {"period": "2026-10"},
    "fft": {"month": "2026-10"},
}
FROM_OUTSIDE = {
    **{path: query for path, query in QUESTIONS.items() if path != "heatmap"},
    "timeseries": {"period": "2026-Q3", "granularity": "month"},
    "spc": {"from": "2026-01-05", "to": "2026-10-26"},
}
del FROM_OUTSIDE["fft"]


@pytest.fixture
def year(figures):
    figures.opt_in(team="haywood")
    return enter_year(figures)


def flat(row):
    """A row of JSON as a table has it."""
    cells = {}
    for name, value in row.items():
        if name.startswith("ci95") or name.endswith("_ci95"):
            cells[f"{name}_lower"], cells[f"{name}_upper"] = value or (None, None)
        elif isinstance(value, list):
            cells[name] = "; ".join(map(str, value))
        elif isinstance(value, dict):
            cells |= {f"{name}_{inner}": cell for inner, cell in flat(value).items()}
        else:
            cells[name] = value
    return cells


def spelled(value):
    """As CSV spells a value."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


def read_xlsx(data):
    rows = openpyxl.load_workbook(io.BytesIO(data), read_only=True)["data"].iter_rows(values_only=True)
    heading = next(rows)
    return [dict(zip(heading, row, strict=True)) for row in rows]


def compare_formats(site, path, query):
    address = f"/api/v1/stats/{path}"
    answer = site.get(address, query)
    assert answer.status_code == 200, answer.text
    rows = [flat(row) for row in answer.json()["data"]]
    if "flagged" in answer.json():
        rows = [row | {"flagged_responses": answer.json()["flagged"]["responses"]} for row in rows]
    as_csv = read_csv(site.get(address, query | {"format": "csv"}).text)
    assert as_csv == [{name: spelled(value) for name, value in row.items()} for row in rows]
    as_xlsx = read_xlsx(site.get(address, query | {"format": "xlsx"}).content)
    assert as_xlsx == rows
    return rows


@pytest.mark.usefixtures("year")
def test_json_csv_and_xlsx_hold_the_same_figures(site):
    empty = {path for path, query in QUESTIONS.items() if not compare_formats(site, path, query)}
    assert empty <= {"concerns"}


def test_they_do_for_somebody_from_outside_too(year, figures, site):
    assert year
    site.viewer = outsider(figures)
    for path, query in FROM_OUTSIDE.items():
        compare_formats(site, path, query)


ASIDES = (
    *("summary", "timeseries", "breakdown", "rolling", "distribution", "heatmap", "spc", "concerns", "funnel"),
    *("coverage", "cumulative"),
)


@pytest.mark.parametrize("path", ASIDES)
def test_how_much_is_left_out_as_misuse_is_told_with_every_figure(figures, site, path):
    device, day = figures.device("PET-1"), date(2026, 10, 8)
    figures.enter([Pass(device, day, (1, 2, 1))] * 20 + [Pass(device, day, (5, 2, 5), flagged=True)] * 7)
    figures.target("0.85")
    query = {"from": "2026-10-05", "to": "2026-11-02"}
    from_outside = {"period": "2026-10"} | ({"granularity": "month"} if path in ("timeseries", "spc") else {})
    views = [(None, query, False), (None, query | {"include_flagged": "true"}, True)]
    if path != "heatmap":
        views.append((outsider(figures), from_outside, False))
    for site.viewer, about, counted in views:
        told = site.get(f"/api/v1/stats/{path}", about).json()["flagged"]
        assert (told["responses"], told["counted"]) == (7, counted)
        rows = read_csv(site.get(f"/api/v1/stats/{path}", about | {"format": "csv"}).text)
        assert rows
        assert {list(row.items())[-1] for row in rows} == {("flagged_responses", "7")}


def test_from_outside_a_filtered_table_does_not_tell_how_many_were_flagged(figures, site):
    figures.enter([Pass(figures.device("PET-1"), date(2026, 10, 8), (1, 2, 1), flagged=True)] * 7)
    site.viewer = outsider(figures)
    about = {"period": "2026-10", "assisted": "false", "by": "team"}
    assert site.get("/api/v1/stats/breakdown", about).json()["flagged"]["responses"] is None
    rows = read_csv(site.get("/api/v1/stats/breakdown", about | {"format": "csv"}).text)
    assert {row["flagged_responses"] for row in rows} == {""}


@pytest.mark.usefixtures("year")
def test_accept_chooses_the_form_and_format_goes_first(site):
    address = "/api/v1/stats/summary"
    kinds = {accept: site.get(address, accept=accept).headers["content-type"] for accept in ("text/csv", "*/*")}
    assert kinds == {"text/csv": "text/csv; charset=utf-8", "*/*": "application/json"}
    assert site.get(address, {"format": "json"}, accept="text/csv").headers["content-type"] == "application/json"
    liked = site.get(address, accept="application/json;q=0.2, text/csv;q=0.9")
    assert liked.headers["content-type"].startswith("text/csv")
    assert liked.headers["content-disposition"] == 'attachment; filename="pet-stats-summary.csv"'
    refused = site.get(address, accept="image/png")
    assert (refused.status_code, refused.headers["content-type"]) == (406, "application/problem+json")


def test_a_name_that_a_spreadsheet_would_run_is_defused(figures, site):
    device = figures.device("=HYPERLINK(1)")
    for form, read in (
        ("csv", lambda answer: read_csv(answer.text)),
        ("xlsx", lambda answer: read_xlsx(answer.content)),
    ):
        [row] = read(site.get("/api/v1/stats/breakdown", {"by": "device", "format": form}))
        assert (row["code"], row["name"]) == (device, "'=HYPERLINK(1)")
    assert site.get("/api/v1/stats/breakdown", {"by": "device"}).json()["data"][0]["name"] == "=HYPERLINK(1)"


@pytest.mark.usefixtures("year")
def test_a_workbook_has_real_numbers_and_says_what_was_asked(site):
    answer = site.get("/api/v1/stats/breakdown", {"period": "2026-10", "format": "xlsx"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
    [first, *_] = read_xlsx(answer.content)
    assert type(first["n"]) is int
    assert type(first["positivity"]) is float
    about = {row[0]: row[1] for row in book["about"].iter_rows(values_only=True) if row}
    assert (about["query.from"], about["query.to"], about["meta.suppressed_below"]) == ("2026-10-01", "2026-11-01", 10)
