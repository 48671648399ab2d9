"""What programs ask of one device: the same as the command line's, for it alone, and on the wire at its sync."""

import json
from base64 import b64encode

import pytest
from sqlalchemy import text as sql

from protocol.messages import ITEM_APPLICATION, ITEM_QUESTIONNAIRE, ITEM_SETTINGS, ITEM_TEXTS
from server.authority.certificates import make_authority, make_server
from server.fleet import releases, texts
from server.fleet.tables import QuestionnaireVersion
from tests.server.api.asking import ask, pointers, somebody
from tests.server.ingest.ward import NOW, minutes
from tests.server.roll_out import Operator, archive, fetch, greet, public_line


@pytest.fixture
def operator(ward):
    return Operator(ward)


@pytest.fixture
def site(keyed_site):
    return keyed_site


@pytest.fixture
def handhelds(ward):
    """A and B, both of the day team."""
    return ward.handheld("A"), ward.handheld("B")


def command(site, status=202, device="00000001", headers=None, **body):
    answer = ask(site, "POST", f"/devices/{device}/commands", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer


def told(ward, handheld):
    return greet(ward, handheld)[1]


def test_a_version_is_asked_by_this_device_only_and_the_fleet_tells_when_it_holds_it(ward, site, operator, handhelds):
    a, b = handhelds
    ward.publish(2)
    operator.assign(version=2)
    before = command(site, questionnaire={"code": "ward", "version": 1}).json()
    assert (before["desired_revision"], before["held_revision"], before["behind"]) == (2, None, True)
    assert before["words"] == "should get questionnaire ward 1"
    revision, items = greet(ward, a)
    assert revision == before["desired_revision"]
    [item] = items.values()
    [version] = ward.rows(QuestionnaireVersion, version=1)
    assert fetch(ward, a, item) == version.package
    assert told(ward, b)[ITEM_QUESTIONNAIRE, 0].digest != item.digest
    a.take(ward.process(a.status(desired_revision=revision)))
    a.take(ward.process(a.batch()))
    device = ask(site, "GET", "/devices/00000001").json()
    assert (device["device"]["held_revision"], device["device"]["behind"]) == (revision, False)
    assert [(each["name"], each["held"]) for each in device["items"]] == [("questionnaire ward 1", True)]
    assert command(site, questionnaire={"code": "ward", "version": 1}).json()["desired_revision"] == revision
    after = command(site, unassign=0).json()
    assert (after["desired_revision"], after["words"].split(" (")[0]) == (3, "behind: questionnaire ward 2")


def test_its_settings_go_before_wider_ones_until_they_are_unset(ward, site, operator, handhelds):
    operator.set_all()
    common = told(ward, handhelds[0])[ITEM_SETTINGS, 0]
    assert told(ward, handhelds[1])[ITEM_SETTINGS, 0].digest == common.digest
    command(site, settings={"sync_every_s": 600, "broker": {"host": "other.example"}})
    item = told(ward, handhelds[0])[ITEM_SETTINGS, 0]
    data = json.loads(fetch(ward, handhelds[0], item))
    assert (data["sync_every_s"], data["broker"]) == (600, {"host": "other.example", "port": 8883})
    assert data["wifi"]
    assert told(ward, handhelds[1])[ITEM_SETTINGS, 0].digest == common.digest
    command(site, unset=["sync_every_s", "broker"])
    assert told(ward, handhelds[0])[ITEM_SETTINGS, 0].digest == common.digest


def test_it_believes_the_authorities_named_and_no_server_s_certificate(ward, site, operator, handhelds):
    operator.set_all()
    [now, after] = [make_authority(name, NOW) for name in ("now", "after")]
    command(site, settings={"ca": [now.pem.decode(), after.pem.decode()]})
    data = json.loads(fetch(ward, handhelds[0], told(ward, handhelds[0])[ITEM_SETTINGS, 0]))
    assert data["ca"] == [b64encode(each.der).decode() for each in (now, after)]
    server = make_server(now, ("broker.example",), NOW).pem.decode()
    assert pointers(command(site, 422, settings={"ca": [now.pem.decode(), server]})) == ["/body/settings/ca/1"]
    both = now.pem.decode() + after.pem.decode()
    assert pointers(command(site, 422, settings={"ca": [both]})) == ["/body/settings/ca/0"]


def test_an_application_goes_to_one_device_first(ward, site, operator, handhelds, tmp_path):
    keys = tmp_path / "release.pub"
    keys.write_text(public_line() + "\n")
    for number in (1, 2):
        operator.change(releases.add_release, archive(number), keys, NOW)
    command(site, release={"number": 2, "board": "sim"})
    assert (ITEM_APPLICATION, 0) in greet(ward, handhelds[0], base="1.29 sim")[1]
    assert (ITEM_APPLICATION, 0) not in greet(ward, handhelds[1], base="1.29 sim")[1]
    older = command(site, 409, release={"number": 1, "board": "sim"})
    assert (pointers(older), "no older one" in older.text) == (["/body/release"], True)
    assert pointers(command(site, 409, release={"number": 9})) == ["/body/release"]
    command(site, withdraw="sim")
    assert (ITEM_APPLICATION, 0) not in greet(ward, handhelds[0], base="1.29 sim")[1]


def test_a_text_of_its_own_waits_for_approval_and_can_be_ended(ward, site, operator, handhelds):
    operator.assign()
    made = command(site, text={"words": {"en": "You said it was loud. We fixed it."}}).json()
    assert (ITEM_TEXTS, 0) not in told(ward, handhelds[0])
    operator.change(texts.approve_text, made["text"], "matron", NOW)
    operator.now = NOW + minutes(20)
    operator.refresh()
    assert (ITEM_TEXTS, 0) in told(ward, handhelds[0])
    assert (ITEM_TEXTS, 0) not in told(ward, handhelds[1])
    everywhere = operator.say()
    assert pointers(command(site, 409, end_text=everywhere)) == ["/body/end_text"]
    command(site, end_text=made["text"])
    assert pointers(command(site, 422, text={"words": {"en": "word " * 39}})) == ["/body/text"]


@pytest.mark.usefixtures("handhelds")
def test_who_manages_another_team_asks_nothing_and_a_revoked_device_is_told_nothing(ward, site, operator):
    body = {"settings": {"sync_every_s": 600}}
    site.viewer = somebody("operations", ward.team_id("night"))
    command(site, 404, **body)
    site.viewer = somebody("matron", ward.team_id("day"))
    command(site, 403, **body)
    site.viewer = somebody("operations", ward.team_id("day"))
    command(site, 202, **body)
    command(site, 403, settings={"stages": ["First"]})
    site.viewer = None
    command(site, 202, settings={"stages": ["First"]})
    assert ask(site, "PATCH", "/devices/00000001", json={"state": "revoked"}).status_code == 200
    assert "is revoked" in command(site, 409, **body).text
    assert operator.words("A") == "revoked: it is told nothing"


WRONG = {
    "nothing": ({}, 422, "/body"),
    "nothing named": ({"unset": []}, 422, "/body"),
    "wifi": ({"settings": {"wifi": [{"ssid": "Ward", "password": "of the ward"}]}}, 422, "/body/settings/wifi"),
    "no certificate": ({"settings": {"ca": ["none"]}}, 422, "/body/settings/ca/0"),
    "host": ({"settings": {"broker": {"host": "a b"}}}, 422, "/body/settings/broker"),
    "never": ({"settings": {"sync_every_s": 1}}, 422, "/body/settings/sync_every_s"),
    "not set": ({"unset": ["wifi"]}, 409, "/body/unset/0"),
    "no such version": ({"questionnaire": {"code": "ward", "version": 7}}, 409, "/body/questionnaire"),
    "not assigned": ({"unassign": 0}, 409, "/body/unassign"),
    "no text": ({"end_text": 1}, 409, "/body/end_text"),
}


@pytest.mark.usefixtures("handhelds")
@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_of_it_is_done(site, case, engine):
    body, status, place = WRONG[case]
    beside = {} if body in ({}, {"unset": []}) else {"text": {"words": {"en": "We did."}}}
    assert pointers(command(site, status, **body, **beside)) == [place]
    with engine.connect() as connection:
        for table in ("assignment", "setting", "text_item", "desired"):
            assert connection.scalar(sql(f"SELECT count(*) FROM {table}")) == 0  # noqa: S608


@pytest.mark.usefixtures("handhelds")
def test_a_command_sent_twice_is_one_and_the_audit_log_has_it(site, engine):
    body = {"text": {"words": {"en": "We did."}}, "settings": {"sleep_after_s": 60}}
    first = command(site, headers={"idempotency-key": "a"}, **body)
    again = command(site, headers={"idempotency-key": "a"}, **body)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert first.headers["location"] == "/api/v1/devices/00000001"
    with engine.connect() as connection:
        query = "SELECT action FROM audit_log WHERE actor = 'test' ORDER BY action"
        assert list(connection.scalars(sql(query))) == ["setting insert", "text_item insert"]
