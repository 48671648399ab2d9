"""The statistics: their figures on known counts, what an outsider is shown of them, and what they refuse."""

from datetime import UTC, date, datetime

import pytest

from server.ingest.tables import UNDATED
from tests.server.api.year import enter_year, insider, outsider
from tests.server.figures import Pass

STATS = "/api/v1/stats"
OCTOBER = {"period": "2026-10"}


def ask(site, path, **query):
    answer = site.get(f"{STATS}/{path}", {name.rstrip("_"): value for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def food(figures):
    """The case study's: 24 % fair or poor in September, 14 % in October, of 200 each."""
    device = figures.device("PET-1")
    before, after = date(2026, 9, 10), date(2026, 10, 8)
    figures.enter([Pass(device, before, (1,))] * 152 + [Pass(device, before, (4,))] * 48)
    figures.enter([Pass(device, after, (1,))] * 172 + [Pass(device, after, (4,))] * 28)
    figures.target("0.85")
    return device


@pytest.mark.usefixtures("food")
def test_a_summary_is_held_against_the_period_before(site):
    answer = ask(site, "summary", **OCTOBER, question="food", compare="previous")
    [row] = answer["data"]
    assert (row["n"], row["positivity"], row["ci95"], row["verdict"]) == (200, 86.0, [80.5, 90.1], "cannot tell yet")
    assert (row["at_or_above"], row["withheld"]) == (True, 0)
    comparison = answer["comparison"]
    assert (comparison["with"], comparison["from"], comparison["to"]) == ("previous", "2026-09-01", "2026-10-01")
    assert (comparison["positivity"], comparison["difference_points"]) == (76.0, 10.0)
    assert comparison["difference_ci95"] == [2.3, 17.6]
    assert comparison["conclusion"] == "improved"


@pytest.mark.usefixtures("food")
def test_a_distribution_tells_each_option_with_its_share(site):
    rows = ask(site, "distribution", **OCTOBER)["data"]
    shares = {row["option"]: (row["chosen"], row["share"]) for row in rows if row["question"] == "food"}
    assert shares["option 1"] == (172, 86.0)
    assert shares["option 4"] == (28, 14.0)
    assert sum(row["chosen"] for row in rows) == 200


def test_a_breakdown_lists_every_part_also_without_answers(figures, site):
    names = enter_year(figures)
    rows = ask(site, "breakdown", **OCTOBER, by="device")["data"]
    assert {row["code"] for row in rows} == set(names)
    silent = next(row for row in rows if row["code"] == names[-1])
    assert (silent["n"], silent["positivity"], silent["ci95"], silent["verdict"]) == (0, None, None, None)
    for by in ("directorate", "service", "team", "question", "topic", "objective"):
        parts = ask(site, "breakdown", **OCTOBER, by=by)["data"]
        if by in ("service", "team", "question", "topic"):
            whole = ask(site, "summary", **OCTOBER)["data"][0]
            assert sum(row["n"] for row in parts) == whole["n"], by


def test_a_control_chart_flags_what_changed_and_tells_how_it_was_made(figures, site):
    device = figures.device("PET-1")
    figures.target("0.85")
    for week in range(30):
        day = date.fromordinal(date(2026, 3, 2).toordinal() + 7 * week)
        bad = 12 if week < 18 else 5
        figures.enter([Pass(device, day, (1,))] * (50 - bad) + [Pass(device, day, (4,))] * bad)
    answer = ask(site, "spc", from_="2026-03-02", to="2026-09-28", baseline="18", chart="p")
    chart = answer["chart"]
    assert (chart["kind"], chart["baseline"], chart["trial_limits"]) == ("p", 18, False)
    assert [point["kind"] for point in answer["data"]] == ["common cause"] * 18 + ["improvement"] * 12
    assert {point["mean"] for point in answer["data"]} == {76.0}
    assert "improv" in chart["variation"]
    rebased = ask(site, "spc", from_="2026-03-02", to="2026-09-28", baseline="18", chart="p", rebase="2026-07-06")
    assert rebased["chart"]["rebase"] == ["2026-07-06"]
    assert rebased["chart"]["trial_limits"] is True
    assert {point["kind"] for point in rebased["data"]} == {"common cause"}


def test_concerns_and_highlights_follow_the_same_rule(figures, site):
    figures.target("0.85")
    for number, (team, good) in enumerate({"haywood": 40, "leek": 99, "north": 85}.items()):
        device = figures.device(f"PET-{number}", team=team)
        figures.enter([Pass(device, date(2026, 10, 8), (1,), team=team)] * good)
        figures.enter([Pass(device, date(2026, 10, 9), (4,), team=team)] * (100 - good))
    answer = ask(site, "concerns", **OCTOBER)
    assert [(row["level"], row["code"], row["question"]) for row in answer["data"]] == [
        ("concern", "haywood", "food"),
        ("highlight", "leek", "food"),
    ]
    assert answer["compared"] == 3
    assert answer["data"][0]["reasons"] == ["target"]


def test_the_league_counts_responses_and_never_positivity(figures, site):
    enter_year(figures)
    figures.opt_in(service="beds")
    figures.opt_in(service="home")
    rows = ask(site, "league", **OCTOBER)["data"]
    assert {row["code"] for row in rows} == {"haywood", "leek", "north"}
    assert [row["rank"] for row in rows] == [1, 1, 1]
    assert not {"positivity", "positive"} & rows[0].keys()
    assert rows[0]["width_after_points"] < rows[0]["width_before_points"]


@pytest.mark.usefixtures("food")
@pytest.mark.parametrize("name", ["question", "topic"])
@pytest.mark.parametrize("path", ["league", "coverage"])
def test_what_counts_whole_responses_refuses_questions_instead_of_ignoring_them(site, path, name):
    answer = site.get(f"{STATS}/{path}", OCTOBER | {name: "hands"})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/query/question"]


def test_a_funnel_has_limits_and_no_ranks(figures, site):
    enter_year(figures)
    answer = ask(site, "funnel", **OCTOBER)
    assert [row["name"] for row in answer["data"]] == ["Haywood", "Leek", "North"]
    for row in answer["data"]:
        assert row["lower_998"] < row["lower_95"] < answer["pooled"] < row["upper_95"] < row["upper_998"]


def test_coverage_names_teams_without_data(figures, site):
    figures.device("PET-1", team="haywood")
    answer = ask(site, "coverage", **OCTOBER)
    heard = {row["code"]: row["heard"] for row in answer["data"]}
    assert heard == {"haywood": "has a device, no data", "leek": "has no device", "north": "has no device"}
    assert (answer["with_data"], answer["share_heard"]) == (0, 0.0)


def test_a_heat_map_has_every_hour_of_the_week(figures, site):
    enter_year(figures)
    rows = ask(site, "heatmap", **OCTOBER, metric="positivity")["data"]
    assert len(rows) == 168
    noon = next(row for row in rows if (row["day"], row["hour"]) == ("Monday", 12))
    assert noon["n"] > 0
    assert sum(row["hours"] for row in rows) == 31 * 24 + 1  # October has an hour twice
    assert all(row["positivity"] is None for row in rows if row["n"] == 0)


@pytest.mark.parametrize(
    ("path", "query", "parameter"),
    [
        ("timeseries", {"granularity": "day", "period": "2026-10"}, "granularity"),
        ("timeseries", {"from": "2026-10-07", "to": "2026-10-21"}, "period"),
        ("summary", {"period": "2026-10", "include_flagged": "true"}, "include_flagged"),
        ("summary", {"period": "2026-10", "time_basis": "received"}, "time_basis"),
        ("summary", {"period": "2026-10", "language": "en", "assisted": "true"}, "assisted"),
        ("timeseries", {"granularity": "hour", "from": "2026-10-01", "to": "2026-10-08"}, "granularity"),
    ],
)
def test_an_outsider_is_refused_what_would_reveal_and_told_what_to_do(figures, site, path, query, parameter):
    enter_year(figures, weekly=1)
    site.viewer = outsider(figures)
    answer = site.get(f"{STATS}/{path}", query)
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    assert (error["parameter"], error["pointer"]) == (parameter, f"/query/{parameter}")
    assert "ask" in error["detail"].lower()


def test_an_outsider_is_told_how_much_is_withheld(figures, site):
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 10, 8), (1, 1, 1))] * 4)
    site.viewer = outsider(figures)
    [row] = ask(site, "summary", **OCTOBER)["data"]
    assert (row["n"], row["positive"], row["withheld"]) == (0, 0, 12)
    assert ask(site, "summary", **OCTOBER)["meta"]["view"] == "outside"
    site.viewer = insider(figures, "haywood")
    [row] = ask(site, "summary", **OCTOBER)["data"]
    assert (row["n"], row["positive"], row["withheld"], row["suppressed"]) == (12, 12, 0, True)


def test_what_a_viewer_may_not_see_does_not_exist(figures, site):
    device = figures.device("PET-N", team="north")
    site.viewer = insider(figures, "haywood")
    for query in ({"team": "north"}, {"service": "home"}, {"device": device}, {"organisation": 9999}):
        answer = site.get(f"{STATS}/summary", query)
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (404, next(iter(query)))
    meta = site.get("/api/v1/meta").json()
    assert [team["team"] for team in meta["teams"]] == ["haywood"]
    assert meta["devices"] == []


@pytest.mark.parametrize("min_n", ["4", "0", "many"])
@pytest.mark.usefixtures("figures")
def test_the_fewest_answers_shown_can_only_be_raised(site, min_n):
    assert site.get(f"{STATS}/summary", {"min_n": min_n}).status_code == 422


def test_where_a_device_went_is_not_told_to_who_may_not_see_that_team(figures, site):
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 9, 10), (1,))] * 12)
    figures.move(device, "north", datetime(2026, 10, 1, tzinfo=UTC))
    figures.target("0.33", "team", figures.teams["north"])
    site.viewer = insider(figures, "haywood")
    [row] = ask(site, "breakdown", by="device")["data"]
    assert (row["code"], row["n"], row["target"]) == (device, 12, None)
    page = site.page().text
    assert device in page
    assert "North" not in page


def test_more_answers_may_be_asked_for(figures, site):
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 10, 8), (1,))] * 20)
    assert ask(site, "summary", **OCTOBER)["data"][0]["positivity"] == 100.0
    assert ask(site, "summary", **OCTOBER, min_n="30")["data"][0]["positivity"] is None


def test_beside_a_month_stand_the_thirteen_weeks_that_end_with_it(figures, site):
    device = figures.device("PET-1")
    figures.target("0.80")
    figures.enter([Pass(device, date(2026, 7, 27), (1,))] * 200)  # the first of the thirteen Mondays
    figures.enter([Pass(device, date(2026, 7, 26), (4,)), Pass(device, date(2026, 10, 26), (4,))] * 20)
    figures.enter([Pass(device, date(2026, 10, 25), (1,))] * 40)
    answer = ask(site, "summary", **OCTOBER)
    beside = answer["thirteen_weeks"]
    assert (beside["from"], beside["to"]) == ("2026-07-27", "2026-10-26")
    assert (beside["n"], beside["positivity"], beside["verdict"]) == (240, 100.0, "met")
    assert (answer["data"][0]["n"], answer["data"][0]["verdict"]) == (60, "missed")
    assert ask(site, "summary", period="this-month")["thirteen_weeks"]["to"] == "2026-11-23"  # weeks that are over
    assert ask(site, "summary", period="2026-Q3")["thirteen_weeks"] is None
    site.viewer = outsider(figures)
    assert ask(site, "summary", **OCTOBER)["thirteen_weeks"]["n"] == 240
    assert ask(site, "summary", **OCTOBER, assisted="false")["thirteen_weeks"] is None


def test_the_totals_of_several_questions_are_the_same_wherever_they_are_asked_for(figures, site):
    device = figures.device("PET-1")
    first, second = date(2026, 9, 8), date(2026, 9, 15)
    figures.enter([Pass(device, first, (1, 14))] * 15 + [Pass(device, first, (14, 1))] * 5)
    figures.enter([Pass(device, second, (14, 1))] * 15 + [Pass(device, second, (2, 14))] * 5)
    figures.enter([Pass(device, second, (14, 1), flagged=True)] * 3 + [Pass(device, first, (1, 14), flagged=True)] * 2)
    figures.enter([Pass(device, UNDATED, (14, 1))] * 5)
    for query in ({"from": "2026-09-07", "to": "2026-09-21"}, {}):
        about = query | {"question": ["food", "hands"]}
        series, summary = (site.get(f"{STATS}/{path}", about).json() for path in ("timeseries", "summary"))
        [row] = summary["data"]
        assert series["totals"] == row
        assert row["responses"] == (25 if not query else 20)
        assert series["flagged"] == summary["flagged"]
        assert series["undated"] == summary["undated"]
        assert (summary["undated"]["n"], summary["undated"]["responses"]) == (5, 5)
        assert summary["undated"]["counted"] == (not query)


def test_a_topic_stands_for_its_questions(figures, site):
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 10, 8), (1, 2, 1))] * 20)
    assert ask(site, "summary", **OCTOBER, topic="hands")["data"][0]["positivity"] == 0.0
    assert ask(site, "summary", **OCTOBER, topic=["food", "overall"])["data"][0]["n"] == 40
    assert site.get(f"{STATS}/summary", {"topic": "weather"}).status_code == 404
    assert site.get(f"{STATS}/summary", {"topic": "food", "question": "hands"}).status_code == 422
