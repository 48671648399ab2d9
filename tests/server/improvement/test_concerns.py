"""A concern over the interface: raised in one step, followed, closed; and who may."""

from datetime import timedelta

import pytest

from tests.server.conftest import NOW

TODAY = NOW.date()
STEP = {"what": "Serve from a hot trolley", "due_on": "2026-11-30", "owner": "Catering lead"}
FOOD = {"question": "food", "team": "day", "title": "Meals are cold"}


def plan(**changes):
    return {"title": "Hot trolleys", "aim": "Food arrives hot", "steps": [STEP]} | changes


def test_a_concern_is_raised_with_its_plan_in_one_step(office):
    made = office.be("matron", "day").post("/concerns", FOOD | {"action": plan()})
    assert (made["status"], made["origin"], made["team"], made["service"]) == ("acting", "by hand", "day", None)
    assert made["raised_by"] == "matron@example.org"
    [action] = made["actions"]
    assert (action["status"], action["started_on"], action["steps"][0]["due_on"]) == ("planned", None, "2026-11-30")
    assert action["steps"][0]["owner"] == "Catering lead"
    assert made["days_to_first_action"] is None
    assert office.get(f"/concerns/{made['concern']}") == made
    assert [row["concern"] for row in office.get("/concerns")["data"]] == [made["concern"]]


def test_a_repeated_request_raises_it_once(office):
    first = office.post("/concerns", FOOD, **{"idempotency-key": "k1"})
    assert office.post("/concerns", FOOD, **{"idempotency-key": "k1"}) == first
    assert len(office.get("/concerns")["data"]) == 1


def test_a_concern_follows_its_actions_until_somebody_closes_it(office):
    number = office.post("/concerns", FOOD)["concern"]
    action = office.post("/actions", plan(concern=number, started_on=str(TODAY)))["action"]
    assert office.get(f"/concerns/{number}")["status"] == "acting"
    assert office.get(f"/concerns/{number}")["days_to_first_action"] == 0
    done = office.patch(f"/actions/{action}", {"status": "done"})
    assert done["ended_at"]
    assert office.get(f"/concerns/{number}")["status"] == "checking"
    assert office.refused("PATCH", f"/concerns/{number}", {"status": "closed"}, 409)[1].count("closing_words")
    closed = office.patch(f"/concerns/{number}", {"status": "closed", "closing_words": "Hot for four weeks"})
    assert (closed["status"], closed["closed_by"]) == ("closed", "manager@example.org")
    assert "is closed" in office.refused("POST", "/actions", plan(concern=number), 409)[1]
    assert office.patch(f"/concerns/{number}", {"status": "open"})["status"] == "checking"
    assert office.get("/concerns?status=closed")["data"] == []


def test_what_is_refused_uses_up_no_number(office):
    first = office.post("/concerns", FOOD | {"action": plan()})
    for never in (plan(steps=[STEP | {"owner": ""}]), plan(started_on="2999-01-01")):
        office.refused("POST", "/concerns", FOOD | {"action": never})
    office.refused("POST", "/actions", plan(concern=first["concern"], steps=[STEP | {"owner_id": 99}]))
    second = office.post("/concerns", FOOD | {"action": plan()})
    assert second["concern"] == first["concern"] + 1
    assert second["actions"][0]["action"] == first["actions"][0]["action"] + 1


def test_steps_are_ticked_off_put_off_and_handed_over(office):
    number = office.post("/concerns", FOOD)["concern"]
    late = {**STEP, "due_on": str(TODAY - timedelta(days=1))}
    action = office.post("/actions", plan(concern=number, steps=[late]))
    path = f"/actions/{action['action']}"
    assert action["steps"][0]["overdue"]
    second = office.post(f"{path}/steps", STEP | {"owner": "", "owner_id": office.people["manager@example.org"]})
    assert (second["step"], second["owner"]) == (2, "manager@example.org")
    done = office.patch(f"{path}/steps/1", {"status": "done"})
    assert (done["overdue"], done["done_by"]) == (False, "manager@example.org")
    assert office.patch(f"{path}/steps/1", {"status": "open"})["done_at"] is None
    moved = office.patch(f"{path}/steps/1", {"due_on": "2026-12-24", "owner": "Ward clerk"})
    assert (moved["due_on"], moved["owner"], moved["overdue"]) == ("2026-12-24", "Ward clerk", False)
    office.patch(f"{path}/steps/9", {"status": "done"}, 404)


def test_a_step_is_owned_by_whoever_may_see_it_and_nobody_else_is_named(office):
    """Whether there is somebody of that number elsewhere, nobody is told."""
    inside, outside = office.account("ward", team="day"), office.account("clinic", team="clinic")
    number = office.be("manager", "day").post("/concerns", FOOD)["concern"]
    action = office.post("/actions", plan(concern=number))["action"]
    path = f"/actions/{action}/steps"
    assert office.post(path, STEP | {"owner": "", "owner_id": inside})["owner"] == "ward@example.org"
    answers = []
    for person in (outside, 2_000_000):
        for method, where in (("POST", path), ("PATCH", f"{path}/1")):
            pointers, detail = office.refused(method, where, (STEP if method == "POST" else {}) | {"owner_id": person})
            answers.append((method, pointers, detail.replace(str(person), "N")))
        steps = [STEP | {"owner_id": person}]
        answers.append(office.refused("POST", "/actions", plan(concern=number, steps=steps))[0])
    assert answers[:3] == answers[3:]


def test_an_action_goes_its_way_and_no_other(office):
    number = office.post("/concerns", FOOD)["concern"]
    action = office.post("/actions", plan(concern=number))["action"]
    path = f"/actions/{action}"
    assert "can become under way or dropped, not done" in office.refused("PATCH", path, {"status": "done"}, 409)[1]
    assert office.refused("PATCH", path, {"started_on": str(TODAY)})[0] == ["/body/started_on"]
    started = office.patch(path, {"status": "under way"})
    assert started["started_on"] == str(TODAY)
    tomorrow = str(TODAY + timedelta(days=1))
    assert office.refused("PATCH", path, {"started_on": tomorrow})[0] == ["/body/started_on"]
    assert office.patch(path, {"started_on": "2026-11-02"})["started_on"] == "2026-11-02"
    assert [row["action"] for row in office.get(f"/actions?concern={number}&status=under+way")["data"]] == [action]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (FOOD | {"team": None}, ["/body/team"]),
        (FOOD | {"service": "beds"}, ["/body/team"]),
        (FOOD | {"topic": "food"}, ["/body/question"]),
        (FOOD | {"question": "weather"}, ["/body/question"]),
        (FOOD | {"title": " "}, ["/body/title"]),
        (FOOD | {"mood": "bad"}, ["/body/mood"]),
        (FOOD | {"words": "NHS 943 476 5919"}, ["/body/words"]),
        (FOOD | {"action": plan(steps=[STEP | {"owner": ""}])}, ["/body/action/steps/0/owner"]),
        (FOOD | {"action": plan(steps=[STEP, STEP | {"owner_id": 99}])}, ["/body/action/steps/1/owner_id"]),
        (FOOD | {"action": plan(aim="ring 07700 900123")}, ["/body/action/aim"]),
        (FOOD | {"action": plan(started_on="2026-11-24")}, ["/body/action/started_on"]),
    ],
)
def test_what_is_wrong_is_pointed_at_and_nothing_is_kept(office, body, pointers):
    assert office.refused("POST", "/concerns", body)[0] == pointers
    assert office.get("/concerns")["data"] == []


def test_evidence_is_noted_without_saying_who_said_it(office):
    number = office.post("/concerns", FOOD)["concern"]
    path = f"/concerns/{number}/evidence"
    note = {"kind": "interview", "words": "Two patients said: cold by the time it comes", "happened_on": "2026-11-20"}
    office.post(path, note)
    office.post(path, {"kind": "survey", "words": "62 % satisfied", "source": "Annual catering satisfaction survey"})
    pointers, detail = office.refused("POST", path, note | {"words": "call her: 01782 555 0143"})
    assert pointers == ["/body/words"]
    assert "telephone" in detail
    assert "0143" not in detail
    assert office.refused("POST", path, note | {"kind": "gossip"})[0] == ["/body/kind"]
    kinds = [row["kind"] for row in office.get(f"/concerns/{number}")["evidence"]]
    assert kinds == ["interview", "survey"]


def test_outside_the_subtree_it_does_not_exist(office):
    number = office.post("/concerns", FOOD | {"action": plan()})["concern"]
    action = office.get(f"/concerns/{number}")["actions"][0]["action"]
    office.post(f"/concerns/{number}/evidence", {"kind": "other", "words": "Seen on the round"})
    office.be("matron", "clinic")
    for method, path, body in [
        ("GET", f"/concerns/{number}", None),
        ("PATCH", f"/concerns/{number}", {"title": "x"}),
        ("POST", f"/concerns/{number}/evidence", {"kind": "other", "words": "x"}),
        ("GET", f"/actions/{action}", None),
        ("PATCH", f"/actions/{action}", {"title": "x"}),
        ("POST", f"/actions/{action}/steps", STEP),
        ("PATCH", f"/actions/{action}/steps/1", {"status": "done"}),
        ("POST", "/concerns", FOOD),
        ("POST", "/concerns", FOOD | {"team": None, "service": "beds"}),
        ("POST", "/actions", plan(concern=number)),
    ]:
        office.ask(method, path, body, 404)
    assert office.get("/concerns")["data"] == office.get("/actions")["data"] == []


def test_whoever_sees_it_from_outside_reads_neither_evidence_nor_finding(office):
    number = office.post("/concerns", FOOD)["concern"]
    office.post(f"/concerns/{number}/evidence", {"kind": "other", "words": "Seen on the round"})
    seen = office.be("commissioner").get(f"/concerns/{number}")
    assert (seen["evidence"], seen["finding"], seen["title"]) == (None, None, "Meals are cold")
    office.ask("PATCH", f"/concerns/{number}", {"title": "x"}, 403)
    assert office.be("read-only", "day").get(f"/concerns/{number}")["evidence"][0]["words"] == "Seen on the round"


def test_a_concern_of_a_service_is_for_whoever_has_all_its_teams(office):
    body = {"topic": "other", "service": "beds", "title": "Noise at night"}
    office.be("matron", "day").post("/concerns", body, 403)
    number = office.be("matron", "day", "night").post("/concerns", body)["concern"]
    office.be("matron", "day").get(f"/concerns/{number}")
    office.ask("PATCH", f"/concerns/{number}", {"title": "x"}, 403)


def test_pages_of_concerns_follow_each_other(office):
    numbers = [office.post("/concerns", FOOD | {"title": f"Concern {each}"})["concern"] for each in range(5)]
    found, path = [], "/concerns?limit=2"
    while path:
        page = office.get(path)
        found += [row["concern"] for row in page["data"]]
        path = page["links"]["next"] and page["links"]["next"].removeprefix("/api/v1")
    assert found == numbers[::-1]


def test_every_change_is_in_the_audit_log_with_who_made_it(office, engine):
    number = office.post("/concerns", FOOD)["concern"]
    office.be("matron", "day").patch(f"/concerns/{number}", {"title": "Meals are cold at noon"})
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT action, actor FROM audit_log WHERE action LIKE 'concern %%' ORDER BY sequence"
        ).all()
    assert rows == [("concern insert", "manager@example.org"), ("concern update", "matron@example.org")]
