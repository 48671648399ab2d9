"""What somebody from outside the teams is told, and that what is not told does not look like nobody's answers."""

from datetime import UTC, date, datetime, timedelta

import pytest

from protocol.record import FLAG_ASSISTED
from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.ingest.tables import UNDATED
from tests.server.api.asking import somebody
from tests.server.api.test_stats import OCTOBER, STATS, ask
from tests.server.api.year import insider, outsider
from tests.server.conftest import NOW
from tests.server.figures import SKIPPED, Pass


def test_by_a_filter_an_outsider_is_not_told_how_many_there_are(figures, site):
    """How many answered that they are carers is what they answered."""
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 10, 8), (1, 1, 1), flags=FLAG_ASSISTED)] * 3)
    figures.enter([Pass(device, date(2026, 10, 8), (1, 1, 1))] * 20)
    site.viewer = outsider(figures)
    [row] = ask(site, "summary", **OCTOBER, assisted="true")["data"]
    assert (row["n"], row["responses"], row["withheld"]) == (0, 0, 0)
    assert ask(site, "distribution", **OCTOBER, assisted="true")["data"] == []
    for path in ("coverage", "league", "cumulative"):
        answer = site.get(f"{STATS}/{path}", {**OCTOBER, "assisted": "true"})
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "assisted"), path
    site.viewer = insider(figures, "haywood")
    assert ask(site, "summary", **OCTOBER, assisted="true")["data"][0]["responses"] == 3


def test_the_hour_of_an_answer_is_told_inside_the_teams_only(figures, site):
    """One home visit in October: its week is told by the number of responses, so no hour of the week may be."""
    device = figures.device("PET-1", team="north")
    visit = datetime(2026, 10, 6, 13, 20, tzinfo=UTC)
    figures.enter([Pass(device, visit.date(), (1, 3, 1), team="north", at=visit)])
    for metric in ("n", "positivity"):
        site.viewer = outsider(figures)
        assert site.get(f"{STATS}/heatmap", {**OCTOBER, "metric": metric}).status_code == 403
        everywhere = {Right.SEE_FIGURES: None, Right.SEE_DETAIL: frozenset({figures.teams["haywood"]})}
        site.viewer = Viewer(figures.organisation_id, "matron", everywhere)
        for wider in ({}, {"team": "north"}, {"device": device}, {"service": "home", "question": "hands"}):
            answer = site.get(f"{STATS}/heatmap", {**OCTOBER, **wider, "metric": metric})
            assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "team"), wider
            assert "teams of your own" in answer.json()["errors"][0]["detail"]
        assert len(ask(site, "heatmap", **OCTOBER, metric=metric, team="haywood")["data"]) == 168


@pytest.mark.parametrize("path", ["summary", "timeseries"])
def test_what_stands_beside_the_buckets_is_never_a_false_0(figures, site, path):
    device = figures.device("PET-1")
    figures.enter([Pass(device, UNDATED, (1, 1, 1))] * 4 + [Pass(device, date(2026, 10, 8), (1,), flagged=True)] * 2)
    site.viewer = outsider(figures)
    monthly = OCTOBER | ({"granularity": "month"} if path == "timeseries" else {})
    plain = ask(site, path, **monthly)
    told = [plain[name][field] for name in ("undated", "flagged") for field in ("n", "responses", "withheld")]
    assert told == [0, 4, 12, 0, 2, 2]
    filtered = ask(site, path, **monthly, assisted="false")
    for aside in (filtered["undated"], filtered["flagged"]):
        assert (aside["n"], aside["responses"], aside["withheld"]) == (None, None, None)
        assert "by a filter" in aside["not_told"]


@pytest.mark.parametrize("path", ["summary", "coverage", "rolling", "timeseries", "breakdown"])
def test_what_is_not_told_from_outside_yet_does_not_look_like_silence(figures, site, path):
    """It is 23 November."""
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 11, 17), (1,))] * 20)
    assert site.get(f"{STATS}/{path}", {"period": "last-week"}).status_code == 200
    site.viewer = outsider(figures)
    answer = site.get(f"{STATS}/{path}", {"period": "last-week"})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "period")
    assert "before 2026-11-01" in answer.json()["errors"][0]["detail"]
    query = {"from": "2026-08-31", "to": "2026-11-23"}
    assert site.get(f"{STATS}/{path}", query).json()["query"]["to"] == "2026-10-26"


def test_the_thirteen_weeks_told_from_outside_are_those_that_are_told(figures, site):
    site.viewer = outsider(figures)
    figures.device("PET-1")
    answer = ask(site, "rolling", from_="2026-08-31", to="2026-11-23")
    assert answer["rolling"] == {"weeks": 13, "first": "2026-07-27", "last": "2026-10-25"}


def test_a_question_whose_every_answer_is_excluded_is_withheld_with_its_number(figures, site):
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 10, 8), (SKIPPED, 3))] * 7)
    site.viewer = outsider(figures)
    rows = [row for row in ask(site, "distribution", **OCTOBER)["data"] if row["question"] == "hands"]
    assert {(row["chosen"], row["withheld"]) for row in rows} == {(0, 7)}


def test_a_target_of_a_month_that_is_not_told_judges_no_figure(figures, site):
    figures.enter([Pass(figures.device("PET-1"), date(2026, 10, 8), (1,))] * 99)
    figures.target("0.85", to_date=date(2026, 11, 1))
    figures.target("0.99", from_date=date(2026, 11, 1))
    query = {"question": "food", "from_": "2026-09-01", "to": "2026-12-01"}
    assert ask(site, "summary", **query)["data"][0]["target"] == 99.0
    site.viewer = outsider(figures)
    row = ask(site, "summary", **query)["data"][0]
    assert (row["n"], row["target"], row["verdict"]) == (99, 85.0, "met")


def test_who_does_not_see_the_fleet_is_told_a_device_as_an_area_only(figures, site):
    """Neither its serial number nor when it was heard, nor what waits on it."""
    device = figures.device("PET-77", team="leek")
    figures.heard(device, NOW - timedelta(minutes=5), last_sequence=30)
    figures.enter([Pass(device, date(2026, 10, 8), (1,), team="leek")] * 20)
    for viewer in (outsider(figures), insider(figures, "leek"), somebody("read-only", figures.teams["leek"])):
        site.viewer = viewer
        meta = site.get("/api/v1/meta").json()["devices"]
        assert meta == [{"device": device, "name": device, "serial": None, "state": None}]
        [row] = ask(site, "breakdown", **OCTOBER, by="device")["data"]
        assert (row["code"], row["name"], row["n"]) == (device, device, 20)
        for about in ({"device": device}, {"team": "leek"}, {"service": "beds", "question": "food"}):
            assert ask(site, "summary", **OCTOBER, **about)["meta"]["pending_reported"] is None, about
        page = site.page("/", {"period": "2026-10", "granularity": "month"}).text
        assert device in page
        for hidden in ("PET-77", "Last heard", "last heard", "waiting"):
            assert hidden not in page, hidden
    site.viewer = outsider(figures)
    assert ask(site, "summary", **OCTOBER)["meta"]["pending_reported"] == 30  # of the whole organisation
    site.viewer = somebody("manager", figures.teams["leek"])
    assert ask(site, "summary", **OCTOBER, device=device)["meta"]["pending_reported"] == 30
    assert site.get("/api/v1/meta").json()["devices"][0]["serial"] == "PET-77"
    assert ask(site, "breakdown", **OCTOBER, by="device")["data"][0]["name"] == "PET-77"
    page = site.page("/", {"period": "2026-10", "granularity": "month"}).text
    assert "PET-77" in page
    assert "Last heard" in page
