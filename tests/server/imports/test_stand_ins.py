"""What stands for imported responses is no handheld: nobody places, loses or rekeys it, and no list shows it."""

import pytest
from sqlalchemy.orm import Session

from server.errors import OperatorError
from server.fleet import devices
from server.fleet.broker import wanted_accounts
from server.fleet.held import held_states
from server.fleet.organisations import add_location, find_location, find_organisation, find_team, locations
from server.fleet.placements import end_placement, place
from server.fleet.roster import Wanted, roster
from tests.server.evidence.test_corrections import correct
from tests.server.imports.files import FIRST, made
from tests.server.imports.test_bring import run
from tests.server.ingest.ward import KEY_RING, NOW, PLACED_AT, Ward

SERIAL = "import:history:day"


@pytest.fixture
def ward(engine):
    ward = Ward(engine)
    run(ward, made(FIRST))
    return ward


@pytest.mark.parametrize("what", [devices.revoke, devices.mark_lost, devices.reinstate])
def test_its_state_stays(ward, what):
    with pytest.raises(OperatorError, match="is import"):
        ward.change(SERIAL, what)


def test_it_gets_no_keys_and_no_place(ward):
    with pytest.raises(OperatorError, match="is import"):
        ward.change(SERIAL, devices.rotate_key, NOW, KEY_RING)
    with Session(ward.engine) as session:
        owner = find_organisation(session)
        device = devices.find_device(session, owner, SERIAL)
        with pytest.raises(OperatorError, match="stands for imported responses"):
            end_placement(session, device, NOW)
        with pytest.raises(OperatorError, match="stands for imported responses"):
            place(session, device, find_team(session, owner, "night"), find_location(session, owner, "ward-1"), NOW)


def test_where_it_was_is_not_corrected(ward):
    before = ward.snapshot()
    with pytest.raises(OperatorError, match="stands for imported responses"):
        correct(ward, "night", PLACED_AT, serial=SERIAL)
    assert ward.snapshot() == before


def test_no_list_of_devices_shows_it_and_the_broker_does_not_know_it(ward):
    with Session(ward.engine) as session:
        owner = find_organisation(session)
        assert held_states(session, owner) == []
        assert roster(session, owner, NOW, None, Wanted()) == []
        assert wanted_accounts(session, KEY_RING) == ({}, 0)


def test_its_location_is_none_that_anything_can_be_placed_at(ward):
    with Session(ward.engine) as session:
        owner = find_organisation(session)
        assert [each.code for each in locations(session, owner)] == ["ward-1"]
        with pytest.raises(OperatorError, match="there is no location imported; there are: ward-1"):
            find_location(session, owner, "imported")
        with pytest.raises(OperatorError, match="imported"):
            add_location(session, owner, "imported", "Ours")
