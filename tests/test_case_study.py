"""The case study from a press to a closed concern: ingest, detection, plan, effect and text, all over the interface."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import make_url

from protocol.messages import ITEM_TEXTS
from server.app import create_app
from server.ingest.due import refresh_due
from server.settings import Settings
from tests.case_study import Clock, Trust
from tests.server.conftest import serving
from tests.server.improvement.conftest import Office
from tests.server.ingest.ward import KEY_RING
from tests.server.measures.case_study import (
    ACTION_BEGAN,
    FIRST_WEEK,
    HALF_AFTER,
    HALF_BEFORE,
    WEEKS_AFTER,
    WEEKS_BEFORE,
)
from tests.server.roll_out import Operator, greet

AFTER = ACTION_BEGAN + timedelta(weeks=len(WEEKS_AFTER))
PLAN = {
    "title": "Hot trolleys and protected mealtimes",
    "steps": [
        {"what": "Interview patients about meals", "due_on": str(ACTION_BEGAN + timedelta(days=7)), "owner": "Matron"},
        {"what": "Mealtime audits", "due_on": str(ACTION_BEGAN + timedelta(days=14)), "owner": "Matron"},
    ],
}


@pytest.fixture
def trust(engine):
    return Trust(engine)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def office(trust, clock, database_url, tmp_path):
    url = make_url(database_url)
    password = tmp_path / "database.password"
    password.write_text(url.password)
    plain = url._replace(password=None, drivername="postgresql").render_as_string()
    settings = Settings(database_url=plain, database_password_file=password)
    with serving(create_app(settings, now=clock)) as site:
        office = Office(site, trust)
        yield office.be("manager")
        office.client.close()


def raise_concern(office, clock, to, plan=None, **where):
    """Detected and raised with its plan in one request, on the day the action begins."""
    clock.go_to(to)
    body = {
        "question": "food",
        "service": "beds",
        "title": "Food",
        "detected": {"from_date": str(FIRST_WEEK), "to_date": str(to)},
        "action": {**(plan or PLAN), "started_on": str(to)},
    }
    return office.post("/concerns", body | where)


def test_from_a_concern_about_food_to_its_effect(office, trust, clock):
    trust.add_devices(10)
    assert trust.live_through(FIRST_WEEK, WEEKS_BEFORE) == ACTION_BEGAN
    clock.go_to(ACTION_BEGAN)
    span = f"from={FIRST_WEEK}&to={ACTION_BEGAN}"
    matron = office.be("matron", "haywood", "leek")

    # It is found among all questions, and nothing else is.
    found = matron.get(f"/stats/concerns?by=service&{span}")["data"]
    assert [(row["question"], row["positivity"], row["n"]) for row in found if row["level"] == "concern"] == [
        ("food", 76.0, 200)
    ]
    [food] = matron.get(f"/stats/distribution?question=food&{span}")["data"][:1]
    assert food["question"] == "food"

    # One step: concern, plan, owners, due days.
    concern = raise_concern(matron, clock, ACTION_BEGAN)
    assert (concern["origin"], concern["status"], concern["finding"]["positivity"]) == ("detected", "acting", 76.0)
    assert concern["days_to_first_action"] == 0
    path = f"/concerns/{concern['concern']}"
    action = f"/actions/{concern['actions'][0]['action']}"
    again = {"question": "food", "service": "beds", "title": "Food again", "detected": {"period": "last-13-weeks"}}
    assert "not closed yet" in matron.refused("POST", "/concerns", again, 409)[1]
    matron.post(f"{path}/evidence", {"kind": "interview", "words": "Cold by the time it comes"})
    matron.post(f"{path}/evidence", {"kind": "survey", "words": "Asked for", "source": "Annual catering survey"})

    # The next week is looked at as soon as it is over, and no sooner.
    assert matron.get(f"{action}/effect")["weeks"] == []
    trust.live_through(ACTION_BEGAN, WEEKS_AFTER[:1])
    clock.go_to(ACTION_BEGAN + timedelta(weeks=1))
    [next_week] = matron.get(f"{action}/effect")["weeks"]
    assert (next_week["n"], next_week["positive"], next_week["kind"]) == (12, 10, "common cause")

    trust.live_through(ACTION_BEGAN + timedelta(weeks=1), WEEKS_AFTER[1:])
    clock.go_to(AFTER)
    check_effect(matron.get(f"{action}/effect"))
    check_chart(matron)
    check_outside(office, action)
    say_so(office, trust, concern["concern"], clock.now)
    matron = office.be("matron", "haywood", "leek")
    matron.post("/meetings", {"team": "leek", "held_on": str(AFTER), "items": [{"concern": concern["concern"]}]})
    matron.patch(action, {"status": "done"})
    assert matron.get(path)["status"] == "checking"
    closed = matron.patch(path, {"status": "closed", "closing_words": "86 % positive for 16 weeks"})
    assert (closed["status"], closed["discussed_on"]) == ("closed", [str(AFTER)])


def check_effect(effect):
    before, after = effect["before"], effect["after"]
    assert (before["n"], before["positivity"], after["n"], after["positivity"]) == (200, 76.0, 200, 86.0)
    assert (before["target"], before["at_or_above"], before["verdict"]) == (85.0, False, "missed")
    assert (after["target"], after["at_or_above"], after["verdict"]) == (85.0, True, "cannot tell yet")
    negative = effect["negative"]
    assert (negative["before"], negative["after"], negative["conclusion"]) == (24.0, 14.0, "improved")
    assert negative["sentence"] == (
        "food: negative 24% (48/200) → 14% (28/200): improved, 2 to 18 points, unlikely to be chance"
    )
    options = {row["option"]: row for row in effect["options"]}
    assert (options["fair"]["before"], options["fair"]["after"]) == (17.0, 14.0)
    assert (options["poor"]["before_n"], options["poor"]["after_n"], options["poor"]["after"]) == (14, 0, 0.0)
    assert effect["chart"] == {
        "kind": "p",
        "baseline": 18,
        "trial_limits": False,
        "improved_weeks": 16,
        "worse_weeks": 0,
        "level": "good sign",
    }
    assert {week["mean"] for week in effect["weeks"]} == {76.0}
    assert len(effect["like_for_like"]["kept"]) == 10
    assert effect["like_for_like"]["conclusion"] == "improved"


def check_chart(matron):
    """The chart that anybody may draw says the same: every week since, against limits locked to before."""
    query = f"service=beds&question=food&chart=p&baseline={len(WEEKS_BEFORE)}&from={FIRST_WEEK}&to={AFTER}"
    points = matron.get(f"/stats/spc?granularity=week&{query}")["data"]
    assert [point["kind"] for point in points[: len(WEEKS_BEFORE)]] == ["common cause"] * len(WEEKS_BEFORE)
    assert [point["kind"] for point in points[len(WEEKS_BEFORE) :]] == ["improvement"] * len(WEEKS_AFTER)


def check_outside(office, action):
    """Whoever looks from outside gets no more of it than of any other figure: here, about one answer a week."""
    seen = office.be("commissioner").get(f"{action}/effect")
    assert seen["before"]["positivity"] is None
    assert seen["before"]["withheld"] + seen["before"]["n"] == 200
    assert seen["positive"]["conclusion"] in ("no data", "too few to compare")


def say_so(office, trust, concern, now):
    """Written by the matron, approved by the manager, and on a device of the service at its next sync."""
    Operator(trust).assign("beds")
    words = {"en": "You said: cold food.\nIt comes hot now."}
    draft = office.be("matron", "haywood", "leek").post(
        "/you-said", {"words": words, "service": "beds", "concern": concern}
    )
    path = f"/you-said/{draft['you_said']}/approve"
    office.ask("POST", path, status=403)
    assert office.be("manager").ask("POST", path, status=200)["shown"]
    refresh_due(trust.engine, KEY_RING, now)
    assert (ITEM_TEXTS, 0) in greet(trust, trust.handhelds[0])[1]


def test_half_as_many_answers_cannot_tell(office, trust, clock):
    trust.add_devices(10)
    weeks = [tuple(share // 10 + (place < share % 10) for share in HALF_BEFORE) for place in range(10)]
    assert tuple(map(sum, zip(*weeks, strict=True))) == HALF_BEFORE
    began = trust.live_through(FIRST_WEEK, weeks)
    office.be("matron", "haywood", "leek")
    concern = raise_concern(office, clock, began)
    assert concern["finding"]["level"] == "watch"
    weeks = [tuple(share // 10 + (place < share % 10) for share in HALF_AFTER) for place in range(10)]
    clock.go_to(trust.live_through(began, weeks))
    effect = office.get(f"/actions/{concern['actions'][0]['action']}/effect")
    assert (effect["before"]["n"], effect["after"]["n"]) == (100, 100)
    assert (effect["positive"]["before"], effect["positive"]["after"]) == (76.0, 86.0)
    assert effect["positive"]["conclusion"] == effect["negative"]["conclusion"] == "not shown to be real"
    assert (effect["after"]["at_or_above"], effect["after"]["verdict"]) == (True, "cannot tell yet")
    assert effect["chart"]["trial_limits"]


def counted(series):
    """All of its figures; whether a week is complete depends on what devices have delivered since."""
    return [{**point, "complete": None} for point in series["data"]], series["totals"]


def test_twenty_more_devices_change_no_past_figure_and_are_told_apart(office, trust, clock):
    first_ten = trust.add_devices(10)
    began = trust.live_through(FIRST_WEEK, [(10, 8, 3, 1)] * 9)
    office.be("matron", "haywood", "leek")
    clock.go_to(began)
    past = f"/stats/timeseries?granularity=week&from={FIRST_WEEK}&to={began}"
    before = counted(office.get(past))
    concern = office.post(
        "/concerns",
        {"question": "food", "service": "beds", "title": "Food", "action": {**PLAN, "started_on": str(began)}},
    )
    new = trust.add_devices(20, datetime(began.year, began.month, began.day, tzinfo=ZoneInfo("Europe/London")))
    for number in range(9):
        monday = began + timedelta(weeks=number)
        trust.answer_week(monday, (10, 8, 3, 1), first_ten)
        trust.answer_week(monday, (5, 5, 10, 10), new)
    trust.sync_all(began + timedelta(weeks=9, days=-1))
    assert counted(office.get(past)) == before
    clock.go_to(began + timedelta(weeks=9))
    effect = office.get(f"/actions/{concern['actions'][0]['action']}/effect")
    assert effect["positive"]["conclusion"] == "worsened"
    alike = effect["like_for_like"]
    assert (alike["before"], alike["after"], alike["conclusion"]) == (81.8, 81.8, "not shown to be real")
    assert (alike["before_n"], alike["after_n"]) == (198, 198)
    assert (len(alike["kept"]), len(alike["joined"]), alike["left"]) == (10, 20, [])
    assert alike["partly"] == []
