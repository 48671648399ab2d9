"""An effect in its corners, the figures beside an audit, marks on charts, and how long concerns waited."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from server.accounts.viewer import everything
from server.improvement.marks import Mark, action_marks
from tests.server.conftest import NOW
from tests.server.improvement.test_audits import WEEKLY
from tests.server.improvement.test_concerns import FOOD, plan

TODAY = NOW.date()
MONDAY = date(2026, 10, 26)


def answer(ward, monday, weeks, answers, handheld):
    """So many people answer each Tuesday, one minute after the other; then a sync."""
    for week in range(weeks):
        day = monday + timedelta(weeks=week, days=1)
        handheld.clock = NOW.replace(year=day.year, month=day.month, day=day.day)
        for each in answers:
            handheld.answer(*each)
    ward.sync(handheld)


@pytest.fixture
def handheld(ward):
    return ward.handheld(clock=NOW)


def acted(office, started_on):
    made = office.post("/concerns", FOOD | {"action": plan(started_on=str(started_on))})
    return f"/actions/{made['actions'][0]['action']}/effect"


def test_an_action_that_has_not_begun_has_no_effect_yet(office):
    made = office.post("/concerns", FOOD | {"action": plan()})
    assert "has not begun" in office.refused("GET", f"/actions/{made['actions'][0]['action']}/effect", None, 409)[1]


def test_nobody_asked_is_no_data_and_never_a_percentage(office):
    effect = office.get(acted(office, "2026-11-02"))
    assert (effect["before"]["n"], effect["before"]["positivity"], effect["chart"]) == (0, None, None)
    assert effect["positive"]["conclusion"] == "no data"
    assert effect["negative"]["sentence"].endswith("nobody answered in one of the two periods")


def test_too_few_are_counted_and_not_compared(office, ward, handheld):
    answer(ward, MONDAY, 4, [(1, 1, 1)] * 2, handheld)
    effect = office.get(acted(office, "2026-11-09"))
    assert (effect["before"]["n"], effect["after"]["n"]) == (4, 4)
    assert effect["before"]["suppressed"]
    assert effect["positive"]["conclusion"] == "too few to compare"
    assert effect["positive"]["before"] is None


def test_the_week_in_which_it_began_is_neither_before_nor_after(office, ward, handheld):
    answer(ward, MONDAY, 4, [(1, 1, 1)] * 12, handheld)
    effect = office.get(acted(office, "2026-11-11"))
    assert (effect["before"]["end"], effect["after"]["start"]) == ("2026-11-09", "2026-11-16")
    assert (effect["before"]["n"], effect["after"]["n"]) == (24, 12)
    assert [week["period"] for week in effect["weeks"]] == ["2026-W47"]


def test_a_topic_is_the_sum_of_its_questions_weighed_by_people(office, ward, handheld):
    answer(ward, MONDAY, 4, [(1, 1, 1)] * 12, handheld)
    body = {**FOOD, "question": None, "topic": "other", "action": plan(started_on="2026-11-09")}
    effect = office.get(f"/actions/{office.post('/concerns', body)['actions'][0]['action']}/effect")
    assert (effect["before"]["n"], effect["before"]["responses"]) == (72, 24)
    assert effect["before"]["ci95"] == [86.2, 100.0]  # of 24 people, not of 72 answers
    assert {row["question"] for row in effect["options"]} == {"food", "hands", "overall"}


def test_another_team_s_answers_are_none_of_it(office, ward, handheld):
    answer(ward, MONDAY, 4, [(1, 1, 1)] * 12, handheld)
    made = office.post("/concerns", {**FOOD, "team": "night", "action": plan(started_on="2026-11-09")})
    assert office.get(f"/actions/{made['actions'][0]['action']}/effect")["before"]["n"] == 0


def test_what_patients_say_stands_beside_the_audit(office, ward, handheld):
    ward.publish_audit()
    path = f"/audits/{office.post('/audits', WEEKLY)['schedule']}"
    answer(ward, date(2026, 11, 9), 2, [(1, 1, 3)] * 12, handheld)
    weeks = office.get(path)["periods"]
    assert [week["patients"] and week["patients"]["n"] for week in weeks] == [None, 36, 36, None]
    assert weeks[1]["patients"]["positivity"] == 66.7
    seen = office.be("commissioner").get(path)["periods"]
    assert all(week["patients"] is None for week in seen)  # November is not over


def test_charts_are_told_which_actions_to_mark(office, ward, engine):
    def marks(**narrowed):
        viewer = everything(office.organisation_id, "test")
        with Session(engine) as session:
            return action_marks(session, viewer, **narrowed)

    made = office.post("/concerns", FOOD | {"action": plan(started_on="2026-11-09")})
    office.post("/actions", plan(concern=made["concern"], title="Later"))
    mark = Mark(date(2026, 11, 9), "Hot trolleys", made["actions"][0]["action"])
    assert marks() == [mark]
    assert marks(teams=[ward.team_id("day")], questions=["food"]) == [mark]
    assert marks(teams=[ward.team_id("night")]) == marks(questions=["hands"]) == []
    with Session(engine) as session:
        assert action_marks(session, office.be("matron", "clinic").site.viewer) == []


def test_the_list_says_how_long_concerns_wait_for_their_first_action(office):
    office.post("/concerns", FOOD)
    office.post("/concerns", FOOD | {"action": plan(started_on=str(TODAY))})
    waited = office.get("/concerns")["time_to_action"]
    assert (waited["acted_on"], waited["waiting"], waited["median_days"]) == (1, 1, 0)
    assert office.be("matron", "clinic").get("/concerns")["time_to_action"]["waiting"] == 0


def test_what_is_not_detected_is_raised_by_hand(office, ward, handheld):
    answer(ward, MONDAY, 4, [(1, 1, 1)] * 12, handheld)
    body = FOOD | {"detected": {"period": "last-13-weeks"}}
    assert office.refused("POST", "/concerns", body, 409)[0] == ["/body/detected"]
    assert office.refused("POST", "/concerns", body | {"detected": {"period": "soon"}})[0] == ["/body/detected/period"]
    assert office.get("/concerns")["data"] == []
