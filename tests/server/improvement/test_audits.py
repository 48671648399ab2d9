"""Audit schedules: due, overdue, done on a device or on the web; compliance, and feedback that was given."""

import pytest

from protocol.record import KIND_AUDIT
from tests.server.conftest import NOW

WEEKLY = {"team": "day", "questionnaire": "hands-audit", "every": "week", "from_date": "2026-11-02"}
ALL_WELL = {"hands-audit-food": "good", "hands-audit-hands": "yes", "hands-audit-overall": "good"}


@pytest.fixture
def audit(office, ward):
    """The path of a weekly schedule of the day team."""
    ward.publish_audit()
    return f"/audits/{office.post('/audits', WEEKLY)['schedule']}"


def test_an_audit_is_due_then_overdue_then_done(office, audit):
    found = office.get(audit)
    assert (found["state"], found["missed"], found["compliance"]) == ("overdue", 3, None)
    assert [row["state"] for row in found["periods"]] == ["due", "missed", "missed", "missed"]
    assert found["checklist"][1] == {"question": "hands-audit-hands", "text": "Hands?", "options": ["yes", "no"]}
    office.post(f"{audit}/entries", {"audited_on": "2026-11-23", "answers": ALL_WELL | {"hands-audit-hands": "no"}})
    found = office.get(audit)
    assert (found["state"], found["compliance"]) == ("done", 66.7)
    assert found["periods"][0]["lines"] == 3
    assert [row["state"] for row in office.get("/audits")["data"]] == ["done"]


def test_audits_done_on_devices_and_on_the_web_count_together(office, ward, audit):
    handheld = ward.handheld(clock=NOW.replace(day=17))
    reference = 2
    handheld.answer(1, 1, 3, kind=KIND_AUDIT, questionnaire=reference)
    handheld.answer(1, 1, 1, kind=KIND_AUDIT, questionnaire=reference)
    handheld.answer(1, 1, 1)  # a patient: of no audit
    ward.sync(handheld)
    answers = {"hands-audit-food": "fair", "hands-audit-hands": None}
    office.post(f"{audit}/entries", {"audited_on": "2026-11-18", "answers": answers})
    week = office.get(audit)["periods"][1]
    assert (week["start"], week["state"], week["lines"], week["compliance"]) == ("2026-11-16", "done", 7, 71.4)
    night = office.post("/audits", WEEKLY | {"team": "night"})
    assert {row["state"] for row in night["periods"]} == {"due", "missed"}


def test_another_team_s_audits_are_not_this_one_s(office, audit):
    other = office.post("/audits", WEEKLY | {"team": "night"})["schedule"]
    office.post(f"/audits/{other}/entries", {"audited_on": "2026-11-23", "answers": ALL_WELL})
    assert office.get(audit)["state"] == "overdue"


def test_feedback_is_recorded_for_the_week_that_it_is_about(office, audit):
    told = {"about": "2026-11-18", "given_on": "2026-11-20", "given_by": "Link nurse", "given_to": "Late shift"}
    office.post(f"{audit}/feedback", told)
    weeks = office.get(audit)["periods"]
    assert [len(week["feedback"]) for week in weeks] == [0, 1, 0, 0]
    assert weeks[1]["feedback"][0]["given_by"] == "Link nurse"


def test_a_schedule_that_ends_owes_nothing_more(office, audit):
    found = office.patch(audit, {"to_date": "2026-11-16"})
    assert (found["state"], len(found["periods"])) == ("ended", 2)
    assert office.refused("PATCH", audit, {"to_date": "2026-11-02"})[0] == ["/body/to_date"]


@pytest.mark.parametrize(
    ("path", "body", "pointers"),
    [
        ("", WEEKLY | {"questionnaire": "ward"}, ["/body/questionnaire"]),
        ("", WEEKLY | {"every": "day"}, ["/body/every"]),
        ("", WEEKLY | {"to_date": "2026-11-02"}, ["/body/to_date"]),
        ("/entries", {"audited_on": "2026-11-24", "answers": ALL_WELL}, ["/body/audited_on"]),
        ("/entries", {"audited_on": "2026-11-23", "answers": {"hands": "yes"}}, ["/body/answers/hands"]),
        (
            "/entries",
            {"audited_on": "2026-11-23", "answers": {"hands-audit-hands": "maybe"}},
            ["/body/answers/hands-audit-hands"],
        ),
        ("/entries", {"audited_on": "2026-11-23", "answers": {"hands-audit-hands": None}}, ["/body/answers"]),
        (
            "/feedback",
            {"about": "2026-11-18", "given_on": "2026-12-20", "given_by": "Link nurse"},
            ["/body/given_on"],
        ),
    ],
)
def test_what_is_wrong_is_pointed_at(office, audit, path, body, pointers):
    assert office.refused("POST", (audit if path else "/audits") + path, body)[0] == pointers


def test_outside_the_subtree_it_does_not_exist(office, audit):
    office.be("matron", "night")
    office.get(audit, 404)
    office.patch(audit, {"to_date": "2026-12-01"}, 404)
    office.post(f"{audit}/entries", {"audited_on": "2026-11-23", "answers": ALL_WELL}, 404)
    office.post("/audits", WEEKLY, 404)
    assert office.get("/audits")["data"] == []
    office.be("commissioner").post(f"{audit}/entries", {"audited_on": "2026-11-23", "answers": ALL_WELL}, 403)
