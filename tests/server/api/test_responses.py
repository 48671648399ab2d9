"""Single responses: page by page, each once, for the teams themselves only, and no hour that tells who it was."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from protocol.record import FLAG_TEST
from server.api.cursors import make_cursor
from server.ingest.tables import UNDATED
from tests.server.api.year import insider, outsider
from tests.server.figures import Pass

PATH = "/api/v1/responses"


def pages(site, **query):
    """The rows of all pages, following links.next."""
    address, rows = PATH, []
    answer = site.get(address, query)
    while True:
        assert answer.status_code == 200, answer.text
        rows += answer.json()["data"]
        following = answer.json()["links"]["next"]
        if following is None:
            return rows
        answer = site.get(following)


def test_pages_hold_every_response_once_in_the_order_of_days(figures, site):
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 10, 1 + number % 9), (1, 2, 14)) for number in range(23)])
    rows = pages(site, limit="5", team="haywood")
    assert len({row["response"] for row in rows}) == 23
    assert [row["day"] for row in rows] == sorted(row["day"] for row in rows)
    assert rows[0]["answers"] == ["food=option 1", "hands=option 2", "overall="]
    lines = site.get(PATH, {"format": "ndjson", "limit": "5"})
    assert len(lines.text.splitlines()) == 5
    assert 'rel="next"' in lines.headers["link"]


def test_an_hour_is_told_where_five_answered_that_day(figures, site):
    device = figures.device("PET-1")
    few, many = date(2026, 10, 1), date(2026, 10, 2)
    figures.enter([Pass(device, few, (1,))] * 4 + [Pass(device, many, (1,))] * 5)
    site.viewer = insider(figures, "haywood")
    hours = {(row["day"], row["hour"]) for row in pages(site)}
    assert hours == {("2026-10-01", None), ("2026-10-02", "2026-10-02T11:00:00Z")}
    site.viewer = None  # who may export evidence checks each of them
    assert None not in {row["hour"] for row in pages(site)}


@pytest.mark.parametrize("other", [{"flags": FLAG_TEST}, {"flagged": True}], ids=["tests", "suspected misuse"])
def test_beside_tests_and_suspected_misuse_no_hour_is_told(figures, site, other):
    """Four of either are nobody to hide behind, also where suspected misuse is asked for; a fifth answer is."""
    device, day = figures.device("PET-1"), date(2026, 10, 6)
    one = Pass(device, day, (5, 2, 5), at=datetime(2026, 10, 6, 13, 20, tzinfo=UTC))
    figures.enter([one] + [Pass(device, day, (1, 1, 1), **other)] * 4)
    site.viewer = insider(figures, "haywood")
    span = {"team": "haywood", "from": "2026-10-06", "to": "2026-10-07"}

    def told(**more):
        listed = {row["hour"] for row in pages(site, period="2026-10", **more) if row["hour"]}
        by_hour = site.get("/api/v1/stats/timeseries", {**span, **more, "granularity": "hour"}).json()["data"]
        heat = site.get("/api/v1/stats/heatmap", {**span, **more}).json()["data"]
        return listed, {row["start"] for row in by_hour if row["n"]}, {row["hour"] for row in heat if row["n"]}

    assert told() == told(include_flagged="true") == (set(), set(), set())
    figures.enter([one] * 4)
    assert told() == ({"2026-10-06T13:00:00Z"}, {"2026-10-06T13:00:00Z"}, {14})


def test_by_hour_a_series_tells_no_more_than_the_list_of_responses(figures, site):
    device = figures.device("PET-1")
    few, many = datetime(2026, 10, 1, 13, 20, tzinfo=UTC), datetime(2026, 10, 2, 9, 5, tzinfo=UTC)
    figures.enter([Pass(device, few.date(), (1,), at=few)] * 4)
    figures.enter([Pass(device, many.date(), (5,), at=many)] * 5)
    hourly = {"from": "2026-10-01", "to": "2026-10-03", "granularity": "hour", "question": "food"}

    def told(**more):
        answer = site.get("/api/v1/stats/timeseries", {**hourly, **more}).json()
        return {row["start"]: row["n"] for row in answer["data"] if row["n"]}, answer

    for viewer in (insider(figures, "haywood"), None):
        site.viewer = viewer
        hours, answer = told()
        listed = Counter(row["hour"] for row in pages(site) if row["hour"])
        assert hours == listed
        rest = answer["without_hour"]
        assert (rest["n"], rest["responses"], rest["counted"]) == (9 - sum(hours.values()),) * 2 + (True,)
        assert answer["totals"]["n"] == 9
        assert told(granularity="day")[1]["without_hour"] is None
    site.viewer = insider(figures, "haywood")
    assert told(assisted="false")[0] == told(device=device)[0] == {"2026-10-02T09:00:00Z": 5}
    heat = site.get("/api/v1/stats/heatmap", {"from": "2026-10-01", "to": "2026-10-03"}).json()["data"]
    assert [(row["day"], row["hour"], row["n"]) for row in heat if row["n"]] == [("Friday", 10, 5)]


def test_only_the_teams_own_are_listed(figures, site):
    for number, team in enumerate(("haywood", "leek")):
        device = figures.device(f"PET-{number}", team=team)
        figures.enter([Pass(device, date(2026, 10, 1), (1,), team=team)] * 3)
    site.viewer = insider(figures, "leek")
    assert {row["team"] for row in pages(site)} == {"leek"}
    assert site.get(PATH, {"team": "haywood"}).status_code == 404
    site.viewer = outsider(figures)
    assert site.get(PATH).status_code == 403


FORGED = [["2026-01-01", 2**70, "00", 1], ["2026-01-01", 1, "00", -(2**80)], ["2026-01-01", 1, "\0", 1]]


@pytest.mark.parametrize("place", FORGED)
def test_a_cursor_that_somebody_made_up_is_refused(figures, site, place):
    figures.device("PET-1")
    assert site.get(PATH, {"cursor": make_cursor([], place)}).status_code == 422


def test_a_cursor_fits_its_own_question_only(figures, site):
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 10, 1), (1,))] * 3)
    following = site.get(PATH, {"limit": "1"}).json()["links"]["next"]
    cursor = following.split("cursor=")[1]
    assert site.get(PATH, {"limit": "2", "cursor": cursor}).status_code == 200
    own = {"cursor": cursor, "team": "haywood"}
    for query in (own, {"cursor": cursor[:-2]}, {"cursor": "x"}, {"cursor": "A" * 40}):
        refused = site.get(PATH, query)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/query/cursor")


def test_the_list_is_of_the_time_and_the_respondents_that_figures_are_of(engine, figures, site):
    device = figures.device("PET-1")
    late = datetime(2026, 11, 5, tzinfo=UTC)
    figures.enter([Pass(device, date(2026, 10, 1), (1, 1), received_at=late), Pass(device, date(2026, 10, 2), (1, 2))])
    figures.enter([Pass(device, UNDATED, (1, 3), received_at=late)])
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO topic VALUES (:here, 'respondent', 'Who', false)"), _here(figures))
        connection.execute(text("UPDATE question SET topic = 'respondent' WHERE question_id = 'hands'"))
    for query in (
        {"period": "2026-10", "time_basis": "received"},
        {"period": "2026-11", "time_basis": "received"},
        {"period": "2026-10", "respondent": "option 2"},
    ):
        [counted] = site.get("/api/v1/stats/summary", query).json()["data"]
        assert len(pages(site, **query)) == counted["responses"] > 0


def _here(figures):
    return {"here": figures.organisation_id}
