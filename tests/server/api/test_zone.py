"""The parameter tz: the organisation's own zone is understood everywhere, and any other refused, never ignored."""

import json

import pytest

from tests.parts import ROOT

REFERENCE = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
ROUTES = sorted(
    path
    for path, methods in REFERENCE["paths"].items()
    if {"period", "organisation"} <= {each["name"] for each in methods.get("get", {}).get("parameters", [])}
)
# What some of them cannot do without.
OF_ROUTE = {"/api/v1/stats/misuse": {"device": "00000001", "period": "2026-10"}}


def test_all_figures_are_meant():
    assert {"/api/v1/stats/summary", "/api/v1/responses", "/api/v1/charts/spc.svg"} <= set(ROUTES)
    assert len(ROUTES) >= 16


@pytest.mark.parametrize("path", ROUTES)
def test_its_own_zone_changes_nothing_and_any_other_is_refused(figures, site, path):
    figures.device("PET-1")
    asked = {"period": "2026-10"} | OF_ROUTE.get(path, {})
    plain, zoned = site.get(path, asked), site.get(path, asked | {"tz": "Europe/London"})
    assert (plain.status_code, zoned.status_code) == (200, 200), zoned.text
    if "json" in plain.headers["content-type"]:
        without, with_zone = ({**answer.json(), "links": None} for answer in (plain, zoned))
        assert with_zone == without
        assert with_zone["query"]["timezone"] == "Europe/London"
    for other in ("Europe/Berlin", "UTC", "europe/london", ""):
        refused = site.get(path, asked | {"tz": other})
        assert refused.status_code == 422, refused.text
        [error] = refused.json()["errors"]
        assert error["pointer"] == "/query/tz"
        assert "is not Europe/London. Counts are kept by the organisation's local days" in error["detail"]
