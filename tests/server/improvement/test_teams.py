"""Meetings, recognition, and the texts that answer patients."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from protocol.messages import ITEM_TEXTS
from server.ingest.due import refresh_due
from tests.server.conftest import NOW
from tests.server.improvement.test_concerns import FOOD, plan
from tests.server.ingest.ward import KEY_RING
from tests.server.roll_out import Operator, greet

SAID = {"en": "You said: cold meals.\nWe bought trolleys."}


def test_a_concern_says_on_which_days_it_was_discussed(office):
    made = office.post("/concerns", FOOD | {"action": plan()})
    concern, action = made["concern"], made["actions"][0]["action"]
    items = [{"concern": concern, "decision": "Ask the kitchen"}, {"action": action}]
    office.post("/meetings", {"team": "day", "held_on": "2026-11-16", "items": items})
    office.post("/meetings", {"team": "day", "held_on": "2026-11-09", "items": [{"action": action}]})
    office.post("/meetings", {"team": "night", "held_on": "2026-11-10", "words": "Nothing of note"})
    assert office.get(f"/concerns/{concern}")["discussed_on"] == ["2026-11-09", "2026-11-16"]
    held = office.get("/meetings")["data"]
    assert [row["team"] for row in held] == ["night", "day", "day"]
    assert held[2]["items"][0] == {"concern": concern, "action": None, "decision": "Ask the kitchen"}
    assert [row["team"] for row in office.be("matron", "night").get("/meetings")["data"]] == ["night"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"held_on": "2026-11-24"}, ["/body/held_on"]),
        ({"items": [{}]}, ["/body/items/0"]),
        ({"items": [{"concern": 77}]}, ["/body/items/0"]),
        ({"items": [{"concern": 77, "action": 1}]}, ["/body/items/0"]),
        ({"words": "spoke with her, born 12/03/1941"}, ["/body/words"]),
    ],
)
def test_a_meeting_that_cannot_be_is_refused(office, body, pointers):
    assert office.refused("POST", "/meetings", {"team": "day", "held_on": "2026-11-16"} | body)[0] == pointers


def test_a_meeting_says_nothing_of_a_concern_elsewhere(office):
    concern = office.post("/concerns", FOOD)["concern"]
    body = {"team": "clinic", "held_on": "2026-11-16", "items": [{"concern": concern}]}
    pointers, _ = office.be("matron", "clinic").refused("POST", "/meetings", body)
    assert pointers == ["/body/items/0"]


def test_credit_goes_to_a_team_and_is_seen_from_outside(office):
    body = {"team": "day", "title": "98 % felt treated with dignity", "question": "overall"}
    made = office.be("matron", "day").post("/recognition", body)
    assert (made["recognised_on"], made["question"]) == (str(NOW.date()), "overall")
    assert office.be("board").get("/recognition")["data"] == [made]
    office.post("/recognition", body, 403)
    assert office.be("matron", "clinic").get("/recognition")["data"] == []
    office.post("/recognition", body, 404)
    office.be("manager")
    assert office.refused("POST", "/recognition", body | {"recognised_on": "2027-01-01"})[0] == ["/body/recognised_on"]
    assert office.refused("POST", "/recognition", body | {"topic": "other"})[0] == ["/body/question"]


def shown(ward, handheld, now=NOW):
    """Whether the device should hold a text, once ingest has looked."""
    refresh_due(ward.engine, KEY_RING, now)
    return (ITEM_TEXTS, 0) in greet(ward, handheld)[1]


def test_a_text_is_written_by_one_approved_by_another_shown_and_withdrawn(office, ward):
    handheld = ward.handheld()
    Operator(ward).assign()
    concern = office.post("/concerns", FOOD)["concern"]
    office.be("matron", "day")
    made = office.post("/you-said", {"words": SAID, "team": "day", "concern": concern})
    path = f"/you-said/{made['you_said']}"
    assert (made["status"], made["shown"], made["written_by"]) == ("draft", False, "matron@example.org")
    office.ask("POST", f"{path}/approve", status=403)
    assert not shown(ward, handheld)
    approved = office.be("manager").ask("POST", f"{path}/approve", status=200)
    assert (approved["status"], approved["shown"], approved["approved_by"]) == (
        "approved",
        True,
        "manager@example.org",
    )
    assert office.ask("POST", f"{path}/approve", status=200) == approved
    assert shown(ward, handheld)
    withdrawn = office.be("matron", "day").ask("POST", f"{path}/withdraw", status=200)
    assert (withdrawn["status"], withdrawn["withdrawn_by"]) == ("withdrawn", "matron@example.org")
    assert not shown(ward, handheld, NOW + timedelta(minutes=1))
    office.be("manager")
    assert "can become nothing" in office.refused("POST", f"{path}/approve", None, 409)[1]


def test_nobody_approves_their_own_text_by_whatever_door_they_come(office, engine):
    made = office.post("/you-said", {"words": SAID})
    path = f"/you-said/{made['you_said']}/approve"
    assert "You wrote this text" in office.refused("POST", path, None, 409)[1]
    office.be("administrator")
    by_token = replace(office.site.viewer, actor="by a token", person_id=office.people["manager@example.org"])
    office.site.viewer = by_token
    assert "You wrote this text" in office.refused("POST", path, None, 409)[1]
    with engine.begin() as connection, pytest.raises(IntegrityError, match="ck_you_said_another"):
        connection.exec_driver_sql("UPDATE you_said SET approved_by = written_by")
    office.be("administrator").ask("POST", path, status=200)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"words": {"en": "word " * 21}}, ["/body/words/en"]),
        ({"words": {"en": "Fine", "xx": "Hello"}}, ["/body/words/xx"]),
        ({"words": {"en": "Ask for Jo: jo@example.org"}}, ["/body/words/en"]),
        ({"words": {}}, ["/body/words"]),
        ({"to_at": "2026-11-01T00:00:00Z"}, ["/body/to_at"]),
        ({"to_at": "2026-12-01T00:00:00"}, ["/body/to_at"]),
        ({"concern": 77}, ["/body/concern"]),
    ],
)
def test_a_text_that_no_device_could_show_is_refused_as_a_draft(office, body, pointers):
    assert office.refused("POST", "/you-said", {"words": SAID} | body)[0] == pointers


def test_texts_of_other_parts_are_not_seen_those_for_all_are(office):
    office.post("/you-said", {"words": SAID, "service": "clinics"})
    everywhere = office.post("/you-said", {"words": SAID})
    rows = office.be("matron", "day").get("/you-said")["data"]
    assert [row["you_said"] for row in rows] == [everywhere["you_said"]]
    office.post("/you-said", {"words": SAID}, 403)
    office.post("/you-said", {"words": SAID, "service": "clinics"}, 404)
