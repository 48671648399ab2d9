"""Desired states that change by themselves, and two who change them at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from protocol.messages import ITEM_QUESTIONNAIRE, ITEM_SETTINGS
from server.command_line import now
from server.fleet import assignments, device_settings
from server.fleet.desired import refresh
from server.fleet.keys import KeyRing
from server.fleet.organisations import find_organisation
from server.fleet.rollout_tables import Desired
from server.fleet.scope import ORGANISATION
from server.ingest import due
from tests.server.ingest.ward import KEY_RING, NOW, minutes
from tests.server.ingest.wire import wait_until, waits
from tests.server.roll_out import Operator, greet


def revision(ward):
    with Session(ward.engine) as session:
        return session.scalars(select(Desired.revision)).one()


def test_a_worker_notices_by_itself_that_a_placement_has_begun(ward, monkeypatch):
    operator = Operator(ward)
    operator.now = now()
    ward.handheld(placed_at=None)
    ward.place("A", "day", operator.now + minutes(60))
    operator.assign(scope="team:day")
    with ward.engine.begin() as connection:
        assert connection.scalar(text("SELECT revision FROM desired")) == 0
        # As if the hour had gone by.
        connection.execute(text("UPDATE placement SET from_at = from_at - interval '2 hours'"))
        connection.execute(text("UPDATE desired SET due_at = due_at - interval '2 hours'"))
    monkeypatch.setattr(due, "POLL_S", 0.01)
    stopping = threading.Event()
    watcher = threading.Thread(target=due.watch, args=(ward.engine, KEY_RING, stopping))
    watcher.start()
    try:
        wait_until(lambda: revision(ward) == 1, "the placement to be noticed")
    finally:
        stopping.set()
        watcher.join()


def test_what_cannot_be_made_anew_is_said_and_stops_nothing(ward, caplog):
    operator = Operator(ward)
    handheld = ward.handheld()
    operator.set_all()
    operator.assign()
    operator.say(to_at=NOW + minutes(5))
    before = greet(ward, handheld)
    assert due.refresh_due(ward.engine, KeyRing(bytes(32)), NOW + minutes(6)) == 0
    assert "was not wrapped by this key file" in caplog.text
    assert greet(ward, handheld) == before
    assert due.refresh_due(ward.engine, KEY_RING, NOW + minutes(6)) == 1


def test_two_operators_at_once_both_get_what_they_said(ward):
    handheld = ward.handheld()
    Operator(ward).set("ca", ["A" * 400])
    Operator(ward).set("wifi", [])

    def set_broker():
        Operator(ward).set("broker", {"host": "b.example", "port": 8883})

    with Session(ward.engine) as session, ThreadPoolExecutor(1) as other:
        assignments.assign(session, find_organisation(session), "ward", ORGANISATION, NOW)
        refresh(session, lambda: KEY_RING, NOW)
        second = other.submit(set_broker)
        wait_until(lambda: waits(ward.engine, ("transactionid", "tuple")), "the second operator")
        session.commit()
        second.result()
    revision, items = greet(ward, handheld)
    assert revision == 2
    assert set(items) == {(ITEM_QUESTIONNAIRE, 0), (ITEM_SETTINGS, 0)}


def test_an_operator_does_not_hold_up_ingest(ward):
    handheld = ward.handheld()
    handheld.answer()
    Operator(ward).assign()
    with Session(ward.engine) as session:
        device_settings.set_setting(session, find_organisation(session), ORGANISATION, "sync_backlog", 5, _none, NOW)
        assignments.unassign(session, find_organisation(session), ORGANISATION, 0)
        refresh(session, lambda: KEY_RING, NOW)
        ward.sync(handheld)  # would wait for ever, were it to wait
        assert ward.sequences(handheld) == [1]
        assert greet(ward, handheld)[0] == 1
        session.commit()
    assert greet(ward, handheld)[0] == 2


def _none():
    raise AssertionError("no secret is touched")
