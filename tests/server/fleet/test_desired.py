"""What a device should hold follows from what is assigned, nearest first; its revision rises with each change."""

import pytest
from sqlalchemy import select

from protocol.messages import ITEM_QUESTIONNAIRE, ITEM_SETTINGS
from server.errors import OperatorError
from server.fleet.rollout_tables import AUDITS_MAX, Desired, DesiredItem
from server.ingest.due import refresh_due
from tests.server.ingest.ward import KEY_RING, NOW, Ward, minutes
from tests.server.roll_out import fetch, greet

PATIENTS = (ITEM_QUESTIONNAIRE, 0)
SETTINGS = (ITEM_SETTINGS, 0)


def test_the_nearest_assignment_wins(ward, operator):
    devices = [ward.handheld(serial) for serial in "ABC"]
    ward.handheld("D", placed_at=None)
    for version in (2, 3, 4):
        ward.publish(version)
    operator.assign(version=1)
    operator.assign(version=2, scope="service:beds")
    operator.assign(version=3, scope="team:day")
    operator.assign(version=4, scope="device:B")
    ward.place("D", "night", NOW - minutes(1))
    operator.refresh()

    def asked():
        with ward.engine.connect() as connection:
            rows = connection.execute(select(DesiredItem.subject).order_by(DesiredItem.device_id))
            return list(rows.scalars())

    assert asked() == [3, 4, 3, 2]
    operator.unassign(scope="device:B")
    assert asked() == [3, 3, 3, 2]
    operator.unassign(scope="team:day")
    operator.unassign(scope="service:beds")
    assert asked() == [1, 1, 1, 1]
    assert greet(ward, devices[0])[1][PATIENTS].number == 0
    with pytest.raises(OperatorError, match="nothing is assigned there"):
        operator.unassign(scope="team:day")


def test_the_revision_rises_with_each_change_and_with_nothing_else(ward, operator):
    handheld, other = ward.handheld("A"), ward.handheld("B")
    assert greet(ward, handheld) == (0, {})
    operator.assign()
    first, items = greet(ward, handheld)
    assert (first, items[PATIENTS].revision) == (1, 1)
    operator.refresh()
    operator.assign()  # the same again
    assert greet(ward, handheld) == (first, items)
    operator.set_all(scope="device:A")
    second, items = greet(ward, handheld)
    assert second == 2
    assert (items[PATIENTS].revision, items[SETTINGS].revision) == (1, 2)
    assert greet(ward, other)[0] == 1
    operator.unassign()
    assert set(greet(ward, handheld)[1]) == {SETTINGS}
    assert greet(ward, handheld)[0] == 3
    operator.assign()
    assert greet(ward, handheld)[1][PATIENTS].revision == 4


def test_an_audit_keeps_its_number_and_another_gets_the_next(ward, operator):
    handheld = ward.handheld()
    ward.publish_audit("hands")
    ward.publish_audit("meals")
    operator.assign("hands")
    operator.assign("meals", "team:day")
    ward.publish_audit("hands", 2)
    second = operator.assign("hands", "device:A")
    _, items = greet(ward, handheld)
    assert set(items) == {(ITEM_QUESTIONNAIRE, 1), (ITEM_QUESTIONNAIRE, 2)}
    assert second == 4
    with pytest.raises(OperatorError, match="only audits have others"):
        operator.assign(number=1)
    with pytest.raises(OperatorError, match="1 to 7, not 0"):
        operator.assign("hands", number=0)
    for number in range(3, AUDITS_MAX + 1):
        operator.assign("meals", "team:night", number=number)
    ward.publish_audit("floors")
    with pytest.raises(OperatorError, match="name the one to replace"):
        operator.assign("floors")
    operator.assign("floors", number=1)


def test_what_was_never_published_cannot_be_assigned(operator):
    with pytest.raises(OperatorError, match="no questionnaire nothing is published"):
        operator.assign("nothing")
    with pytest.raises(OperatorError, match="no questionnaire ward version 9 is published"):
        operator.assign(version=9)


def test_a_device_that_moves_gets_what_belongs_to_its_new_place(ward, operator):
    """Also when the move was entered beforehand: nobody has to be there."""
    handheld = ward.handheld(placed_at=None)
    ward.publish(2)
    operator.assign(version=1, scope="team:day")
    operator.assign(version=2, scope="team:night")
    operator.set_all()
    ward.place("A", "day", NOW - minutes(60), NOW + minutes(5), choices=("day", "night"))
    ward.place("A", "night", NOW + minutes(5))
    operator.refresh()
    before, items = greet(ward, handheld)
    assert b'"teams":["Day","Night"]' in fetch(ward, handheld, items[SETTINGS])
    assert refresh_due(ward.engine, KEY_RING, NOW + minutes(4)) == 0
    assert greet(ward, handheld) == (before, items)
    assert refresh_due(ward.engine, KEY_RING, NOW + minutes(5)) == 1
    after, moved = greet(ward, handheld)
    assert after == before + 1
    assert moved[PATIENTS].digest != items[PATIENTS].digest
    assert b"teams" not in fetch(ward, handheld, moved[SETTINGS])
    assert refresh_due(ward.engine, KEY_RING, NOW + minutes(6)) == 0


def test_a_restored_server_overtakes_what_its_devices_hold(ward, operator):
    handheld = ward.handheld()
    operator.assign()
    revision, items = greet(ward, handheld, desired_revision=41)
    assert revision == 42
    assert items[PATIENTS].revision == 42
    assert greet(ward, handheld, desired_revision=42)[0] == 42
    operator.set_all()
    assert greet(ward, handheld, desired_revision=42)[0] == 43
    assert greet(ward, handheld, desired_revision=0xFFFFFFFF)[0] == 0xFFFFFFFF


def test_who_is_behind_is_said_in_words(ward, operator):
    handheld = ward.handheld()
    assert operator.words() == "nothing is assigned to it"
    operator.assign()
    assert operator.words() == "should get questionnaire ward 1"
    ward.sync(handheld)
    assert operator.words() == "behind: questionnaire ward 1 (holds 0 of 1)"

    def say(revision, counters=()):
        handheld.clock += minutes(1)
        greet(ward, handheld, desired_revision=revision, counters=counters)
        ward.process(handheld.batch())

    say(1)
    assert operator.words() == "holds what it should"
    operator.set_all()
    ward.publish_audit()
    operator.assign("hands-audit")
    assert operator.words() == "behind: audit hands-audit 1, settings (holds 1 of 3)"
    say(1, counters=((7, 5 + 256 * ITEM_SETTINGS),))
    assert operator.words() == (
        "behind: audit hands-audit 1, settings (holds 1 of 3); "
        "it refused settings: no ack came through them: it went back to the last that worked"
    )
    say(3)
    operator.unassign(1)
    assert operator.words() == "behind: something is to be removed (holds 3 of 4)"
    ward.change("A", lambda device: setattr(device, "state", "lost"))
    assert operator.words() == "lost: it is told nothing"


def test_organisations_do_not_see_each_other(ward, operator, engine):
    other = Ward(engine, "Other")
    mine, theirs = ward.handheld("A"), other.handheld("A")
    operator.assign()
    operator.set_all()
    assert greet(ward, mine)[0] == 4 - 2
    assert greet(other, theirs) == (0, {})
    with engine.connect() as connection:
        assert len(connection.execute(select(Desired.organisation_id).distinct()).all()) == 1


def test_a_placement_that_ended_long_ago_is_no_place(ward, operator):
    handheld = ward.handheld(placed_at=None)
    ward.place("A", "day", NOW - minutes(90), NOW - minutes(30))
    operator.assign(scope="team:day")
    assert greet(ward, handheld) == (0, {})
