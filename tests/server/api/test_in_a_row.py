"""What stands beside a month: its quarter, the responses since the start, and passes that look doubtful in a row."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.server.api.asking import ask as send
from tests.server.api.year import FIRST_MONDAY, enter_year, insider, outsider
from tests.server.figures import Pass

STATS = "/api/v1/stats"
OCTOBER = {"period": "2026-10"}
THREE_MINUTES = timedelta(minutes=3)


def ask(site, path, **query):
    answer = site.get(f"{STATS}/{path}", {name.rstrip("_"): value for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_device_stands_beside_its_thirteen_weeks(figures, site):
    """October ends on a Saturday: the weeks are those from 27 July to 25 October."""
    device = figures.device("PET-1")
    figures.target("0.85")
    for day, good in ((date(2026, 7, 27), 152), (date(2026, 10, 8), 38), (date(2026, 10, 26), 0)):
        figures.enter([Pass(device, day, (1,))] * good + [Pass(device, day, (4,))] * 2)
    figures.enter([Pass(device, date(2026, 7, 26), (4,))] * 50)  # the day before
    answer = ask(site, "rolling", **OCTOBER, question="food", by="device")
    assert answer["rolling"] == {"weeks": 13, "first": "2026-07-27", "last": "2026-10-25"}
    [row] = answer["data"]
    assert (row["n"], row["positive"], row["verdict"]) == (42, 38, "cannot tell yet")
    assert (row["rolling"]["n"], row["rolling"]["positive"], row["rolling"]["verdict"]) == (194, 190, "met")
    assert row["rolling"]["target"] == row["target"] == 85.0


def test_an_open_period_ends_with_the_last_whole_week(figures, site):
    enter_year(figures)
    answer = ask(site, "rolling", by="team")
    weeks, today = answer["rolling"], answer["meta"]["as_of"][:10]
    assert date.fromisoformat(weeks["last"]).weekday() == 6
    assert timedelta(0) <= date.fromisoformat(today) - date.fromisoformat(weeks["last"]) < timedelta(days=7)


def test_from_outside_both_are_sums_of_what_is_published(figures, site):
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 10, 8), (1,))] * 4 + [Pass(device, date(2026, 8, 5), (1,))] * 20)
    site.viewer = outsider(figures)
    [row] = ask(site, "rolling", **OCTOBER, by="device")["data"]
    assert (row["n"], row["withheld"]) == (0, 4)
    assert (row["rolling"]["n"], row["rolling"]["withheld"]) == (20, 4)


def test_responses_since_the_start_run_on(figures, site):
    enter_year(figures)
    rows = ask(site, "cumulative", period="2026-Q3", team="leek")["data"]
    whole = ask(site, "summary", from_=FIRST_MONDAY.isoformat(), to="2026-10-01", team="leek")["data"][0]
    assert [row["period"] for row in rows] == ["2026-07", "2026-08", "2026-09"]
    assert rows[-1]["n"] == whole["responses"] > rows[0]["n"] > 0
    assert (
        site.get(f"{STATS}/cumulative", {"from": "2020-01-01", "to": "2099-01-01", "granularity": "week"}).status_code
        == 422
    )


def passes_at(device, begin, number, answers, every=THREE_MINUTES, **more):
    return [Pass(device, begin.date(), answers, at=begin + each * every, **more) for each in range(number)]


def test_a_run_of_one_button_is_found_and_can_be_flagged(figures, site):
    device = figures.device("PET-1")
    noon = datetime(2026, 10, 8, 12, tzinfo=UTC)
    figures.enter(passes_at(device, noon, 6, (2, 2, 2), timedelta(hours=1)))
    figures.enter(passes_at(device, noon + timedelta(days=1), 5, (1, 2, 1), timedelta(hours=1)))
    rows = ask(site, "misuse", **OCTOBER, device=device)["data"]
    assert [row["reasons"] for row in rows] == [["pass after pass with one and the same button"]] * 6
    assert not any(row["flagged"] or row["by_person"] for row in rows)
    word = {"flagged": True, "reason": "a child at the buttons"}
    assert send(site, "PATCH", f"/responses/{rows[0]['response']}/flag", json=word).status_code == 200
    assert [row["flagged"] for row in ask(site, "misuse", **OCTOBER, device=device)["data"]] == [True] + [False] * 5
    assert ask(site, "summary", **OCTOBER)["data"][0]["responses"] == 10


def test_what_a_device_flagged_is_listed_too(figures, site):
    device = figures.device("PET-1")
    figures.enter([Pass(device, date(2026, 10, 8), (1, 2, 1), flagged=True)])
    [row] = ask(site, "misuse", **OCTOBER, device=device)["data"]
    assert (row["flagged"], row["by_person"], row["day"]) == (True, False, "2026-10-08")


def test_a_run_goes_across_teams_and_each_sees_its_own(figures, site):
    device = figures.device("PET-1")
    noon = datetime(2026, 10, 8, 12, tzinfo=UTC)
    figures.enter(passes_at(device, noon, 3, (2, 2, 2), timedelta(hours=1)))
    figures.enter(passes_at(device, noon + timedelta(hours=4), 3, (2, 2, 2), timedelta(hours=1), team="leek"))
    site.viewer = insider(figures, "leek", "haywood")
    assert len(ask(site, "misuse", **OCTOBER, device=device)["data"]) == 6
    site.viewer = insider(figures, "haywood")
    assert [row["team"] for row in ask(site, "misuse", **OCTOBER, device=device)["data"]] == ["haywood"] * 3


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        (OCTOBER, "device"),
        ({"device": "{device}"}, "period"),
        ({"device": "{device}", "period": "2026-10", "team": "haywood"}, "team"),
        ({"device": "{device}", "period": "2026-10", "partial": "true"}, "partial"),
    ],
)
def test_what_has_no_meaning_there_is_refused(figures, site, query, parameter):
    device = figures.device("PET-1")
    answer = site.get(f"{STATS}/misuse", {name: value.format(device=device) for name, value in query.items()})
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_nobody_from_outside_asks_about_single_passes(figures, site):
    device = figures.device("PET-1")
    site.viewer = outsider(figures)
    assert site.get(f"{STATS}/misuse", {**OCTOBER, "device": device}).status_code == 403
