"""One scope, however it is named and whoever asks: one target, one set of limits, one word on what is still to come."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.server.api.asking import somebody
from tests.server.api.test_locked_limits import FIRST, WEEKLY, fallen, record, week  # noqa: F401 - a fixture
from tests.server.api.test_stats import ask
from tests.server.api.year import insider, outsider
from tests.server.conftest import NOW
from tests.server.figures import Pass

PERIOD = {"from": "2026-08-24", "to": "2026-11-23"}


def targets(figures):
    figures.target("0.85")
    figures.target("0.70", "team", figures.teams["haywood"])
    figures.target("0.95", "team", figures.teams["leek"])


def test_a_device_within_a_team_is_held_to_the_team_s_target_wherever_it_is_now(figures, site):
    one = figures.device("PET-1")
    figures.enter([Pass(one, date(2026, 9, 8), (1, 1, 1))] * 20)
    figures.move(one, "leek", datetime(2026, 9, 15, tzinfo=UTC))
    figures.enter([Pass(one, date(2026, 9, 20), (1, 1, 1), team="leek")] * 20)
    targets(figures)
    asked = {"period": "2026-09", "team": "haywood"}
    rows = [
        ask(site, "summary", **asked, device=one)["data"][0],
        next(row for row in ask(site, "breakdown", **asked, by="device")["data"] if row["code"] == one),
        ask(site, "summary", **asked)["data"][0],
    ]
    assert [(row["n"], row["target"]) for row in rows] == [(60, 70.0)] * 3


def test_answers_for_a_team_that_a_nurse_chose_are_held_to_that_team_s_target(figures, site):
    one = figures.device("PET-1")
    figures.enter([Pass(one, date(2026, 9, 8), (1, 1, 1), team="leek")] * 20)
    targets(figures)
    asked = {"period": "2026-09", "team": "leek"}
    rows = [
        ask(site, "summary", **asked, device=one)["data"][0],
        next(row for row in ask(site, "breakdown", **asked, by="device")["data"] if row["code"] == one),
    ]
    assert [row["target"] for row in rows] == [95.0, 95.0]


@pytest.mark.usefixtures("fallen")
def test_a_team_named_with_its_service_has_the_team_s_rebase(site):
    site.viewer = somebody("commissioner", actor="the commissioner")
    assert record(site).status_code == 201
    site.viewer = None
    alone, named = (ask(site, "spc", **WEEKLY | PERIOD, **more) for more in ({}, {"service": "beds"}))
    assert alone["chart"]["recorded"] == named["chart"]["recorded"] == ["2026-04-13"]
    assert week(alone, "2026-W47") == week(named, "2026-W47")
    assert ask(site, "concerns", service="beds", team="haywood", by="team", period="last-13-weeks")["data"] == []
    wider = ask(site, "spc", question="food", granularity="week", service="beds", **PERIOD)
    assert wider["chart"]["recorded"] == []


def test_a_device_s_rebase_is_told_to_who_sees_all_of_the_device(figures, site, fallen):  # noqa: F811
    site.viewer = somebody("commissioner", actor="the commissioner")
    assert record(site, scope="device", name=fallen).status_code == 201
    asked = {"device": fallen, "question": "food", "granularity": "week", **PERIOD}
    site.viewer = insider(figures, "haywood")
    assert ask(site, "spc", **asked)["chart"]["recorded"] == ["2026-04-13"]
    figures.move(fallen, "leek", datetime(2026, 11, 20, tzinfo=UTC))
    assert ask(site, "spc", **asked)["chart"]["recorded"] == []  # of what is a part to them


@pytest.mark.usefixtures("fallen")
def test_outsiders_are_told_by_the_list_what_the_chart_tells_them(figures, site):
    site.viewer = outsider(figures)
    chart = ask(site, "spc", **WEEKLY, period="last-13-weeks")
    found = ask(site, "concerns", team="haywood", period="last-13-weeks")
    assert chart["chart"]["level"] == "concern"
    assert [row["level"] for row in found["data"]] == ["concern"]
    assert found["data"][0]["baseline_to"] == chart["chart"]["baseline_to"]


def test_a_month_is_not_complete_while_a_device_that_left_still_holds_answers_of_it(figures, site):
    one, two = figures.device("PET-1"), figures.device("PET-2")
    figures.enter([Pass(one, date(2026, 10, 8), (1, 1, 1))] * 20)
    figures.heard(two, NOW - timedelta(minutes=5))
    figures.heard(one, NOW - timedelta(days=2), last_sequence=50, stored_through=20)
    asked = {"period": "2026-10", "team": "haywood"}

    def told():
        meta = ask(site, "summary", **asked)["meta"]
        return meta["complete"], meta["pending_reported"]

    assert told() == (False, 30)
    figures.move(one, "leek", datetime(2026, 11, 20, tzinfo=UTC))
    assert told() == (False, 0)  # what waits is leek's to be told
    figures.heard(one, NOW - timedelta(minutes=1), last_sequence=50, stored_through=50)
    assert told() == (True, 0)


@pytest.mark.parametrize("begin", ["2026-02-06", "2026-02-02", "2026-04-30"])
def test_a_period_that_cuts_a_week_has_the_same_limits_and_judges_whole_weeks_only(figures, site, begin):
    device, passes = figures.device("PET-1"), []
    for number in range(20):
        day = FIRST + timedelta(weeks=number, days=1)
        passes += [Pass(device, day, (1,))] * 19 + [Pass(device, day, (5,))]
        passes += [Pass(device, day + timedelta(days=3), (5,))] * 20
    figures.enter(passes)
    whole = ask(site, "spc", **WEEKLY, **{"from": "2026-01-05", "to": "2026-05-25"})
    part = ask(site, "spc", **WEEKLY, **{"from": begin, "to": "2026-05-20"})
    assert week(whole, "2026-W20") == week(part, "2026-W20")
    assert part["chart"]["baseline_from"] == whole["chart"]["baseline_from"]
    assert [row["charted"] for row in part["data"]] == [date.fromisoformat(begin).weekday() == 0] + [True] * (
        len(part["data"]) - 2
    ) + [False]
