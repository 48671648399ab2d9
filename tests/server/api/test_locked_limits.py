"""A ward at 95 % falls to 60 % in its fifteenth week: it is a concern whatever period is asked for, and for long."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from tests.server.api.asking import ask as send
from tests.server.api.asking import somebody
from tests.server.api.test_stats import STATS, ask
from tests.server.api.year import outsider
from tests.server.figures import Pass

FIRST = date(2026, 1, 5)  # a Monday
WEEKS, GOOD_WEEKS = 46, 14
BASELINE = ("2026-01-05", "2026-03-30")  # twelve weeks
WEEKLY = {"team": "haywood", "question": "food", "granularity": "week"}
LIMITS = ("period", "positivity", "mean", "lower", "upper", "near_lower", "near_upper", "kind", "rule", "side")
PERIODS = [
    {"from": "2026-01-05", "to": "2026-11-23"},
    {"from": "2026-05-25", "to": "2026-11-23"},  # nothing of it is as good as it was
    {"period": "last-13-weeks"},
    {"from": "2026-11-16", "to": "2026-11-23"},
    {"period": "all"},
]


@pytest.fixture
def fallen(figures):
    """Nineteen of twenty are content, then twelve."""
    device, passes = figures.device("PET-1"), []
    for number in range(WEEKS):
        day, good = FIRST + timedelta(weeks=number, days=1), 19 if number < GOOD_WEEKS else 12
        passes += [Pass(device, day, (1,))] * good + [Pass(device, day, (5,))] * (20 - good)
    figures.enter(passes)
    return device


def week(chart, label):
    [row] = [row for row in chart["data"] if row["period"] == label]
    return {name: row[name] for name in LIMITS}


@pytest.mark.usefixtures("fallen")
def test_the_last_week_is_a_concern_whatever_period_is_asked_for(site):
    charts = [ask(site, "spc", **WEEKLY, **period) for period in PERIODS]
    for period, chart in zip(PERIODS, charts, strict=True):
        last = week(chart, "2026-W47")
        assert (last["kind"], last["mean"]) == ("concern", 95.0)
        assert last == week(charts[0], "2026-W47")
        told = chart["chart"]
        assert (told["baseline_from"], told["baseline_to"], told["trial_limits"]) == (*BASELINE, False)
        assert "(2026-01-05 to 2026-03-29)" in told["how_made"]
        assert told["level"] == (None if "all" in period.values() else "concern")  # its last week is not over
        assert told["reading"] == charts[0]["chart"]["reading"]
    for period in PERIODS[1:]:
        [found] = ask(site, "concerns", team="haywood", **period)["data"]
        assert (found["level"], found["reasons"]) == ("concern", ["outside the limits"])
        assert (found["baseline_from"], found["baseline_to"]) == BASELINE


@pytest.mark.usefixtures("fallen")
def test_from_outside_the_limits_are_those_of_what_is_shown(site, figures):
    site.viewer = outsider(figures)
    for period in ({"from": "2026-01-05", "to": "2026-10-26"}, {"from": "2026-08-03", "to": "2026-10-26"}):
        chart = ask(site, "spc", **WEEKLY, **period)
        assert (week(chart, "2026-W43")["kind"], week(chart, "2026-W43")["mean"]) == ("concern", 95.0)
        assert (chart["chart"]["baseline_from"], chart["chart"]["baseline_to"]) == BASELINE


@pytest.mark.usefixtures("fallen")
def test_where_fewer_points_are_known_the_limits_are_on_trial(site):
    months = ask(site, "spc", team="haywood", granularity="month", period="2026-10")
    told = months["chart"]
    assert (told["baseline_from"], told["baseline_to"], told["trial_limits"]) == ("2026-01-01", "2026-11-01", True)
    assert "Trial limits: 10 of the 12 months" in told["reading"]


@pytest.mark.usefixtures("fallen")
def test_of_a_period_without_a_point_the_past_is_not_told(site):
    told = ask(site, "spc", **WEEKLY, **{"from": "2026-11-23", "to": "2026-11-30"})["chart"]
    assert (told["reading"], told["level"], told["assurance"]) == ("Positivity: no data.", None, None)


@pytest.mark.usefixtures("fallen")
def test_what_if_limits_began_anew_is_answered_and_says_that_it_is_not_recorded(site):
    asked = WEEKLY | {"period": "last-13-weeks", "rebase": "2026-08-24"}
    chart = ask(site, "spc", **asked)
    assert (week(chart, "2026-W47")["kind"], week(chart, "2026-W47")["mean"]) == ("common cause", 60.0)
    assert chart["chart"]["baseline_from"] == "2026-08-24"
    assert "begun anew on 2026-08-24 (asked for, not recorded)" in chart["chart"]["how_made"]
    outside = site.get(f"{STATS}/spc", asked | {"rebase": "2026-05-04"})
    assert (outside.status_code, outside.json()["errors"][0]["pointer"]) == (422, "/query/rebase")


@pytest.mark.usefixtures("fallen")
def test_with_a_filter_the_baseline_is_of_the_period_and_says_so(site):
    """The single responses are read then, and those of a time only."""
    told = ask(site, "spc", **WEEKLY, period="last-13-weeks", assisted="false")["chart"]
    assert (told["baseline_from"], told["baseline_to"]) == ("2026-08-24", "2026-11-16")


def record(site, **body):
    named = {"scope": "team", "name": "haywood", "question": "food", "day": "2026-04-13", "reason": "A new kitchen"}
    return send(site, "POST", "/rebases", json=named | body)


@pytest.mark.usefixtures("fallen")
def test_a_recorded_rebase_holds_for_exactly_its_scope_and_question(site):
    site.viewer = somebody("commissioner", actor="the commissioner")
    assert record(site, day="2026-11-24").status_code == 422  # it has not come yet
    made = record(site)
    assert (made.status_code, made.json()["set_by"], made.json()["withdrawn_at"]) == (201, "the commissioner", None)
    assert record(site).status_code == 409
    site.viewer = None
    chart = ask(site, "spc", **WEEKLY, period="last-13-weeks")
    assert (week(chart, "2026-W47")["kind"], week(chart, "2026-W47")["mean"]) == ("common cause", 60.0)
    told = chart["chart"]
    assert (told["recorded"], told["rebase"], told["baseline_from"]) == (["2026-04-13"], [], "2026-04-13")
    assert "begun anew on 2026-04-13;" in told["how_made"]
    assert ask(site, "concerns", team="haywood", period="last-13-weeks")["data"] == []
    for other in ({"team": "haywood"}, {"service": "beds", "question": "food"}, {"question": "food"}):
        wider = ask(site, "spc", **other, granularity="week", period="last-13-weeks")
        assert (wider["chart"]["recorded"], week(wider, "2026-W47")["kind"]) == ([], "concern"), other


@pytest.mark.usefixtures("fallen")
def test_a_rebase_is_withdrawn_and_stays_on_record(site, engine):
    site.viewer = somebody("commissioner", actor="the commissioner")
    number = record(site).json()["rebase"]
    for _ in range(2):
        assert send(site, "DELETE", f"/rebases/{number}").status_code == 204
    [row] = send(site, "GET", "/rebases").json()["data"]
    assert (row["reason"], row["withdrawn_by"]) == ("A new kitchen", "the commissioner")
    assert ask(site, "spc", **WEEKLY, **PERIODS[0])["chart"]["recorded"] == []
    with engine.connect() as connection:
        found = connection.execute(text("SELECT actor, action FROM audit_log WHERE action LIKE 'rebase%'")).all()
    assert found == [("the commissioner", "rebase insert"), ("the commissioner", "rebase update")]


WRONG = [
    ({"question": "weather"}, 422, "/body/question"),
    ({"name": "nowhere"}, 404, "/body/name"),
    ({"reason": " "}, 422, "/body/reason"),
    ({"reason": "since 943 476 5919 complained"}, 422, "/body/reason"),
    ({"day": "soon"}, 422, "/body/day"),
]


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize(("body", "status", "pointer"), WRONG)
def test_what_cannot_be_recorded_is_refused_at_its_field(site, body, status, pointer):
    answer = record(site, **body)
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (status, [pointer])
