"""What totals are held against: the span before, the whole organisation; and what would have no effect is refused."""

from datetime import date

import pytest

from protocol.record import FLAG_ASSISTED
from tests.server.api.test_stats import OCTOBER, STATS, ask
from tests.server.api.test_timeseries_answer import passes
from tests.server.api.year import outsider
from tests.server.figures import Pass


@pytest.fixture
def device(figures):
    return figures.device("PET-0001")


def test_the_whole_organisation_is_compared_by_the_same_filter(figures, site):
    ours, others = figures.device("PET-1"), figures.device("PET-2", team="north")
    day = date(2026, 10, 8)
    for device, team, without_help in ((ours, "haywood", 20), (others, "north", 80)):
        figures.enter([Pass(device, day, (1, 1, 1), team=team, flags=FLAG_ASSISTED)] * 20)
        figures.enter([Pass(device, day, (5, 2, 5), team=team)] * without_help)
    about = OCTOBER | {"team": "haywood", "question": "food", "compare": "org"}
    assert ask(site, "summary", **about)["comparison"]["n"] == 140
    for assisted, share in (("true", 100.0), ("false", 0.0)):
        answer = ask(site, "summary", **about, assisted=assisted)
        assert (answer["data"][0]["positivity"], answer["comparison"]["positivity"]) == (share, share)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"include_flagged": "true"}, "include_flagged"),
        ({"time_basis": "received"}, "time_basis"),
        ({"assisted": "true", "language": "en"}, "assisted"),
        ({"period": "2026", "assisted": "true"}, "assisted"),
        ({"period": None, "from": "2026-10-07", "to": "2026-10-21"}, "period"),
    ],
)
def test_what_is_not_shown_of_the_whole_organisation_is_refused_not_left_out(figures, site, query, named):
    figures.enter([Pass(figures.device("PET-1"), date(2026, 10, 8), (1, 1, 1))] * 20)
    about = {name: value for name, value in (OCTOBER | {"team": "haywood"} | query).items() if value}
    assert site.get(f"{STATS}/summary", about).status_code == 200
    answer = site.get(f"{STATS}/summary", about | {"compare": "org"})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["parameter"]) == (422, "compare")
    assert f"There {named} " in error["detail"]
    assert "ask without compare" in error["detail"]


def test_a_comparison_says_of_which_days_it_is(figures, site):
    """Of the whole organisation the running month is not told."""
    figures.enter([Pass(figures.device("PET-1"), date(2026, 10, 8), (1, 1, 1))] * 20)
    compared = ask(site, "summary", **{"from": "2026-09-01", "to": "2026-12-01"}, compare="org")["comparison"]
    assert (compared["from"], compared["to"], compared["responses"]) == ("2026-09-01", "2026-11-01", 20)


def test_the_totals_are_held_against_the_span_before_and_the_organisation(figures, device, site):
    other = figures.device("PET-9", team="north")
    figures.enter(passes(device, 30, 10, day=date(2026, 10, 7)) + passes(device, 20, 20, day=date(2026, 9, 9)))
    figures.enter(passes(other, 0, 40, day=date(2026, 10, 7), team="north"))
    october = {"period": "2026-10", "granularity": "month", "team": "haywood", "question": "food"}
    assert site.series(**october)["comparison"] is None
    before, org = (site.series(**october, compare=kind)["comparison"] for kind in ("previous", "org"))
    named = ("with", "from", "to", "n", "positivity", "difference_points", "suppressed", "withheld")
    assert [before[name] for name in named] == ["previous", "2026-09-01", "2026-10-01", 40, 50.0, 25.0, False, 0]
    assert [org[name] for name in named] == ["org", "2026-10-01", "2026-11-01", 80, 37.5, 37.5, False, 0]
    about = {name: value for name, value in october.items() if name != "granularity"} | {"compare": "previous"}
    assert ask(site, "summary", **about)["comparison"] == before
    weeks = {"from": "2026-10-05", "to": "2026-10-12", "team": "haywood", "question": "food", "compare": "previous"}
    assert site.series(**weeks)["comparison"]["from"] == "2026-09-28"


def test_from_outside_a_comparison_is_of_what_outsiders_are_shown(figures, device, site):
    figures.enter(passes(device, 30, 10, day=date(2026, 10, 7)) + passes(device, 3, 1, day=date(2026, 9, 9)))
    site.viewer = outsider(figures)
    october = {"period": "2026-10", "granularity": "month", "question": "food", "compare": "previous"}
    compared = site.series(**october)["comparison"]
    assert (compared["n"], compared["withheld"], compared["difference_points"]) == (0, 4, None)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("spc", {"compare": "previous"}),
        ("breakdown", {"compare": "org"}),
        *((path, {"min_n": "50"}) for path in ("coverage", "cumulative", "league")),
    ],
)
@pytest.mark.usefixtures("device")
def test_what_would_have_no_effect_is_refused(site, path, query):
    answer = site.get(f"/api/v1/stats/{path}", {"period": "2026-10"} | query)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, *query)
