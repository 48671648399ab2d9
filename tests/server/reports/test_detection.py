"""Concerns that scheduled work raises by itself, and who sees that it did."""

from datetime import date

import pytest

from server.reports.jobs import run_once
from tests.server.figures import Pass

SMALL = [date(2026, month, day) for month in (9, 10) for day in (2, 9, 16, 23)]
RUNNING = [date(2026, 11, day) for day in (3, 5, 10, 12)]
PLAN = {
    "concern": 1,
    "title": "Hot trolleys",
    "steps": [{"what": "Ask patients", "due_on": "2026-12-01", "owner": "Matron"}],
}


def given(figures, days, answer):
    figures.target("0.85")
    one = figures.device("PET-1", team="north")
    figures.enter([Pass(one, day, (answer,), team="north") for day in days])


@pytest.fixture
def passes(engine, settings, clock):
    def run():
        done = run_once(engine, settings, clock)
        assert done.failed == []

    return run


def test_what_is_found_wanting_is_raised_once_and_may_be_taken_up(figures, office, passes):
    given(figures, [date(2026, 10, 8)] * 40, 5)
    passes()
    passes()
    nora = office("nora", manager="service:home")
    [row] = nora.get("/concerns")["data"]
    assert (row["origin"], row["service"], row["question"], row["raised_by"]) == (
        "detected",
        "home",
        "food",
        "scheduled work",
    )
    assert row["finding"]["n"] == 40
    bob = office("bob", board="organisation")
    assert bob.get("/concerns")["data"] == []
    bob.get("/concerns/1", 404)
    nora.post("/actions", PLAN, 201)
    assert [each["concern"] for each in bob.get("/concerns")["data"]] == [1]  # it is a person's word now
    assert office("anna", manager="service:beds").get("/concerns")["data"] == []


@pytest.mark.parametrize("answer", [1, 5])
def test_outsiders_are_not_told_what_was_detected_of_small_numbers(figures, office, passes, answer):
    """Whatever patients of one home-visit team said, four a month, nobody outside sees a difference."""
    given(figures, [*SMALL, *RUNNING], answer)
    passes()
    bob, lee = office("bob", board="organisation"), office("lee", manager="team:haywood", commissioner="service:home")
    assert bob.get("/stats/summary", service="home", question="food")["data"][0]["n"] == 0
    for outsider in (bob, lee):
        answered = outsider.get("/concerns")
        assert (answered["data"], answered["time_to_action"]["waiting"]) == ([], 0)
    assert len(office("nora", manager="service:home").get("/concerns")["data"]) == (answer == 5)
