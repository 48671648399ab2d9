"""A special cause weighs the same in the list of concerns, the control chart, an effect and the concern it becomes."""

from datetime import date, timedelta

import pytest

from tests.server.improvement.test_concerns import FOOD, plan
from tests.server.improvement.test_effects import acted, answer

BEFORE, LAST_WEEK = date(2026, 8, 24), date(2026, 11, 16)  # twelve weeks, and the one that is over
GOOD, POOR = (1, 1, 1), (3, 1, 1)


@pytest.fixture
def handheld(ward):
    return ward.handheld()


@pytest.mark.parametrize(("good", "level"), [(8, "watch"), (6, "concern"), (11, None)])
def test_concerns_chart_effect_and_what_is_taken_over_agree(office, ward, handheld, good, level):
    """11 answers a week, 95 % positive: 8 of 11 lies outside the limits, and chance makes it once in 66 weeks."""
    for number in range(12):
        week = BEFORE + timedelta(weeks=number)
        answer(ward, week, 1, [GOOD] * (10 + number % 2) + [POOR] * (1 - number % 2), handheld)
    answer(ward, LAST_WEEK, 1, [GOOD] * good + [POOR] * (11 - good), handheld)

    chart = office.get("/stats/spc?from=2026-08-24&to=2026-11-23&team=day&question=food")
    assert chart["data"][-1]["rule"] == (level and "outside the limits")
    assert chart["chart"]["level"] == level
    listed = office.get("/stats/concerns?period=last-week&team=day")["data"]
    assert [(row["question"], row["level"], row["reasons"]) for row in listed] == (
        [("food", level, ["outside the limits"])] if level else []
    )
    assert office.get(acted(office, LAST_WEEK))["chart"]["level"] == level
    body = FOOD | {"detected": {"period": "last-week"}}
    if level:
        assert office.post("/concerns", body | {"action": plan()})["finding"]["level"] == level
    else:
        assert office.refused("POST", "/concerns", body, 409)[0] == ["/body/detected"]


def test_a_week_of_fewer_than_ten_responses_is_no_point_anywhere(office, ward, handheld):
    """In one of the twelve weeks before and in the last one 9 people answer, none of them happy."""
    for number in range(13):
        few = number in (5, 12)
        answer(ward, BEFORE + timedelta(weeks=number), 1, [POOR] * 9 if few else [GOOD] * 10 + [POOR], handheld)
    chart = office.get("/stats/spc?from=2026-08-24&to=2026-11-23&team=day&question=food")
    assert [place for place, row in enumerate(chart["data"]) if not row["charted"]] == [5, 12]
    assert (chart["chart"]["left_out"], chart["chart"]["level"]) == (2, None)
    assert "left out: 2 weeks of fewer than 10 responses" in chart["chart"]["how_made"]
    assert {row["mean"] for row in chart["data"]} == {90.9, None}
    assert office.get("/stats/concerns?period=2026-11&team=day&question=food")["data"] == []
    effect = office.get(acted(office, LAST_WEEK))
    assert (effect["chart"]["baseline"], effect["chart"]["trial_limits"]) == (11, True)
    [week] = effect["weeks"]
    assert (week["n"], week["kind"], week["rule"], week["mean"]) == (9, None, None, None)


def test_a_chart_of_small_weeks_says_that_they_are_too_small(office, ward, handheld):
    answer(ward, BEFORE, 13, [GOOD] * 9, handheld)
    chart = office.get("/stats/spc?from=2026-08-24&to=2026-11-23&team=day&question=food")["chart"]
    assert chart["reading"] == "Positivity: no week has the 10 responses that a point needs; look at longer ones."
    assert chart["left_out"] == 13
