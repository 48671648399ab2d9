"""Whose response it is: the placement at the time, the nurse's choice, and quarantine where neither is known."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet.devices import find_device
from server.fleet.organisations import find_location, find_organisation, find_team
from server.fleet.placements import end_placement, place
from server.ingest.replay import replay
from server.ingest.tables import Response, RollupDay
from tests.server.ingest.ward import NOW, PLACED_AT
from tests.server.ingest.wire import wait_until, waits


def test_a_response_belongs_to_the_team_that_had_the_device_when_it_was_given(ward):
    handheld = ward.handheld(placed_at=None)
    ward.place("A", "day", PLACED_AT, NOW)
    ward.place("A", "night", NOW)
    handheld.clock = NOW - timedelta(hours=1)
    handheld.answer()
    handheld.clock = NOW
    handheld.answer(seconds=0)
    ward.sync(handheld)
    assert [row.team_id for row in ward.rows(Response)] == [ward.team_id("day"), ward.team_id("night")]
    assert {row.team_id for row in ward.rows(RollupDay)} == {ward.team_id("day"), ward.team_id("night")}
    ward.check_sums()


def test_a_nurse_s_choice_of_team_comes_before_the_placement_s(ward):
    handheld = ward.handheld(choices=("day", "night"))
    handheld.answer(team=2)
    ward.sync(handheld)
    assert [(row.team_id, row.team_choice) for row in ward.rows(Response)] == [(ward.team_id("night"), 2)]


def test_a_choice_that_the_placement_does_not_offer_goes_to_quarantine(ward):
    handheld = ward.handheld(choices=("night",))
    handheld.answer(team=2)
    ward.sync(handheld)
    assert ward.reasons() == {"unknown-team-choice": 1}


def test_a_device_that_was_nowhere_waits_in_quarantine_until_it_is_placed(ward):
    handheld = ward.handheld(placed_at=None)
    handheld.answer()
    ward.sync(handheld)
    assert ward.reasons() == {"no-placement": 1}
    assert handheld.acked_through == 1
    ward.place("A", "night", PLACED_AT)
    with ward.engine.begin() as connection:
        assert replay(connection, NOW) == (1, 0)
    assert [row.team_id for row in ward.rows(Response)] == [ward.team_id("night")]
    ward.check_sums()


def test_a_placement_that_has_ended_takes_nothing_more(ward):
    handheld = ward.handheld()
    with Session(ward.engine) as session, session.begin():
        end_placement(session, find_device(session, find_organisation(session), "A"), NOW)
    handheld.answer()
    ward.sync(handheld)
    assert ward.reasons() == {"no-placement": 1}


def test_a_placement_is_not_ended_before_what_is_counted_there(ward):
    handheld = ward.handheld()
    handheld.answer()
    ward.sync(handheld)
    with Session(ward.engine) as session:
        device = find_device(session, find_organisation(session), "A")
        with pytest.raises(OperatorError, match="are counted there already"):
            end_placement(session, device, handheld.clock)
        end_placement(session, device, handheld.clock + timedelta(seconds=1))


def test_a_placement_is_not_ended_while_responses_are_being_counted_there(ward):
    """The batch that is being stored has seen the open placement: the operator waits for it, and is then refused."""
    handheld = ward.handheld()
    handheld.clock = moved = NOW
    for _ in range(3):
        handheld.answer()
    batch = handheld.batch()

    def end():
        with Session(ward.engine) as session, session.begin():
            end_placement(session, find_device(session, find_organisation(session), "A"), moved)

    with ward.engine.connect() as holder, ThreadPoolExecutor(2) as others:
        holder.execute(text("LOCK TABLE rollup_day IN EXCLUSIVE MODE"))
        storing = others.submit(ward.process, batch)
        wait_until(lambda: waits(ward.engine, ("relation",)), "the batch that is being stored")
        ending = others.submit(end)
        wait_until(lambda: ending.done() or waits(ward.engine, ("transactionid", "tuple")), "the operator")
        holder.rollback()
        storing.result()
        with pytest.raises(OperatorError, match="are counted there already"):
            ending.result()
    assert ward.sequences(handheld) == [1, 2, 3]


def test_two_operators_cannot_place_one_device_twice(ward):
    """The second waits for the first, and is then refused."""
    ward.handheld(placed_at=None)
    with Session(ward.engine) as session, ThreadPoolExecutor(1) as other:
        organisation = find_organisation(session)
        team, location = find_team(session, organisation, "day"), find_location(session, organisation, "ward-1")
        place(session, find_device(session, organisation, "A"), team, location, NOW)
        second = other.submit(ward.place, "A", "night", PLACED_AT)
        wait_until(lambda: waits(ward.engine, ("transactionid", "tuple")), "the second operator")
        session.commit()
        with pytest.raises(OperatorError, match="choose another time"):
            second.result()
