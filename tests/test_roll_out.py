"""What is assigned on the server is what a device with the real firmware holds: through broker, ingest and flash."""

from base64 import b64encode

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.demo.device import SimulatedDevice
from server.demo.line import Line
from server.demo.ports import free_port
from server.demo.story import pet_time, read_story, utc_now
from server.demo.trust import add_device, set_up_trust
from server.fleet import assignments, device_settings, texts
from server.fleet.desired import refresh
from server.fleet.held import held_states
from server.fleet.organisations import find_organisation
from server.fleet.questionnaires import publish
from server.fleet.scope import ORGANISATION
from server.ingest.tables import Response
from tests.device_program import BEGIN
from tests.parts import need
from tests.server.ingest.ward import definition


@pytest.fixture
def line(tmp_path):
    need("mosquitto")
    need("micropython")
    with Line(tmp_path / "line", web_port=free_port()) as running:
        yield running


class Fleet:
    """An organisation with one device of the beds, and its operator."""

    def __init__(self, line):
        self.line = line
        self.now = utc_now()
        story = read_story()
        trust = set_up_trust(line, story, self.now)
        posting = next(each for each in story.postings if each.service == "beds")
        self.directory = line.devices / "one"
        add_device(line, trust, posting, self.directory, self.now)
        line.follow_database()
        self.device = SimulatedDevice(self.directory, line.application, "--virtual", str(pet_time(self.now)), "--quiet")

    def change(self, what, *arguments, **named):
        with Session(self.line.engine, expire_on_commit=False) as session, session.begin():
            result = what(session, find_organisation(session), *arguments, **named)
            refresh(session, self.line.key_ring, self.now)
            return result

    def set(self, name, value):
        self.change(device_settings.set_setting, ORGANISATION, name, value, self.line.key_ring, self.now)

    def set_broker(self, port):
        self.set("broker", {"host": self.line.broker.host, "address": "127.0.0.1", "port": port})

    def state(self):
        with Session(self.line.engine) as session:
            return held_states(session, find_organisation(session))[0]

    def sync_until(self, condition, what, most=6):
        """Sync again and again, as the schedule would; the errors of the syncs on the way."""
        errors = []
        for _ in range(most):
            errors.append(self.device.sync()["error"])
            if condition():
                return errors
        raise AssertionError(f"{what}: {self.state().words}; {errors}")

    def references(self):
        with Session(self.line.engine) as session:
            return list(session.scalars(select(Response.reference).order_by(Response.sequence)))


@pytest.fixture
def fleet(line):
    fleet = Fleet(line)
    yield fleet
    fleet.device.close()


def questionnaire(code="ward", **changes):
    """In one language, and with other questions than the demo's."""
    questions = [{**each, "question_id": f"{code}-{each['question_id']}"} for each in definition()["questions"]]
    return definition() | {"code": code, "questions": questions} | changes


def one_pass():
    """Begin, read the promise, and choose the first option of each of the three questions."""
    return [*BEGIN, *(line for _ in range(3) for line in ("answer 1", "wait 2000")), "wait 7000"]


def test_a_new_version_is_asked_after_a_sync_and_its_answers_carry_its_reference(fleet):
    references = []
    for version in (1, 2):
        published = fleet.change(publish, questionnaire(version=version), fleet.now)
        references.append(published.reference)
        fleet.change(assignments.assign, "ward", ORGANISATION, fleet.now)
        assert f"questionnaire ward {version}" in fleet.state().words
        assert fleet.device.sync()["error"] is None
        fleet.device.send(*one_pass())
        assert fleet.device.sync()["waiting"] == 0
        assert fleet.references() == references
        assert fleet.state().words == "holds what it should"
        assert (fleet.directory / "vfs/questionnaire.pkg").read_bytes() == published.package
    assert len(set(references)) == 2


def test_an_audit_and_a_text_come_and_go(fleet):
    fleet.change(publish, questionnaire(), fleet.now)
    audit = questionnaire("hands", kind="audit", title="Hand hygiene")
    version = fleet.change(publish, audit, fleet.now)
    fleet.change(assignments.assign, "ward", ORGANISATION, fleet.now)
    fleet.change(assignments.assign, "hands", ORGANISATION, fleet.now)
    text = fleet.change(texts.add_text, ORGANISATION, {"en": "You said it was loud. We fixed the doors."}, fleet.now)
    fleet.change(texts.approve_text, text.text_id, "matron", fleet.now)
    fleet.sync_until(lambda: fleet.state().words == "holds what it should", "audit and text are held")
    files = fleet.directory / "vfs"
    assert (files / "audit1.pkg").read_bytes() == version.package
    assert (files / "texts.pkg").exists()
    fleet.change(assignments.unassign, ORGANISATION, 1)
    fleet.change(texts.end_text, text.text_id, fleet.now)
    fleet.sync_until(lambda: fleet.state().words == "holds what it should", "audit and text are gone")
    assert not (files / "audit1.pkg").exists()
    assert not (files / "texts.pkg").exists()


def test_a_new_broker_port_is_tried_and_a_wrong_one_given_up(fleet):
    ca = b64encode(fleet.line.broker.certificates.authority_der.read_bytes()).decode()
    fleet.set("ca", [ca])
    fleet.set("wifi", [])
    fleet.set_broker(fleet.line.broker.port)
    assert fleet.line.broker.port != fleet.line.network.port
    fleet.sync_until(lambda: fleet.state().words == "holds what it should", "the new port is in force")
    settings = (fleet.directory / "vfs/settings.json").read_text()
    assert f'"port":{fleet.line.broker.port}' in settings

    fleet.change(publish, questionnaire(), fleet.now)
    fleet.change(assignments.assign, "ward", ORGANISATION, fleet.now)
    fleet.sync_until(lambda: fleet.state().words == "holds what it should", "there is something to answer")
    fleet.set_broker(free_port())
    fleet.device.send(*one_pass())
    errors = fleet.sync_until(lambda: "it refused settings" in fleet.state().words, "the wrong port is given up")
    assert any(errors)  # the wrong one was tried
    assert errors[-1] is None
    assert (fleet.directory / "vfs/settings.json").read_text() == settings
    assert len(fleet.references()) == 1

    fleet.set_broker(fleet.line.network.port)
    fleet.sync_until(lambda: fleet.state().words == "holds what it should", "the old port is in force again")
