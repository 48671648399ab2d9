"""What GET /api/v1/stats/timeseries answers: its shape, its figures, and what it refuses to publish."""

from datetime import UTC, date, datetime, timedelta

import pytest

from protocol.record import FLAG_ASSISTED
from server.accounts.viewer import everything
from server.ingest.tables import UNDATED
from tests.server.conftest import NOW
from tests.server.figures import Figures, Pass

TODAY = date(2026, 11, 23)
GOOD, BAD = (1, 1, 1), (5, 2, 5)


@pytest.fixture
def device(figures):
    return figures.device("PET-0001")


def passes(device, good, bad, day=TODAY, **more):
    return [Pass(device, day, GOOD, **more)] * good + [Pass(device, day, BAD, **more)] * bad


def aside(n, responses, *, counted=False):
    return {"n": n, "responses": responses, "withheld": 0, "counted": counted, "not_told": None}


def test_pooled_answers_have_an_interval_of_responses(figures, device, site):
    figures.enter(passes(device, 85, 15))
    totals = site.series()["totals"]
    assert (totals["n"], totals["responses"], totals["positivity"], totals["ci95"]) == (300, 100, 85.0, [76.7, 90.7])


@pytest.mark.parametrize(
    ("name", "value", "counted"),
    [
        ("service", ["home"], 12),
        ("team", ["leek"], 20),
        ("team", ["leek", "north"], 32),
        ("device", [], 62),
        ("question", ["hands"], 62),
    ],
)
def test_figures_are_narrowed_by_each_name(figures, site, name, value, counted):
    for number, (team, responses) in enumerate({"haywood": 30, "leek": 20, "north": 12}.items()):
        figures.enter(passes(figures.device(f"PET-{number}", team=team), responses, 0, team=team))
    assert site.series(**{name: value})["totals"]["responses"] == counted


def test_a_device_is_asked_for_by_its_eight_hex_digits(figures, site):
    first, second = figures.device("PET-1"), figures.device("PET-2")
    figures.enter(passes(first, 11, 0) + passes(second, 0, 13))
    assert site.series(device=first)["totals"]["positivity"] == 100.0
    assert site.series(device=second)["totals"]["positivity"] == 0.0
    assert site.series(device=[first, second])["totals"]["responses"] == 24


@pytest.mark.parametrize("questions", [[], ["food", "hands", "overall"]])
def test_whoever_chose_nothing_that_counts_adds_no_weight(figures, device, site, questions):
    """Four people answer all three questions; six skip them or cannot say."""
    figures.enter([Pass(device, TODAY, GOOD)] * 4 + [Pass(device, TODAY, (14, 3, 14))] * 6)
    totals = site.series(question=questions)["totals"]
    assert (totals["n"], totals["responses"], totals["positive"]) == (12, 10, 12)
    assert (totals["positivity"], totals["ci95"], totals["precision"]) == (None, None, "suppressed")


def test_an_interval_is_as_wide_as_that_of_the_people_who_answered(figures, device, site):
    figures.enter([Pass(device, TODAY, GOOD)] * 20 + [Pass(device, TODAY, (14, 14, 14))] * 40)
    totals = site.series()["totals"]
    assert (totals["responses"], totals["positivity"], totals["ci95"]) == (60, 100.0, [83.9, 100.0])


def test_fewer_than_ten_responses_have_no_percentage(figures, device, site):
    figures.enter(passes(device, 9, 0, day=TODAY - timedelta(weeks=1)) + passes(device, 10, 0))
    few, enough = site.series()["data"]
    assert (few["n"], few["responses"], few["positivity"], few["ci95"]) == (27, 9, None, None)
    assert (few["suppressed"], few["precision"]) == (True, "suppressed")
    assert (enough["positivity"], enough["suppressed"], enough["precision"]) == (100.0, False, "interpret with care")


def test_an_empty_bucket_has_n_0_and_null_never_nan(figures, device, site):
    figures.enter(passes(device, 1, 0, day=TODAY - timedelta(weeks=2)))
    answer = site.get("/api/v1/stats/timeseries")
    assert "NaN" not in answer.text
    empty = answer.json()["data"][1]
    assert (empty["n"], empty["positivity"], empty["ci95"], empty["suppressed"]) == (0, None, None, False)
    assert empty["precision"] == "no data"


@pytest.mark.parametrize("to", ["2020-01-01", "2026-11-16", "2026-11-17"])
def test_a_period_that_ends_before_the_first_answer_is_one_empty_bucket(figures, device, site, to):
    figures.enter(passes(device, 12, 0, day=date(2026, 11, 18)))
    answer = site.series(to=to)
    assert [(point["n"], answer["query"]["to"]) for point in answer["data"]] == [(0, to)]
    assert site.page("/", {"to": to}).status_code == 200


@pytest.mark.usefixtures("figures")
def test_an_organisation_without_answers_has_an_answer(site):
    answer = site.series(granularity="day")
    assert [point["period"] for point in answer["data"]] == ["2026-11-23"]
    assert (answer["totals"]["n"], answer["totals"]["positivity"], answer["totals"]["verdict"]) == (0, None, None)


def test_undated_answers_are_told_and_counted_in_all_time_only(figures, device, site):
    figures.enter(passes(device, 12, 0) + passes(device, 3, 0, day=UNDATED))
    ever, month = site.series(), site.series(period="2026-11")
    assert ever["undated"] == aside(9, 3, counted=True)
    assert (ever["totals"]["responses"], sum(point["responses"] for point in ever["data"])) == (15, 12)
    assert month["undated"] == aside(9, 3)
    assert month["totals"]["responses"] == 12


@pytest.mark.parametrize(
    ("query", "responses"),
    [
        ({"granularity": "hour"}, 5),
        ({"assisted": "true"}, 3),
        ({"assisted": "false", "partial": "false"}, 2),
        ({"partial": "true"}, 0),
        ({"assisted": "true", "granularity": "hour"}, 3),
        ({"assisted": "true", "include_flagged": "true"}, 4),
        ({"time_basis": "received"}, 0),
    ],
)
def test_undated_answers_are_told_whatever_is_asked(figures, device, site, query, responses):
    """Those that the same filter counts. Of the day of its receipt every response has one."""
    figures.enter(passes(device, 3, 0, day=UNDATED, flags=FLAG_ASSISTED) + passes(device, 2, 0, day=UNDATED))
    figures.enter(passes(device, 1, 0, day=UNDATED, flags=FLAG_ASSISTED, flagged=True))
    figures.enter(passes(device, 4, 0, flags=FLAG_ASSISTED))
    query = {"period": "this-week"} | query
    series = site.series(**query)
    assert series["undated"] == aside(3 * responses, responses)
    query.pop("granularity", None)
    assert site.get("/api/v1/stats/summary", query).json()["undated"] == series["undated"]


def test_flagged_answers_are_left_out_with_their_number_told(figures, device, site):
    figures.enter(passes(device, 12, 0) + passes(device, 0, 4, flagged=True))
    without, included = site.series(), site.series(include_flagged="true")
    assert (without["totals"]["responses"], without["totals"]["positivity"]) == (12, 100.0)
    assert without["flagged"] == aside(12, 4)
    assert (included["totals"]["responses"], included["totals"]["positivity"]) == (16, 75.0)
    assert included["flagged"]["counted"] is True


def test_what_is_in_no_denominator_is_counted_beside_it(figures, device, site):
    figures.enter([Pass(device, TODAY, (14, 3, 15), partial=True)])
    totals = site.series()["totals"]
    assert (totals["n"], totals["excluded"], totals["skipped"], totals["timed_out"]) == (0, 1, 1, 1)
    assert totals["responses"] == 1


@pytest.mark.parametrize(("week", "hours"), [("2026-W13", 167), ("2026-W43", 169)])
@pytest.mark.usefixtures("figures")
def test_the_week_of_a_clock_change_has_its_true_length(site, week, hours):
    [point] = site.series(period=week)["data"]
    start, end = (datetime.fromisoformat(point[name]) for name in ("start", "end"))
    assert end - start == timedelta(hours=hours)


@pytest.mark.usefixtures("figures")
def test_days_belong_to_the_organisations_zone(engine, site):
    other = Figures(engine, name="Far Away Trust", zone="Pacific/Auckland", references=(9,))
    site.viewer = everything(other.organisation_id, "test")
    answer = site.series(period="this-week", granularity="day")
    assert answer["data"][0]["start"] == "2026-11-22T11:00:00Z"
    assert answer["query"]["timezone"] == "Pacific/Auckland"


def test_a_target_binds_from_its_day_and_the_narrowest_wins(figures, device, site):
    figures.target("0.8", from_date=date(2026, 1, 1), to_date=date(2026, 11, 16))
    figures.target("0.85", from_date=date(2026, 11, 16))
    figures.target("0.9", "device", figures.devices[device], from_date=date(2026, 11, 1))
    weeks = site.series(from_="2026-11-09", to="2026-11-30")["data"]
    assert [week["target"] for week in weeks] == [80.0, 85.0, 85.0]
    assert site.series(device=device)["meta"]["target"] == 90.0
    assert site.series(period="2026-10", device=device)["meta"]["target"] == 80.0
    assert site.series(period="2025-10")["meta"]["target"] is None


def test_a_target_of_a_service_binds_its_teams_and_their_devices(figures, device, site):
    figures.target("0.7")
    figures.target("0.75", "service", figures.services["beds"])
    assert site.series(service="beds")["meta"]["target"] == 75.0
    assert site.series(team="haywood")["meta"]["target"] == 75.0
    assert site.series(device=device)["meta"]["target"] == 75.0
    assert site.series(service="home")["meta"]["target"] == 70.0
    assert site.series(service=["beds", "home"])["meta"]["target"] == 70.0


def test_a_month_that_is_over_keeps_its_target_when_the_device_moves(figures, device, site):
    figures.target("0.95", "team", figures.teams["haywood"])
    figures.target("0.5", "team", figures.teams["north"])
    figures.enter(passes(device, 24, 6, day=date(2026, 10, 5)))
    october = {"period": "2026-10", "device": device}
    before = site.series(**october)["totals"]
    assert before["target"] == 95.0
    figures.move(device, "north", datetime(2026, 11, 1, tzinfo=UTC))
    assert site.series(**october)["totals"] == before
    assert site.series(period="2026-11", device=device)["totals"]["target"] == 50.0
    months = site.series(period="2026", granularity="month", device=device)["data"]
    assert [months[number]["target"] for number in (8, 9, 10)] == [95.0, 95.0, 50.0]
    assert (months[9]["verdict"], months[9]["positivity"]) == (before["verdict"], before["positivity"])


def test_what_is_named_together_has_the_target_of_all_of_it(figures, device, site):
    beside = figures.device("PET-2", team="haywood")
    figures.target("0.85")
    figures.target("0.9", "service", figures.services["beds"])
    figures.target("0.95", "team", figures.teams["haywood"])
    figures.enter(passes(device, 24, 6) + passes(beside, 24, 6))
    assert site.series(device=[device, beside])["totals"]["target"] == 95.0
    assert site.series(team=["haywood", "leek"])["totals"]["target"] == 90.0
    figures.move(beside, "north", datetime(2026, 10, 1, tzinfo=UTC))
    assert site.series(device=[device, beside])["totals"]["target"] == 85.0


def test_a_clear_verdict_is_given(figures, device, site):
    figures.target("0.85")
    figures.enter(passes(device, 300, 10))
    totals = site.series()["totals"]
    assert (totals["verdict"], totals["at_or_above"], totals["responses_needed"]) == ("met", True, None)


def test_a_bucket_is_complete_once_every_device_has_delivered_since_its_end(figures, device, site):
    figures.heard(device, NOW - timedelta(days=3))
    weeks = site.series(from_="2026-11-09", to="2026-11-30")["data"]
    assert [week["complete"] for week in weeks] == [True, False, False]
    figures.heard(device, NOW - timedelta(minutes=5))
    weeks = site.series(from_="2026-11-09", to="2026-11-30")["data"]
    assert [week["complete"] for week in weeks] == [True, True, False]


def test_answers_that_a_device_said_it_holds_are_told_and_keep_the_bucket_open(figures, device, site):
    figures.heard(device, NOW - timedelta(days=4), last_sequence=20, stored_through=20)
    figures.heard(device, NOW - timedelta(minutes=5), last_sequence=34, stored_through=20)
    answer = site.series(period="last-week")
    assert (answer["meta"]["pending_reported"], answer["meta"]["data_version"]) == (14, 20)
    assert answer["data"][0]["complete"] is False


def test_a_device_not_heard_for_a_week_is_late_and_keeps_no_bucket_open(figures, device, site):
    figures.heard(device, NOW - timedelta(days=8))
    figures.device("PET-LOST", state="lost")
    figures.device("PET-BENCH", team=None)
    answer = site.series(period="last-week")
    assert (answer["meta"]["late_devices"], answer["meta"]["never_heard"]) == (1, 0)
    assert answer["data"][0]["complete"] is True


def test_a_status_that_nothing_confirmed_counts_for_nothing(figures, device, site):
    figures.heard(device, NOW - timedelta(minutes=5), confirmed=False)
    meta = site.series(period="last-week")["meta"]
    assert (meta["late_devices"], meta["never_heard"]) == (1, 1)


def test_a_device_just_placed_is_not_late(figures, site):
    figures.device("PET-NEW", placed_at=datetime(2026, 11, 22, tzinfo=UTC))
    assert site.series()["meta"]["late_devices"] == 0
